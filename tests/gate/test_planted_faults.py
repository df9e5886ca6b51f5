"""Faults planted in a real history and a real training: the gate names each of them, and none where none is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from features.matrix import build_matrix
from features.spine import open_spine
from history.as_of import known
from history.record import History, make_history
from history.synthetic import generate
from tests.gate.swapped import Swapped
from tests.lib.foreign_bundle import OLDER, aged
from tests.training.conftest import QUICK
from training.backtest import MODEL, Replay, training_matrix
from training.bundle import Model, save_bundle
from training.calibration import Calibration
from training.choice import fit_model
from training.deal_model import DealModel
from training.gate import Evidence, Result, run_gate
from training.gate.champion import gain_over_champion
from training.pipeline import held_out_replay, learned_until
from training.probes.beside import CHAMPION, Beside, beside
from training.probes.champion import Champion
from training.probes.reasons import importance, unchanged
from training.registry import Registry

BEGAN, END = dt.datetime(2025, 12, 31, 16), dt.datetime(2026, 3, 31, 16)


@dataclass(frozen=True)
class Bench:
    """A company at the end of a quarter, the replay of that quarter, and what a model of its first day learns from."""

    past: History
    replay: Replay
    rows: pd.DataFrame
    learned: pd.DataFrame

    def with_model(self, model: Model) -> Replay:
        """The replay as if `model` had been asked."""
        days = self.replay.rows["horizon_days"].to_numpy()
        chance = model.predict(self.rows, days)["win_by_horizon"].to_numpy()
        fits = [{"cut": BEGAN.isoformat(), **model.facts}]
        return Replay(self.replay.rows.with_columns(pl.Series(MODEL, chance)), "q", fits, self.replay.settings)


@pytest.fixture(scope="module")
def bench() -> Bench:
    past = known(generate(700, seed=4).history, END)
    replay = held_out_replay(past, END, QUICK)
    assert replay is not None
    rows = build_matrix(past, replay.rows.select("deal_id", "as_of"), threads=1)
    return Bench(past, replay, rows, training_matrix(past, BEGAN))


def judged(replay: Replay, **more: object) -> dict[str, Result]:
    """What the gate says, by check."""
    evidence = Evidence("deal_model", replay, learned_until(replay), **more)  # type: ignore[arg-type]
    return {one.code: one for one in run_gate(evidence)}


def test_where_nothing_is_planted_nothing_is_found(bench: Bench) -> None:
    found = judged(bench.replay)
    assert {found[code].outcome for code in ("G01", "G03", "G15")} == {"passed"}
    assert bench.replay.gain_over().value > 0


def test_labels_that_were_shuffled_are_found(bench: Bench) -> None:
    changes, settings = bench.past["deal_changes"], bench.past.settings
    ending = (pl.col("field") == "stage") & pl.col("new_value").is_in(settings.closed_stages)
    ends = changes.filter(ending).with_columns(new_value=pl.col("new_value").shuffle(seed=2))
    other = bench.past.with_tables(deal_changes=pl.concat([changes.filter(~ending), ends]))
    model, _ = fit_model(bench.learned, other, BEGAN, QUICK)
    replay = bench.with_model(model)
    assert judged(replay)["G02"].outcome == "found"
    assert replay.gain_over().high < 0.01


def test_a_calibration_that_was_broken_is_found(bench: Bench) -> None:
    model, _ = fit_model(bench.learned, bench.past, BEGAN, QUICK)
    assert isinstance(model, DealModel)
    honest, sure = judged(bench.with_model(model)), Calibration("beta", 3.0, 3.0, 0.0)
    broken = judged(bench.with_model(replace(model, win=replace(model.win, calibration=sure))))
    assert (honest["G03"].outcome, broken["G03"].outcome) == ("passed", "found")


def test_a_model_that_was_shown_the_judged_days_is_found(bench: Bench) -> None:
    peeking, _ = fit_model(training_matrix(bench.past, END), bench.past, END, QUICK)
    found = judged(bench.with_model(peeking))
    assert found["G01"].outcome == "found"
    assert "lie within what was learned" in found["G01"].sentence


def beside_one_another(bench: Bench, candidate: Model, champion: Model) -> Beside:
    """What both say of the judged days, which neither had learned from."""
    days = bench.replay.rows["horizon_days"].to_numpy()
    chance = champion.predict(bench.rows, days)["win_by_horizon"].to_numpy()
    return beside(champion, bench.with_model(candidate).rows.with_columns(pl.Series(CHAMPION, chance)), bench.past)


def test_columns_that_were_swapped_are_found(bench: Bench) -> None:
    honest, _ = fit_model(bench.learned, bench.past, BEGAN, QUICK)
    mixed: Model = Swapped(honest)  # type: ignore[assignment]
    open_deals = build_matrix(bench.past, open_spine(bench.past, [END]), threads=1)
    outcomes = {}
    for name, candidate in (("honest", honest), ("mixed", mixed)):
        both, same = beside_one_another(bench, candidate, honest), unchanged(open_deals, honest, candidate)
        outcomes[name] = judged(bench.with_model(candidate), beside=both, unchanged=same)
    for code in ("G05", "G09", "G10"):
        assert (outcomes["honest"][code].outcome, outcomes["mixed"][code].outcome) == ("passed", "found"), code
    assert outcomes["mixed"]["G02"].outcome == "found"


def test_a_stale_champion_gives_way_and_a_stale_candidate_is_found(bench: Bench) -> None:
    fresh, _ = fit_model(bench.learned, bench.past, BEGAN, QUICK)
    stale, _ = fit_model(bench.learned, before_the_market_turned(bench.past), BEGAN, QUICK)
    found = judged(bench.with_model(stale), beside=beside_one_another(bench, stale, fresh))
    turned = judged(bench.with_model(fresh), beside=beside_one_another(bench, fresh, stale))
    assert (found["G05"].outcome, turned["G05"].outcome) == ("found", "passed")
    assert gain_over_champion(beside_one_another(bench, stale, fresh).rows).high < 0


def before_the_market_turned(history: History) -> History:
    """The history of a time in which what wins today lost: what a model that was kept too long knows."""
    changes, settings = history["deal_changes"], history.settings
    won, lost = settings.won_stages[0], settings.lost_stages[0]
    turned = dict.fromkeys(settings.won_stages, lost) | dict.fromkeys(settings.lost_stages, won)
    value = pl.when(pl.col("field") == "stage").then(pl.col("new_value").replace(turned)).otherwise("new_value")
    return history.with_tables(deal_changes=changes.with_columns(new_value=value))


def test_a_champion_that_the_features_have_left_behind_is_found_by_name(bench: Bench, tmp_path: Path) -> None:
    model, _ = fit_model(bench.learned, bench.past, BEGAN, QUICK)
    registry = Registry(tmp_path / "workspace", "w1")
    version = registry.log(save_bundle(model, tmp_path / "bundle"), BEGAN, {}, {}, {}, {})
    registry.promote(version, "tests", "")
    aged(registry, version)
    champion = Champion.of(registry, bench.past)
    replay, both = champion.judged(bench.replay, bench.past)
    assert champion.rivals == {}
    found = judged(replay, beside=both)  # type: ignore[arg-type]
    assert found["G05"].outcome == "found"
    assert f"champion {version} cannot be replayed: model {version} was trained on feature version {OLDER}" in (
        found["G05"].sentence
    )


def test_a_field_that_gives_the_outcome_away_is_found(bench: Bench) -> None:
    told = leaking(bench.past)
    model, window = fit_model(training_matrix(told, BEGAN), told, BEGAN, QUICK)
    rows = build_matrix(told, bench.replay.rows.select("deal_id", "as_of"), threads=1)
    shares = importance(model.explain(window.recent()))
    found = judged(replace(bench, rows=rows).with_model(model), importance=shares)
    assert next(iter(shares)) == "field_fate"
    assert (found["G08"].outcome, found["G15"].outcome) == ("found", "found"), (found["G08"], found["G15"])


def leaking(history: History) -> History:
    """The history in which a field, filled when a deal was made, says whether it has been won by the end of it."""
    changes, settings = history["deal_changes"], replace(history.settings, feature_fields=("fate",))
    winning = (pl.col("field") == "stage") & pl.col("new_value").is_in(settings.won_stages)
    won = pl.col("deal_id").is_in(changes.filter(winning)["deal_id"].implode())
    rows = history["deals"].select(
        "deal_id",
        pl.col("created_at").alias("changed_at"),
        pl.lit("fate").alias("field"),
        pl.when(won).then(pl.lit("yes")).otherwise(pl.lit("no")).alias("new_value"),
    )
    more = make_history(settings, deal_changes=rows)["deal_changes"]
    return History(settings, {**history.tables, "deal_changes": pl.concat([changes, more], how="diagonal")})
