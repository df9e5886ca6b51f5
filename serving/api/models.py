"""GET /v1/models and /v1/models/{version}: which versions there are, who promoted what, and how good each was; and
POST /v1/models/{version}/promote lets one serve, or rolls back to it."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Request

from history.errors import DealUnknown
from serving.access import Promoter, Reader
from serving.fields import Answer
from serving.live import Live, standing_of
from serving.model_schemas import (
    BinOut,
    CalibrationOut,
    CheckOut,
    EventOut,
    MetricOut,
    ModelAnswer,
    PromotionIn,
    PromotionOut,
    VersionOut,
    VersionsAnswer,
)
from serving.promoting import attempt, promote
from serving.standing import Standing
from serving.tokens import utc_now
from training.model_version import ModelVersion
from training.promotion import Order

router = APIRouter(prefix="/v1")
A = TypeVar("A", bound=Answer)
TAGGED = ("kind", "promoted_by", "promoted_reason", "gate", "feature_version", "content_hash")


@router.get("/models")
def list_models(request: Request, _: Reader) -> VersionsAnswer:
    """Every version ever trained, the newest first."""
    standing = standing_of(request)
    found = [VersionOut(**_fields(version, standing)) for version in versions_of(standing)]
    told = standing.remembered(("promotions",), standing.registry.events)
    kept = ("did", "version", "by", "reason")
    events = [EventOut(**{name: one[name] for name in kept}, at=one.get("at")) for one in told]
    return VersionsAnswer(serving_version=standing.model.version, models=found, events=events)


@router.get("/models/{version}")
def one_model(
    request: Request, _: Reader, version: Annotated[str, Path(description="the version's number", max_length=40)]
) -> ModelAnswer:
    """A version with its card, its figures and its calibration on the period that was held out."""
    standing = standing_of(request)
    versions = {found.version: found for found in versions_of(standing)}
    if version not in versions:
        known = ", ".join(list(versions)[:12]) or "none"
        raise DealUnknown(f"model {version[:40]!r} is not registered; expected one of /v1/models: {known}.")
    found = versions[version]
    told = standing.registry.told(found)
    return ModelAnswer(
        **_fields(found, standing),
        calibration=_calibration(found),
        reliability=_entries(BinOut, told.get("reliability", [])),
        checks=_entries(CheckOut, told.get("gate", [])),
        metrics=[_metric(name, value) for name, value in sorted(found.metrics.items())],
        card=standing.registry.card(found),
    )


@router.post("/models/{version}/promote")
def let_serve(
    request: Request,
    promoter: Promoter,
    body: PromotionIn,
    version: Annotated[str, Path(description="the version's number", max_length=40)],
) -> PromotionOut:
    """Lets a version serve the days from its training on, by hand and on record; it is taken up without a restart."""
    live: Live = request.app.state.live
    where = f"POST {request.url.path}"
    request.state.audited_what = f"{attempt(version, body.roll_back)} ({where})"
    order = Order(promoter.name, body.reason, utc_now())
    done = promote(live.registry, version, order, body.roll_back, live.workspace.settings.feature_fields)
    request.state.audited_what = f"{done.told} ({where})"
    return PromotionOut(version=version, champion=done.champion, withdrawn=done.withdrawn)


def versions_of(standing: Standing) -> list[ModelVersion]:
    """The versions there were when the standing was made: a new one makes a new standing."""
    return standing.remembered(("versions",), standing.registry.versions)


def _fields(version: ModelVersion, standing: Standing) -> dict[str, Any]:
    tags = {name: version.tags.get(name) for name in TAGGED}
    own = {name: getattr(version, name) for name in ("version", "trained_as_of", "promoted", "champion")}
    return {**own, **tags, "serves": version.version == standing.model.version}


def _calibration(version: ModelVersion) -> CalibrationOut:
    found = version.metrics
    rows = found.get("n")
    return CalibrationOut(
        n=None if rows is None else int(rows),
        share_won=found.get("share_won"),
        slope=found.get("calibration_slope"),
        intercept=found.get("calibration_intercept"),
    )


def _entries(kind: type[A], entries: list[dict[str, Any]]) -> list[A]:
    """What was kept with the version, in the fields that the API gives."""
    return [kind(**{name: entry[name] for name in kind.model_fields if name in entry}) for entry in entries]


def _metric(name: str, value: float) -> MetricOut:
    forecast, _, measure = name.rpartition(".")
    return MetricOut(forecast=forecast, measure=measure, value=value)
