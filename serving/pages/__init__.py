"""Server-rendered pages for people who are signed in."""
