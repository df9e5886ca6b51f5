"""The planted truth is true: its chances come to pass, wins are as hard as in real pipelines, biases can be found."""

from __future__ import annotations

import dataclasses
import datetime as dt

import lightgbm as lgb
import numpy as np
import polars as pl
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from history.deals import closings, field_values
from history.fiscal import bounds, parse_period
from history.synthetic import Crm, generate
from history.synthetic.births import Births, make_births
from history.synthetic.days import quarter_names
from history.synthetic.deal_life import live
from history.synthetic.process import make_process
from history.synthetic.truth import exact_chances
from history.synthetic.world import make_customers, make_staff
from tests.history.synthetic.companies import company

CUT = dt.datetime(2025, 6, 30, 16)


@pytest.fixture(scope="module")
def crm() -> Crm:
    return generate(3000, 3)


@pytest.fixture(scope="module")
def weekly(crm: Crm) -> pl.DataFrame:
    """Open deals on Mondays with their true chances and what came of them."""
    settings = crm.history.settings
    monday = settings.start_of(dt.date(2023, 10, 2))
    rows = crm.truth["chances"].filter(
        (pl.col("as_of") >= monday) & ((pl.col("as_of") - monday).dt.total_days() % 7 == 0)
    )
    local = pl.col("as_of").dt.offset_by("8h")
    return (
        rows.join(crm.truth["outcomes"], on=["deal_id", "spell"], how="left")
        .with_columns(pl.col("won").fill_null(False), quarter_end=local.dt.truncate("1q").dt.offset_by("1q"))
        .with_columns(quarter_end=pl.col("quarter_end").dt.offset_by("-8h"))
        .with_columns(in_quarter=(pl.col("closed_at") < pl.col("quarter_end")).fill_null(False))
        .with_columns(
            won_in_quarter=pl.col("won") & pl.col("in_quarter"), lost_in_quarter=~pl.col("won") & pl.col("in_quarter")
        )
        .sort("as_of", "deal_id")
    )


@pytest.mark.parametrize(
    ("chance", "came_true"),
    [
        ("win_probability", "won"),
        ("win_by_quarter_end", "won_in_quarter"),
        ("lose_by_quarter_end", "lost_in_quarter"),
    ],
)
def test_true_chances_come_to_pass_in_every_decile(weekly: pl.DataFrame, chance: str, came_true: str) -> None:
    tenth = (pl.col(chance).rank("ordinal") - 1) * 10 // weekly.height
    table = weekly.group_by(tenth.alias("tenth")).agg(
        said=pl.col(chance).mean(), came=pl.col(came_true).mean(), deals=pl.col("deal_id").n_unique()
    )
    # Rows of one deal stand or fall together, so a decile weighs as many deals as it holds.
    spread = (table["said"] * (1 - table["said"]) / table["deals"]).sqrt()
    assert ((table["came"] - table["said"]).abs() < 3.5 * spread + 0.02).all(), table.sort("tenth")
    assert abs(weekly[came_true].mean() - weekly[chance].mean()) < 0.03


def test_the_chances_of_a_day_fit_together(crm: Crm) -> None:
    rows = crm.truth["chances"]
    assert (rows["win_by_quarter_end"] <= rows["win_probability"] + 1e-12).all()
    assert (rows["win_by_month_end"] <= rows["win_by_quarter_end"] + 1e-12).all()
    assert (rows["win_by_quarter_end"] + rows["lose_by_quarter_end"] <= 1 + 1e-12).all()
    assert rows["win_probability"].is_between(0, 1, closed="none").all()


def test_the_exact_chance_is_what_many_lives_of_one_deal_come_to() -> None:
    crm_births = _one_deal_many_times(6000)
    process = make_process()
    lives = live(crm_births, process, np.random.default_rng(5))
    day = int(crm_births.created_day[0]) + 1
    states = lives.states.filter(pl.col("day") < day)
    first = exact_chances(process, lives.market).table[day, 0, crm_births.deal_class[0]]
    said = first[states["momentum"].to_numpy(), states["stage"].to_numpy()].mean()
    ends = lives.states.filter((pl.col("stage") >= 5) & (pl.col("spell") == 0))
    # One weather is shared by all of these lives while the chance averages over weathers, hence the room.
    assert ends.height > 5990
    assert abs((ends["stage"] == 5).mean() - said) < 0.05


def _one_deal_many_times(times: int) -> Births:
    rng = np.random.default_rng(1)
    staff = make_staff(200, rng)
    births = make_births(200, staff, make_customers(200, staff, rng), rng)
    names = [field.name for field in dataclasses.fields(births)]
    return dataclasses.replace(births, **{name: np.repeat(getattr(births, name)[60:61], times) for name in names})


def test_wins_are_no_more_predictable_than_in_real_pipelines(weekly: pl.DataFrame) -> None:
    assert 0.80 < roc_auc_score(weekly["won"], weekly["win_probability"]) < 0.88
    assert 0.84 < roc_auc_score(weekly["won_in_quarter"], weekly["win_by_quarter_end"]) < 0.92


def test_a_plain_model_on_a_dozen_columns_reaches_what_good_models_reach(crm: Crm, weekly: pl.DataFrame) -> None:
    rows = _plain_columns(crm, weekly)
    early = ((pl.col("as_of") < CUT) & (pl.col("closed_at") < CUT)).fill_null(False)
    train, test = rows.filter(early), rows.filter(pl.col("as_of") >= CUT)
    columns = [name for name in rows.columns if name.startswith("x_")]
    model = lgb.LGBMClassifier(
        n_estimators=90, learning_rate=0.06, num_leaves=10, min_child_samples=80, num_threads=1, verbose=-1, seed=1
    ).fit(train.select(columns).to_numpy(), train["won"].to_numpy())
    said = model.predict_proba(test.select(columns).to_numpy())[:, 1]
    truth = test["win_probability"].to_numpy()
    assert 0.73 < roc_auc_score(test["won"], said) < 0.85
    stage_rate = train.group_by("stage").agg(rate=pl.col("won").mean())
    naive = test.join(stage_rate, on="stage", how="left", maintain_order="left")["rate"]
    assert log_loss(test["won"], truth) < log_loss(test["won"], said) < log_loss(test["won"], naive)


def _plain_columns(crm: Crm, weekly: pl.DataFrame) -> pl.DataFrame:
    """A dozen columns as anyone would make them, from rows recorded before as_of alone."""
    history = crm.history
    codes = {"kind": field_values(history, "kind"), "segment": field_values(history, "segment")}
    rows = weekly.join(history["deals"].select("deal_id", "created_at", "source", "account_id"), on="deal_id")
    rows = rows.join(history["accounts"].select("account_id", "fit_grade"), on="account_id")
    for name, values in codes.items():
        rows = rows.join(values.rename({"value": name}), on="deal_id", how="left")
    touches = history["activities"]
    incoming = touches.filter(pl.col("direction") == "in")
    dates = history["deal_changes"].filter((pl.col("field") == "close_date") & pl.col("old_value").is_not_null())
    month_ago = rows.with_columns(as_of=pl.col("as_of") - dt.timedelta(days=30))
    return rows.with_columns(
        x_stage=pl.col("stage"),
        x_age=(pl.col("as_of") - pl.col("created_at")).dt.total_days(),
        x_touches=_so_far(rows, touches) - _so_far(month_ago, touches),
        x_inbound=_so_far(rows, incoming) - _so_far(month_ago, incoming),
        x_all_inbound=_so_far(rows, incoming),
        x_all_touches=_so_far(rows, touches),
        x_pushes=_so_far(rows, dates),
        x_people=_so_far(rows, history["contacts"]),
        **{f"x_{name}": pl.col(name).rank("dense") for name in ("kind", "segment", "source", "fit_grade")},
    )


def _so_far(rows: pl.DataFrame, events: pl.DataFrame) -> pl.Series:
    """How many `events` of each row's deal were recorded before its as_of."""
    counted = events.sort("recorded_at").select(
        "deal_id", "recorded_at", n=pl.int_range(1, pl.len() + 1).over("deal_id")
    )
    ordered = rows.select("deal_id", "as_of").with_row_index().sort("as_of")
    found = ordered.join_asof(
        counted,
        left_on="as_of",
        right_on="recorded_at",
        by="deal_id",
        allow_exact_matches=False,
        check_sortedness=False,
    )
    return found.sort("index")["n"].fill_null(0)


def test_the_last_days_before_a_close_do_not_tell_a_win_from_a_loss(crm: Crm) -> None:
    """Given the true chance of the morning, the touches of the closing week add nothing about the outcome."""
    ends = closings(crm.history).filter("from_open").select("deal_id", "closed_at", "outcome")
    touches = crm.history["activities"].select("deal_id", "happened_at")
    near = ends.join(touches, on="deal_id", how="left").with_columns(
        hours=(pl.col("closed_at") - pl.col("happened_at")).dt.total_hours()
    )
    last_day = near.group_by("deal_id", "closed_at", "outcome").agg(
        day=pl.col("hours").is_between(0, 24).sum(), week=pl.col("hours").is_between(25, 24 * 8).sum()
    )
    pace = last_day.group_by("outcome").agg(day=pl.col("day").mean(), week=pl.col("week").mean() / 7)
    burst = dict(pace.select("outcome", pl.col("day") / pl.col("week")).iter_rows())
    assert abs(burst["won"] / burst["lost"] - 1) < 0.35


@pytest.fixture(scope="module")
def called() -> pl.DataFrame:
    """What reps called 45 days before the end of each full quarter, what they won, and their planted bias."""
    crm = company(clean=True)
    history, settings = crm.history, crm.history.settings
    won = closings(history).filter(pl.col("outcome") == "won").sort("closed_at")
    for field in ("amount", "owner_id"):
        values = history["deal_changes"].filter(pl.col("field") == field).sort("changed_at")
        values = values.select("deal_id", "changed_at", pl.col("new_value").alias(field))
        won = won.join_asof(
            values, left_on="closed_at", right_on="changed_at", by="deal_id", check_sortedness=False
        ).drop("changed_at")
    ends = {name: bounds(parse_period(name, settings), settings) for name in quarter_names()[2:]}
    frames = []
    for period, (start, end) in ends.items():
        inside = won.filter(pl.col("closed_at").is_between(start, end, closed="left"))
        actual = inside.group_by(forecaster_id="owner_id").agg(actual=pl.col("amount").cast(pl.Float64).sum())
        calls = history["forecast_calls"].filter(
            (pl.col("period") == period)
            & (pl.col("forecaster_kind") == "rep")
            & (pl.col("category") == "most_likely")
            & (pl.col("measure") == "amount")
            & (pl.col("called_at") <= end - dt.timedelta(days=45))
        )
        last = calls.sort("called_at").group_by("forecaster_id").agg(said=pl.col("value").last())
        frames.append(
            last.join(actual, on="forecaster_id", how="left").fill_null(0.0).with_columns(period=pl.lit(period))
        )
    return pl.concat(frames).join(
        crm.truth["forecasters"].filter(pl.col("forecaster_kind") == "rep"), on="forecaster_id"
    )


def test_planted_biases_can_be_found_in_eight_quarters(called: pl.DataFrame) -> None:
    people = _ratios(called.filter(pl.col("period").is_in(quarter_names()[-8:])))
    found = dict(people.group_by("kind").agg(pl.col("ratio").median()).iter_rows())
    assert 0.65 < found["sandbagger"] < 0.87
    assert 1.2 < found["optimist"] < 1.6
    assert 0.88 < found["accurate"] < 1.12
    steady = people.filter(pl.col("kind") != "erratic")
    assert (((steady["ratio"] / steady["bias"]) - 1).abs() < 0.3).mean() > 0.85


def test_the_planted_bias_lies_in_the_interval_about_four_times_in_five(called: pl.DataFrame) -> None:
    rng = np.random.default_rng(2)
    inside = []
    for person in called.filter(pl.col("period").is_in(quarter_names()[-8:])).partition_by("forecaster_id"):
        if person.height < 8 or person["actual"].sum() == 0:
            continue
        draws = rng.integers(0, person.height, (400, person.height))
        said, actual = person["said"].to_numpy()[draws].sum(axis=1), person["actual"].to_numpy()[draws].sum(axis=1)
        low, high = np.quantile(said / np.maximum(actual, 1), [0.1, 0.9])
        inside.append(low <= person["bias"][0] <= high)
    assert len(inside) >= 8
    assert np.mean(inside) >= 0.55


def test_erratic_people_stray_further_than_accurate_ones(called: pl.DataFrame) -> None:
    strayed = called.filter(pl.col("actual") > 0).with_columns(
        stray=(pl.col("said") / pl.col("bias") / pl.col("actual")).log().abs()
    )
    spread = dict(strayed.group_by("kind").agg(pl.col("stray").median()).iter_rows())
    assert spread["erratic"] > 1.5 * spread["accurate"]


def _ratios(rows: pl.DataFrame) -> pl.DataFrame:
    """ΣF / ΣA of each person with the planted kind and bias."""
    sums = rows.group_by("forecaster_id", "kind", "bias").agg(pl.len(), pl.col("said").sum(), pl.col("actual").sum())
    return sums.filter((pl.col("actual") > 0) & (pl.col("len") >= 6)).with_columns(
        ratio=pl.col("said") / pl.col("actual")
    )


def test_every_kind_of_forecaster_and_every_rep_is_in_the_truth(crm: Crm) -> None:
    planted = crm.truth["forecasters"]
    assert set(planted["kind"]) == {"accurate", "sandbagger", "optimist", "erratic"}
    callers = set(crm.history["forecast_calls"]["forecaster_id"])
    assert callers <= set(planted["forecaster_id"])
    sellers = crm.history["reps"].filter(~pl.col("role").is_in(["manager", "head"]))
    assert set(sellers["rep_id"]) == set(crm.truth["reps"]["rep_id"])


def test_better_reps_and_better_deals_win_more(crm: Crm) -> None:
    ends = crm.truth["outcomes"].filter(pl.col("spell") == 0).join(crm.truth["deals"], on="deal_id")
    top = ends["quality"] > ends["quality"].median()
    assert ends["won"].filter(top).mean() > 1.5 * ends["won"].filter(~top).mean()
