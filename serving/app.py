"""create_app(settings): builds the FastAPI app, wires the store and mounts API and pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool

from serving.access import Reader
from serving.api.document import document
from serving.api.routers import ROUTERS, STRICT
from serving.callers import Callers, Writes
from serving.conditional import Conditional
from serving.headers import SafeHeaders
from serving.limits import BodyLimit, Pace, RateLimit
from serving.live import Live
from serving.metrics import Metrics
from serving.observed import Observed
from serving.pages import account, data, deal, funnel, models, people, pipeline, sign_in
from serving.pages import forecast as forecast_page
from serving.pages.rendering import environment
from serving.people.audit import AuditLog
from serving.problems import add_problem_handlers
from serving.settings import ServingSettings
from serving.store import open_tables

STATIC = Path(__file__).parent / "static"


def create_app(settings: ServingSettings) -> FastAPI:
    """The whole service for one workspace; raises `WorkspaceMissing` when there is none."""
    app = FastAPI(
        title="Dealcast",
        version="1",
        description="Deal health, attainment and forecast accuracy. Instants are UTC; fractions are not percent.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.settings = settings
    app.state.metrics = Metrics()
    app.state.live = Live(settings, told=app.state.metrics.standing)
    app.state.engine = open_tables(app.state.live.workspace.store_url)
    app.state.callers = Callers(Writes(app.state.engine))
    app.state.audit = AuditLog(app.state.engine)
    app.state.templates = environment()
    add_problem_handlers(app)
    _add_middleware(app, settings)
    _add_routes(app)
    return app


def _add_middleware(app: FastAPI, settings: ServingSettings) -> None:
    """From the innermost to the outermost."""
    pace = Pace(settings.requests_a_minute, settings.failures_a_minute, settings.limits_storage)
    app.add_middleware(Conditional)
    app.add_middleware(BodyLimit, most_bytes=settings.body_limit_bytes)
    app.add_middleware(RateLimit, pace=pace)
    app.add_middleware(SafeHeaders, secure=settings.secure_cookies)
    app.add_middleware(Observed, metrics=app.state.metrics, audit_log=app.state.audit)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """What is served is ready before the first request and followed until the last; then nothing is left unwritten."""
    live: Live = app.state.live
    await run_in_threadpool(live.follow)
    yield
    await run_in_threadpool(live.close)
    await run_in_threadpool(app.state.audit.flush)
    app.state.callers.writes.close()
    app.state.engine.dispose()


def _add_routes(app: FastAPI) -> None:
    for router in ROUTERS:
        app.include_router(router, dependencies=STRICT)
    for module in (
        sign_in,
        account,
        deal,
        pipeline,
        funnel,
        data,
        models,
        people,
        forecast_page,
    ):
        app.include_router(module.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")

    @app.get("/v1/openapi.json", include_in_schema=False)
    def openapi(_: Reader) -> dict[str, object]:
        """What the API takes and gives, for tools."""
        return document(app)
