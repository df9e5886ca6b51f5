"""What people achieved and said, against what came of it. Knows history; knows no models."""
