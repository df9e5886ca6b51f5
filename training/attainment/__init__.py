"""Where a period will land: what is booked, what open deals bring, what is still to come, as one distribution."""
