"""GET /healthz, /readyz and /metrics: whether the service answers, is ready, and what it counted."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import SQLAlchemyError

from serving.access import Watcher
from serving.live import Live
from serving.metrics import CONTENT_TYPE
from serving.schemas import Answer, Health, described

router = APIRouter()


class Readiness(Answer):
    """Whether the service can answer questions. Says nothing of the data."""

    status: Literal["ready", "not ready"] = described("`ready` when questions can be answered")
    database: bool = described("whether the database answers")
    champion: Literal["loaded", "behind", "missing"] = described(
        "`loaded`: the model that should serve does; `behind`: a newer one, or newer data, could not be taken in and "
        "what stood before serves; `missing`: nothing is served yet"
    )
    warm: bool = described("whether what pages ask first is worked out; until then they are slower, or a minute old")


@router.get("/healthz")
def healthz() -> Health:
    """`ok` when the service answers."""
    return Health(status="ok")


@router.get("/readyz", responses={503: {"model": Readiness, "description": "not ready"}})
def readyz(request: Request) -> Response:
    """200 when questions can be answered, 503 when not, with what is missing."""
    live: Live = request.app.state.live
    answers = database_answers(request.app.state.engine)
    ready = answers and live.ready
    champion: Literal["loaded", "behind", "missing"] = "missing"
    if live.ready:
        champion = "behind" if live.behind else "loaded"
    status: Literal["ready", "not ready"] = "ready" if ready else "not ready"
    told = Readiness(status=status, database=answers, champion=champion, warm=live.warm)
    return JSONResponse(told.model_dump(), status_code=200 if ready else 503)


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request, _: Watcher) -> Response:
    """Counters for Prometheus, which sends a token with the scope `metrics`."""
    return Response(request.app.state.metrics.text(), media_type=CONTENT_TYPE)


def database_answers(engine: sa.Engine) -> bool:
    """Whether the database can be asked."""
    try:
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True
