"""Where a group is held up: planted, it is found and sized; where all are alike, nothing is found."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from indicators.bottleneck import FEWEST_STAYS, bottlenecks
from indicators.funnel import funnel
from tests.lib.deal_log import at, deal, told

USUAL = (0.7, 0.65, 0.6, 0.75)
STAGES = len(USUAL)


def stays_of(chances: dict[str, tuple[float, ...]], deals: int, seed: int) -> pl.DataFrame:
    """Stays of `deals` deals a team that move on with the team's chances or are lost; the last stage leads to wins."""
    rng = np.random.default_rng(seed)
    rows = []
    for team, onward in chances.items():
        for number in range(deals):
            for place, chance in enumerate(onward):
                goes = rng.random() < chance
                move = ("won" if place == STAGES - 1 else "forward") if goes else "lost"
                rows.append(
                    (f"{team}{number}", team, place, place + 1 if move == "forward" else None, move, place == 0)
                )
                if not goes:
                    break
    names = ["deal", "team", "place", "next_place", "move", "first"]
    frame = pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)
    number = pl.col("deal").rank("dense").cast(pl.UInt32)
    return frame.with_columns(
        number=number, entered_at=dt.datetime(2025, 1, 1) + pl.col("place") * dt.timedelta(days=9)
    )


def alike(teams: int = 4) -> dict[str, tuple[float, ...]]:
    return {f"T{number}": USUAL for number in range(teams)}


def chance_of(onward: tuple[float, ...]) -> float:
    return float(np.prod(onward))


def test_a_planted_bottleneck_is_found_and_its_size_lies_in_the_interval():
    slow = (0.7, 0.65, 0.35, 0.75)
    truth = (chance_of(USUAL) - chance_of(slow)) * 300
    found, covered = 0, []
    for seed in range(20):
        rows = bottlenecks(stays_of(alike() | {"T0": slow}, 300, seed), ["team"])
        row = rows.filter((pl.col("team") == "T0") & (pl.col("place") == 2)).row(0, named=True)
        found += row["bottleneck"]
        covered.append(row["wins_short_p10"] <= truth <= row["wins_short_p90"])
        assert row["gap"] == pytest.approx(0.25, abs=0.12)
    assert found == 20
    assert 0.55 <= np.mean(covered) <= 1.0


def test_where_all_are_alike_a_bottleneck_is_seldom_named():
    marked = (
        np.mean([bottlenecks(stays_of(alike(), 150, seed), ["team"])["bottleneck"].sum() for seed in range(40)]) / 4
    )
    assert marked <= 0.15


def test_the_interval_of_the_gap_holds_the_truth_about_four_times_in_five():
    held = []
    for seed in range(40):
        rows = bottlenecks(stays_of(alike(), 150, seed), ["team"]).filter(pl.col("gap").is_not_null())
        held.append(((rows["gap_p10"] <= 0) & (rows["gap_p90"] >= 0)).mean())
    assert np.mean(held) == pytest.approx(0.8, abs=0.08)


def test_wins_short_is_what_the_others_way_of_leaving_the_stage_would_have_brought():
    stays = stays_of(alike(3) | {"T0": (0.5, 0.65, 0.6, 0.75)}, 200, seed=5)
    row = bottlenecks(stays, ["team"]).filter((pl.col("team") == "T0") & (pl.col("place") == 0)).row(0, named=True)
    own = stays.filter(pl.col("team") == "T0")
    onward = [own.filter(pl.col("place") == at)["move"].is_in(["forward", "won"]).mean() for at in range(STAGES)]
    mended = [row["others_onward"], *onward[1:]]
    # One case of the others' in each stage moves the number a little.
    assert row["wins_short"] == pytest.approx((np.prod(mended) - np.prod(onward)) * 200, rel=0.05)
    assert row["gap"] == pytest.approx(row["others_onward"] - onward[0], abs=1e-6)


def test_too_few_stays_or_nobody_to_compare_with_tell_nothing():
    few = bottlenecks(stays_of(alike(2), FEWEST_STAYS - 1, seed=1), ["team"])
    assert few["gap"].null_count() == few.height
    assert not few["bottleneck"].any()
    assert few["ended"].sum() > 0
    one = bottlenecks(stays_of({"T0": USUAL}, 200, seed=1), ["team"])
    assert one["wins_short"].null_count() == one.height


def test_a_team_that_loses_its_offers_is_named_in_the_funnel():
    rng = np.random.default_rng(4)
    stories = []
    for number in range(400):
        owner = ("ann", "cy")[number % 2]
        created = at("2025-01-01") + dt.timedelta(hours=6 * number)
        offer, end = created + dt.timedelta(days=9), created + dt.timedelta(days=25)
        wins = rng.random() < {"ann": 0.6, "cy": 0.25}[owner]
        offered = rng.random() < 0.7
        path = [("Offer", offer), ("Won" if wins else "Lost", end)] if offered else [("Lost", offer)]
        days = [(stage, day.isoformat()) for stage, day in path]
        stories.append(deal(f"d{number:03}", created.isoformat(), *days, owner_id=owner))
    found = funnel(told(*stories), at("2025-01-01"), at("2025-05-01"), at("2025-06-15"), ["team"])
    held_up = found.filter(pl.col("bottleneck") & (pl.col("team") == "South")).row(0, named=True)
    assert held_up["stage"] == "Offer"
    # About 200 deals, 7 in 10 offered: 0.35 of those are the wins that the other team would have had more.
    assert held_up["wins_short_p10"] < 200 * 0.7 * 0.35 < held_up["wins_short_p90"]
