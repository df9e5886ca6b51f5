"""create_app(settings): builds the FastAPI app, wires the store and mounts API and pages."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from serving.access import Reader
from serving.api.routers import ROUTERS
from serving.headers import SafeHeaders
from serving.limits import BodyLimit
from serving.live import Live
from serving.pages import deal, pipeline, sign_in
from serving.pages.rendering import environment
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
    )
    app.state.settings = settings
    app.state.live = Live(settings)
    app.state.engine = open_tables(app.state.live.workspace.store_url)
    app.state.templates = environment()
    add_problem_handlers(app)
    app.add_middleware(BodyLimit, most_bytes=settings.body_limit_bytes)
    app.add_middleware(SafeHeaders)
    _add_routes(app)
    return app


def _add_routes(app: FastAPI) -> None:
    for router in ROUTERS:
        app.include_router(router)
    for module in (
        sign_in,
        deal,
        pipeline,
    ):
        app.include_router(module.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")

    @app.get("/v1/openapi.json", include_in_schema=False)
    def openapi(_: Reader) -> dict[str, object]:
        """What the API takes and gives, for tools."""
        return app.openapi()
