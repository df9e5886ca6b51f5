"""From features to promoted models. The only floor that may look past the as-of date."""
