"""The command line: the top floor, where everything is put together. It holds nothing of its own."""
