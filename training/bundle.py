"""A model on disk: LightGBM's own text and JSON, with checksums. Nothing in it is executed when it is read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np

from history.settings import Settings, parse_settings
from training.bundle_files import CHECKSUMS, DEAL_MODEL, FORMAT, LOSE, MODEL, WIN, as_json, must_be_loadable, sha256
from training.calibration import Calibration
from training.deal_model import DealModel, Outcome
from training.encoding import Encoding
from training.explain import StageBaselines
from training.flag_record import read_records
from training.health import HealthReference
from training.rates import Rates
from training.small_data import TableModel

Model = DealModel | TableModel


def save_bundle(model: Model, folder: Path) -> Path:
    """Write `model` to `folder` (made anew, must not exist or be empty) and return it; same model, same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL).write_text(as_json(_document(model)), encoding="utf-8")
    if isinstance(model, DealModel):
        for name, outcome in ((WIN, model.win), (LOSE, model.lose)):
            (folder / name).write_text(outcome.booster.model_to_string(), encoding="utf-8")
    names = sorted(path.name for path in folder.iterdir() if path.name != CHECKSUMS)
    (folder / CHECKSUMS).write_text(as_json({name: sha256(folder / name) for name in names}), encoding="utf-8")
    return folder


def load_bundle(folder: Path, version: str, fields: Collection[str] | None = None) -> Model:
    """The model of a bundle; raises `ModelUnavailable` naming the file that is missing, changed or foreign.

    `fields` are those that the workspace's settings configure as features; a model that reads another is refused.
    """
    document = must_be_loadable(folder, version, fields)
    read = _read_deal_model if document["kind"] == DEAL_MODEL else _read_table_model
    return read(document, folder).named(version)


def _document(model: Model) -> dict[str, Any]:
    shared = {
        "format": FORMAT,
        "trained_as_of": model.trained_as_of.isoformat(),
        "settings": _settings_document(model.settings),
        "long_days": model.long_days,
        "feature_version": model.feature_version,
        "facts": dict(model.facts),
        "flag_records": {code: record.as_dict() for code, record in model.flag_records.items()},
        "health": {"quantiles": dict(model.reference.quantiles), "rows": dict(model.reference.rows)},
    }
    return {**shared, **(_deal_document(model) if isinstance(model, DealModel) else _table_document(model))}


def _deal_document(model: DealModel) -> dict[str, Any]:
    return {
        "kind": DEAL_MODEL,
        "longest_days": model.longest_days,
        "names": list(model.encoding.names),
        "vocabularies": dict(model.encoding.vocabularies),
        "calibration": {"win": vars(model.win.calibration), "lose": vars(model.lose.calibration)},
        "baselines": {
            "expected": model.baselines.expected,
            "means": dict(model.baselines.means),
            "rows": dict(model.baselines.rows),
        },
    }


def _table_document(model: TableModel) -> dict[str, Any]:
    shares = {key: share.round(9).tolist() for key, share in model.rates.shares.items()}
    return {"kind": "tables", "shares": shares, "deals": dict(model.rates.deals)}


def _read_deal_model(document: dict[str, Any], folder: Path) -> DealModel:
    vocabularies = {name: tuple(values) for name, values in document["vocabularies"].items()}
    means = {stage: tuple(values) for stage, values in document["baselines"]["means"].items()}
    return DealModel(
        **_shared(document),
        encoding=Encoding(tuple(document["names"]), vocabularies),
        win=_read_outcome(document, folder, "win", WIN),
        lose=_read_outcome(document, folder, "lose", LOSE),
        longest_days=document["longest_days"],
        baselines=StageBaselines(document["baselines"]["expected"], means, document["baselines"]["rows"]),
    )


def _read_table_model(document: dict[str, Any], folder: Path) -> TableModel:
    shares = {key: np.array(share) for key, share in document["shares"].items()}
    return TableModel(**_shared(document), rates=Rates(shares, document["deals"]))


def _read_outcome(document: dict[str, Any], folder: Path, name: str, file: str) -> Outcome:
    text = (folder / file).read_text(encoding="utf-8")
    return Outcome(lgb.Booster(model_str=text), Calibration(**document["calibration"][name]))


def _shared(document: dict[str, Any]) -> dict[str, Any]:
    health = document["health"]
    quantiles = {key: tuple(values) for key, values in health["quantiles"].items()}
    return {
        "trained_as_of": dt.datetime.fromisoformat(document["trained_as_of"]),
        "settings": parse_settings(document["settings"], "the model's settings"),
        "long_days": document["long_days"],
        "reference": HealthReference(quantiles, health["rows"]),
        "feature_version": document["feature_version"],
        "facts": document["facts"],
        "flag_records": read_records(document.get("flag_records", {})),
    }


def _settings_document(settings: Settings) -> dict[str, Any]:
    stages = [{"name": s.name, "outcome": s.outcome, "category": s.category} for s in settings.stages]
    workspace = {
        "currency": settings.currency,
        "timezone": settings.timezone,
        "fiscal_year_starts": settings.fiscal_year_starts,
    }
    fields = {"features": {"fields": list(settings.feature_fields)}} if settings.feature_fields else {}
    return {"workspace": workspace, "stages": stages, **fields}
