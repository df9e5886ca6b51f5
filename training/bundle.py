"""A model on disk: LightGBM's own text and JSON, with checksums. Nothing in it is executed when it is read.

A bundle holds model.json, for a deal model win.txt and lose.txt, and checksums.json with the SHA-256 of each.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np

from features.catalogue import OF_FIELD, feature_version, of_field
from history.errors import ModelUnavailable
from history.settings import Settings, parse_settings
from training.calibration import Calibration
from training.deal_model import DealModel, Outcome
from training.encoding import Encoding
from training.explain import StageBaselines
from training.flag_record import read_records
from training.health import HealthReference
from training.rates import Rates
from training.small_data import TableModel

FORMAT = 1
MODEL, CHECKSUMS = "model.json", "checksums.json"
Model = DealModel | TableModel


def save_bundle(model: Model, folder: Path) -> Path:
    """Write `model` to `folder` (made anew, must not exist or be empty) and return it; same model, same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL).write_text(_json(_document(model)), encoding="utf-8")
    if isinstance(model, DealModel):
        for name, outcome in (("win.txt", model.win), ("lose.txt", model.lose)):
            (folder / name).write_text(outcome.booster.model_to_string(), encoding="utf-8")
    names = sorted(path.name for path in folder.iterdir() if path.name != CHECKSUMS)
    (folder / CHECKSUMS).write_text(_json({name: _sha256(folder / name) for name in names}), encoding="utf-8")
    return folder


def load_bundle(folder: Path, version: str, fields: Collection[str] | None = None) -> Model:
    """The model of a bundle; raises `ModelUnavailable` naming the file that is missing, changed or foreign.

    `fields` are those that the workspace's settings configure as features; a model that reads another is refused.
    """
    verify_bundle(folder, version)
    document = json.loads((folder / MODEL).read_text(encoding="utf-8"))
    if document.get("format") != FORMAT:
        raise ModelUnavailable(
            f"model {version}: {folder / MODEL} is of format {document.get('format')!r}; expected {FORMAT}. "
            "Train a model with this version of the product."
        )
    computed = feature_version(document["settings"].get("features", {}).get("fields", ()))
    if document["feature_version"] != computed:
        raise ModelUnavailable(
            f"model {version} was trained on feature version {document['feature_version']}; "
            f"this installation computes {computed}. Train a model, or use the installation it came from."
        )
    _require_fields(document, version, fields)
    read = _read_deal_model if document["kind"] == "deal_model" else _read_table_model
    return read(document, folder).named(version)


def _require_fields(document: Mapping[str, Any], version: str, fields: Collection[str] | None) -> None:
    """A field configured since the training does no harm: the model does not look at it."""
    read = [name.removeprefix(OF_FIELD) for name in document.get("names", []) if of_field(name)]
    if fields is not None and (absent := [name for name in read if name not in fields]):
        raise ModelUnavailable(
            f"model {version} reads the field {absent[0]!r} of deals, which is no longer among [features] fields in "
            "dealcast.toml; expected the fields it was trained with. Add it there, or train a model without it."
        )


def verify_bundle(folder: Path, version: str) -> None:
    """Raise `ModelUnavailable` unless every file of the bundle is there, unchanged, and nothing else is."""
    try:
        expected = json.loads((folder / CHECKSUMS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelUnavailable(
            f"model {version}: {folder / CHECKSUMS} cannot be read; expected a bundle as training leaves it. "
            "Restore it from a copy, or train again."
        ) from error
    if not isinstance(expected, dict) or MODEL not in expected:
        raise ModelUnavailable(f"model {version}: {folder} is not a bundle of this product. Name another version.")
    for name in sorted({*expected, *(path.name for path in folder.iterdir())} - {CHECKSUMS}):
        if not (folder / name).is_file():
            raise ModelUnavailable(
                f"model {version}: {folder / name} is missing. Restore it from a copy, or train again."
            )
        if expected.get(name) != _sha256(folder / name):
            raise ModelUnavailable(
                f"model {version}: {folder / name} is not what was saved: its checksum differs. "
                "Restore it from a copy, or train again."
            )


def bundle_bytes(folder: Path) -> int:
    """The size of a bundle."""
    return sum(path.stat().st_size for path in folder.iterdir())


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
        "kind": "deal_model",
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
        win=_read_outcome(document, folder, "win"),
        lose=_read_outcome(document, folder, "lose"),
        longest_days=document["longest_days"],
        baselines=StageBaselines(document["baselines"]["expected"], means, document["baselines"]["rows"]),
    )


def _read_table_model(document: dict[str, Any], folder: Path) -> TableModel:
    shares = {key: np.array(share) for key, share in document["shares"].items()}
    return TableModel(**_shared(document), rates=Rates(shares, document["deals"]))


def _read_outcome(document: dict[str, Any], folder: Path, name: str) -> Outcome:
    text = (folder / f"{name}.txt").read_text(encoding="utf-8")
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


def _json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
