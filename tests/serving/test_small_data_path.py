"""Few closed deals or none: trained, scored and forecast all the same, and wider the less is known."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from history.as_of import known
from history.deals import closings
from history.record import History
from history.synthetic import generate
from serving.choosing import ServedModel, choose_model
from serving.forecasting import forecast
from serving.scoring import Scored, score_fully
from training.booster import BoostOptions
from training.fitting import FitOptions
from training.pipeline import TrainReport, train
from training.registry import Registry
from training.small_data import TableModel
from training.splits import Sampling

DAY = dt.date(2026, 5, 1)
QUICK = FitOptions(boost=BoostOptions(most_rounds=30), sampling=Sampling(most_rows=3_000))
CLOSED = (0, 5, 40, 400)


@dataclass(frozen=True)
class Answer:
    """A company that had closed so many deals, and what it was told."""

    history: History
    as_of: dt.datetime
    report: TrainReport
    model: ServedModel
    scored: Scored
    outlook: pl.DataFrame


def company_with(closed: int, whole: History, as_of: dt.datetime) -> History:
    """The deals open at `as_of` and so many of those closed before, the latest, with nothing recorded since."""
    past = known(whole, as_of)
    ends = closings(past).filter(pl.col("from_open")).sort("closed_at", "deal_id", descending=True)
    done = ends["deal_id"].unique(maintain_order=True)
    kept = set(past["deals"]["deal_id"]) - set(closings(past)["deal_id"]) | set(done.head(closed))
    tables = ("deals", "deal_changes", "activities", "contacts")
    return past.with_tables(
        **{name: past[name].filter(pl.col("deal_id").is_in(list(kept))) for name in tables},
        forecast_calls=past["forecast_calls"].clear(),
    )


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Answer]:
    whole = generate(600, seed=13).history
    as_of = whole.settings.start_of(DAY)
    base: Path = tmp_path_factory.mktemp("small")
    found = {}
    for closed in CLOSED:
        history = company_with(closed, whole, as_of)
        registry = Registry(base / str(closed) / "workspace", f"company-{closed}")
        report = train(history, as_of, registry, base / str(closed) / "frozen", options=QUICK)
        model = choose_model(registry, as_of, history=history)
        scored = score_fully(history, model, as_of, whole.settings.start_of(dt.date(2026, 7, 1)))
        outlook = forecast(history, model, "2026Q2", as_of, "company", "amount")
        found[closed] = Answer(history, as_of, report, model, scored, outlook)
    return found


@pytest.mark.parametrize("closed", CLOSED)
def test_every_open_deal_is_scored_and_every_number_is_one(answers: dict[int, Answer], closed: int) -> None:
    frame = answers[closed].scored.frame
    assert frame.height > 15
    numbers = frame.select(pl.col(pl.Float64).exclude("amount"))
    assert numbers.null_count().sum_horizontal().item() == 0
    assert not any(numbers[name].is_nan().any() for name in numbers.columns)
    assert frame["win_probability"].is_between(0, 1, closed="none").all()
    total = frame["win_by_horizon"] + frame["lose_by_horizon"] + frame["open_at_horizon"]
    assert (total - 1).abs().max() < 1e-9


@pytest.mark.parametrize("closed", CLOSED)
def test_the_reasons_add_up_however_few_deals_there_are(answers: dict[int, Answer], closed: int) -> None:
    scored = answers[closed].scored
    for row in scored.frame.iter_rows(named=True):
        baseline, reasons = scored.reasons_of(row["deal_id"])
        shown = 100 * baseline + sum(reason.points for reason in reasons)
        assert shown == pytest.approx(100 * row["win_probability"], abs=0.051)


@pytest.mark.parametrize("closed", CLOSED)
def test_the_forecast_is_a_distribution(answers: dict[int, Answer], closed: int) -> None:
    row = answers[closed].outlook.row(0, named=True)
    assert 0 <= row["p10"] <= row["p50"] <= row["p90"]
    assert row["p10"] < row["p90"]


def test_tables_speak_below_forty_won_and_lost_and_the_model_above(answers: dict[int, Answer]) -> None:
    kinds = {closed: answer.report.kind for closed, answer in answers.items()}
    assert kinds == {0: "tables", 5: "tables", 40: "tables", 400: "deal_model"}
    assert [isinstance(answer.model, TableModel) for answer in answers.values()] == [True, True, True, False]


def test_what_a_number_rests_on_is_told_while_tables_speak(answers: dict[int, Answer]) -> None:
    assert answers[400].scored.evidence is None
    for closed in (0, 5, 40):
        told = answers[closed].scored.told
        assert told.columns[-3:] == ["n_deals", "win_low", "win_high"]
        assert (told["win_low"] <= told["win_probability"]).all()
        assert (told["win_probability"] <= told["win_high"]).all()
        evidence = answers[closed].scored.evidence_of(told["deal_id"][0])
        assert evidence is not None
        assert "% and " in evidence.sentence("en")
        assert "实际赢率可能在" in evidence.sentence("zh-CN")


def test_the_fewer_closed_deals_the_wider_the_interval(answers: dict[int, Answer]) -> None:
    width = {
        closed: (answers[closed].scored.told["win_high"] - answers[closed].scored.told["win_low"]).mean()
        for closed in (0, 40)
    }
    assert width[0] > width[40] > 0.05


def test_the_flags_have_a_record_as_soon_as_outcomes_are_seen(answers: dict[int, Answer]) -> None:
    shown = {
        closed: sum(record.deals_flagged for record in answer.model.flag_records.values())
        for closed, answer in answers.items()
    }
    assert shown[400] > shown[40] >= shown[5] > 0
