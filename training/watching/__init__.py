"""What is watched between retrainings: drift of what the model is fed, of what it says and of how right it is."""
