"""GET /healthz: whether the service answers. Public, and says nothing of the data."""

from __future__ import annotations

from fastapi import APIRouter

from serving.schemas import Health

router = APIRouter()


@router.get("/healthz")
def healthz() -> Health:
    """`ok` when the service answers."""
    return Health(status="ok")
