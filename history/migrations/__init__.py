"""Migrations of the store, run by `history.engine.migrate`."""
