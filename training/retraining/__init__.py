"""A quarter's retraining: finished steps are kept, so that a run that was killed goes on where it stopped."""
