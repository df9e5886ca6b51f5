"""Who may come in: people, their passwords and sessions, sign-in through a provider, and the log of what they did."""
