"""One file per migration; a migration that was released never changes."""
