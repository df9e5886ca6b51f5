"""The steps of a retraining that freeze, train and measure. Each fills one folder with what it found."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import polars as pl

from history.errors import NoHistory
from history.expectations import Expectations, learn_expectations, read_expectations, surprises
from history.fiscal import Period, bounds, previous
from history.freeze import MANIFEST, freeze, read_frozen
from history.record import History
from training.attainment.record import document_text
from training.backtest import Replay, backtest, period_end, training_matrix
from training.bundle import Model, load_bundle, save_bundle
from training.bundle_files import CHECKSUMS
from training.choice import fit_model, kind_of
from training.fitting import FitOptions, Window
from training.flag_record import flag_records
from training.labels import closed_counts
from training.pipeline import LEAST_DAYS_BEFORE, held_out_replay
from training.probes.cost import cost
from training.probes.drift import drift
from training.probes.future import future_probe
from training.probes.reasons import importance, largest_gap, unchanged
from training.retraining.journal import JOURNAL, read_json, write_json
from training.retraining.plan import past_of
from training.retraining.work import CANDIDATE, Work
from training.splits import weekly_instants

LEARNED = "attainment.json"
POINTS = (1 / 6, 2 / 3)
"""At which shares of a past quarter its forecast is replayed."""


def freeze_history(work: Work, folder: Path) -> None:
    """Step: keep what was known at the plan's instant under its content hash."""
    past = past_of(work.history(), work.plan)
    frozen = freeze(past, folder / "history")
    place = work.frozen_folder / frozen.content_hash[:16]
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        shutil.rmtree(frozen.path)
    else:
        os.replace(frozen.path, place)
    rows = {name: frame.height for name, frame in sorted(past.tables.items()) if frame.height}
    found = {"content_hash": frozen.content_hash, "folder": place.name, "rows": rows}
    write_json(folder / "frozen.json", found)


def validate(work: Work, folder: Path) -> None:
    """Step: hold the history against what the last freeze led to expect, and learn what to expect next."""
    learned = learn_expectations(work.past, work.plan.as_of)
    write_json(folder / "expectations.json", learned.as_dict())
    expected = _last_expectations(work)
    found = None if expected is None else [one.as_dict() for one in surprises(expected, work.past, work.plan.as_of)]
    write_json(folder / "surprises.json", found)
    for one in found or []:
        work.say(f"not as expected: {one['en']}")


def _last_expectations(work: Work) -> Expectations | None:
    """Those of the last finished retraining before this one's day; else what the champion was trained on taught."""
    kept = [_expectations_of(path.parent) for path in sorted(work.retrainings.glob(f"*/{JOURNAL}"))]
    earlier = [one for one in kept if one is not None and one.until < work.plan.as_of]
    if earlier:
        return max(earlier, key=lambda one: one.until)
    champion = work.champion_version
    if champion is None or champion.trained_as_of >= work.plan.as_of:
        return None
    frozen = work.frozen_folder / champion.tags.get("content_hash", "")[:16]
    if not (frozen / MANIFEST).is_file():
        return None
    return learn_expectations(read_frozen(frozen), champion.trained_as_of)


def _expectations_of(run: Path) -> Expectations | None:
    kept = run / "validate" / "expectations.json"
    if not kept.is_file() or not read_json(run / JOURNAL)["finished"]:
        return None
    return read_expectations(read_json(kept))


def train(work: Work, folder: Path) -> None:
    """Step: train the candidate, and once more to see that the same comes of it."""
    model = trained(work.past, work.plan.as_of, work.plan.options)
    save_bundle(model, folder / "bundle")
    work.say("training once more, to see that the same comes of it")
    again = save_bundle(trained(work.past, work.plan.as_of, work.plan.options), folder / "again")
    prints = [fingerprint(place) for place in (folder / "bundle", again)]
    for path in sorted(again.iterdir()):
        path.unlink()
    again.rmdir()
    facts = {**model.facts, **closed_counts(work.past, work.plan.as_of), "long_days": model.long_days}
    write_json(folder / "trained.json", {"kind": kind_of(model), "facts": facts, "fingerprints": prints})


def trained(past: History, as_of: dt.datetime, options: FitOptions) -> Model:
    """The candidate: what could be trained of `past` at `as_of`, with the record of each risk flag."""
    matrix = training_matrix(past, as_of)
    model, _ = fit_model(matrix, past, as_of, options)
    return replace(model, flag_records=flag_records(matrix, past, as_of, model.long_days))


def fingerprint(bundle: Path) -> str:
    return hashlib.sha256((bundle / CHECKSUMS).read_bytes()).hexdigest()


def replay_quarters(work: Work, folder: Path) -> None:
    """Step: replay the last whole quarters with the candidate's recipe and the champion, on the same days."""
    keep = _Keeping(folder / "cuts")
    replay = _replay(work, keep)
    told = None if replay is None else {"question": replay.question, "fits": [dict(fit) for fit in replay.fits]}
    write_json(folder / "replay.json", json.loads(json.dumps(told, default=str)))
    if replay is not None:
        replay.rows.write_parquet(folder / "rows.parquet")


def quarters_replayed(work: Work) -> list[Period]:
    """The whole quarters before the plan's instant with history enough before them, the newest first."""
    first, settings = work.past.first_recorded, work.past.settings
    found = [previous(work.quarter, settings, back) for back in range(work.plan.replayed)]
    least = dt.timedelta(days=LEAST_DAYS_BEFORE)
    return [one for one in found if first is not None and bounds(one, settings)[0] - first >= least]


def _replay(work: Work, keep: _Keeping) -> Replay | None:
    rivals, quarters = work.champion.rivals, quarters_replayed(work)
    if not quarters:
        return held_out_replay(work.past, work.plan.as_of, work.plan.options, rivals, keep)
    settings = work.past.settings
    start, end = bounds(quarters[-1], settings)[0], bounds(quarters[0], settings)[1]
    days = [day for day in weekly_instants(start - dt.timedelta(seconds=1), end, settings) if day >= start]
    question = "won before the end of " + " or ".join(one.name for one in reversed(quarters))
    try:
        return backtest(
            work.past,
            days,
            period_end(settings, "quarter"),
            "quarter",
            question,
            work.plan.options,
            seen_until=work.plan.as_of,
            say=work.say,
            rivals=rivals,
            fit=keep,
        )
    except NoHistory:
        return None


class _Keeping:
    """Trains as `fit_model` does and keeps the model of each cut in a folder named by its day."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(
        self, matrix: pd.DataFrame, history: History, cut: dt.datetime, options: FitOptions
    ) -> tuple[Model, Window]:
        model, window = fit_model(matrix, history, cut, options)
        save_bundle(model, self.folder / cut.strftime("%Y%m%dT%H%M"))
        return model, window


def forecast_quarters(work: Work, folder: Path) -> None:
    """Step: what the replayed quarters' forecasts said, made with the model of their first day, and what came; and
    what forecasts of the quarter to come have learned by now.
    """
    parts = list(_forecasts(work)) if work.lands else []
    if parts:
        pl.concat(parts).sort("period", "as_of", "scope_kind", "scope_id").write_parquet(folder / "forecasts.parquet")
    if work.learns:
        work.say("learning the amounts, the new deals and the misses that the next quarter's forecasts rest on")
        coming = previous(work.quarter, work.past.settings, back=-1)
        document = work.learns(work.past, work.candidate, coming.name, work.plan.as_of)
        (folder / LEARNED).write_text(document_text(document), encoding="utf-8")


def _forecasts(work: Work) -> Iterator[pl.DataFrame]:
    assert work.lands is not None
    for quarter in quarters_replayed(work):
        start, end = bounds(quarter, work.past.settings)
        kept = work.journal.place("replay") / "cuts" / start.strftime("%Y%m%dT%H%M")
        if not kept.is_dir():
            continue
        model = load_bundle(kept, CANDIDATE)
        came = work.lands(work.past, None, quarter.name, end).select("scope_kind", "scope_id", actual="booked")
        for share in POINTS:
            work.say(f"replaying the forecast of {quarter.name}")
            at = work.past.settings.start_of(quarter.first_day + dt.timedelta(days=round(quarter.days * share)))
            said = work.lands(work.past, model, quarter.name, at)
            joined = said.join(came, on=["scope_kind", "scope_id"], how="left", maintain_order="left")
            yield joined.with_columns(pl.col("actual").fill_null(0.0))


def probe(work: Work, folder: Path) -> None:
    """Step: everything about the candidate that needs no replay."""
    model, deals = work.candidate, work.open_deals
    told = model.explain(deals)
    seen = future_probe(work.past, _looked_back(work))
    write_json(folder / "future.json", None if seen is None else {"rows": seen.rows, "moved": list(seen.moved)})
    reasons = {"importance": importance(told) if len(deals) else {}, "sums": largest_gap(model, deals, told)}
    write_json(folder / "reasons.json", reasons)
    names = [*model.encoding.names] if kind_of(model) == "deal_model" else ["stage", "age_days"]  # type: ignore[union-attr]
    drifts = drift(work.matrix, names, work.quarter, work.past.settings)
    write_json(folder / "drift.json", None if drifts is None else [one.as_dict() for one in drifts])
    if work.champion.model is not None and len(deals):
        unchanged(deals, work.champion.model, model).write_parquet(folder / "unchanged.parquet")
    write_json(folder / "timings.json", vars(cost(model, work.bundle, deals)))


def _looked_back(work: Work) -> list[dt.datetime]:
    """The quarter's start and middle: what came later is on record, so it can be told otherwise."""
    start, end = bounds(work.quarter, work.past.settings)
    return [start, start + (end - start) / 2]
