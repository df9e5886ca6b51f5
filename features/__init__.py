"""What was true about a deal on a date. Sees nothing recorded after that date, and no models."""
