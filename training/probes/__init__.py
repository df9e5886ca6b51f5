"""What is measured of a candidate besides its replay, each by itself: the evidence of the gate."""
