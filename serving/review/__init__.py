"""The review pack: what a review meeting needs, on one page that needs nothing from elsewhere."""
