"""The command line: the top floor, where everything is put together."""
