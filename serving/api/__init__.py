"""The API under /v1, for programs that hold a token."""
