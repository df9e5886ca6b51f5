"""The promoted models, to people and programs."""
