"""A FastAPI app that does nothing: what the framework itself costs."""

from __future__ import annotations

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def empty() -> dict[str, str]:
    """An empty JSON object."""
    return {}
