"""The part of docs/results.md on where periods land: every forecast of past periods beside the rules it has to beat."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import polars as pl

from benchmarks import attainment_rules as rules
from benchmarks.attainment_cells import ALONE, BEFORE, MODEL, Replayed, replay
from benchmarks.attainment_figures import (
    RANGES,
    at_cut,
    bias,
    covered,
    has_spread,
    model_beside,
    names_of,
    of,
    pinball,
    relative_crps,
    wape,
)
from benchmarks.attainment_verdicts import better_lines, by_period, by_week, correction_lines, synthetic_bars, wape_bars
from history.canonical import read_folder
from history.synthetic import generate
from tests.lib import evaluation

CHIPS = Replayed("chips", ("2015Q4", "2016Q1"), (1, 5, 9), (("company", "count"), ("region", "count")))
LOANS = Replayed(
    "loans", ("2011-12", "2012-01"), (1, 2, 3, 4, 5), (("company", "count"), ("company", "amount"), ("rep", "count"))
)
SEEDS, DEALS = (7, 8, 9), 4_000
WEEKS, MORE_WEEKS = (1, 5, 9), (3, 7, 11, 12)
QUARTERS = ("2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2")
LEVELS = ("rep", "region", "product_line", "segment", "company")
SYNTHETIC_CUTS = (("team", "amount"), ("team", "count"), *((level, "amount") for level in LEVELS))
QUARTER_DAYS = 91
READING = """WAPE, bias (above 0: too high), CRPS and mean pinball loss as parts of what came, and how many results lay
in the ranges; last, the model's WAPE where only some cells were spoken of."""


def sections() -> Iterator[str]:
    """The sections, line by line; skips where the evaluation data is absent."""
    yield from chips(replay(read_folder(evaluation.folder("chip_pipeline")), CHIPS, said))
    yield ""
    yield from loans(replay(read_folder(evaluation.folder("bpic2012")), LOANS, said))
    yield ""
    yield from synthetic(pl.concat(synthetic_cells(seed) for seed in SEEDS))


def synthetic_cells(seed: int) -> pl.DataFrame:
    """The cells of one synthetic CRM."""
    asked = Replayed(f"seed {seed}", QUARTERS, WEEKS, SYNTHETIC_CUTS, ("team",), MORE_WEEKS)
    return replay(generate(DEALS, seed).history, asked, said)


def chips(cells: pl.DataFrame) -> Iterator[str]:
    """The chip maker's quarters."""
    yield "## Where a quarter lands: the chip maker's won deals"
    yield ""
    yield f"How many opportunities are won in the quarter, asked at the starts of weeks {listed(CHIPS.weeks)}. Models"
    yield "know what was known when the quarter began; later weeks add what was won, opened and closed since. A rule"
    yield "that had nothing to go by leaves a blank."
    yield ""
    company, region = (at_cut(cells, by, "count") for by in ("company", "region"))
    yield from wape_bars((("company", company, 0.13, True), ("regions", region, 0.30, True)))
    yield ""
    yield from cell_table(company)
    yield ""
    yield from real_set(cells, CHIPS.cuts)
    yield "By region, WAPE of each quarter and week:"
    yield ""
    yield from wape_by_cell(region)
    yield ""
    yield from largest_miss(region.filter(pl.col("forecast") == MODEL))


def real_set(cells: pl.DataFrame, cuts: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Every forecast at every level of a real set, who was better than the model, and what corrections changed."""
    named = [(f"{by}, {measure}", at_cut(cells, by, measure)) for by, measure in cuts]
    yield READING
    if of(cells, rules.LAST_YEAR).is_empty():
        yield f"There is no {rules.LAST_YEAR}: nothing is known of the same period a year before."
    yield ""
    for name, rows in named:
        yield f"**{name.capitalize()}**"
        yield ""
        yield from judged_table(rows)
        yield ""
    yield from better_lines([part for name, rows in named for part in by_period(name, rows)])
    yield ""
    yield from correction_lines(named)
    yield ""


def largest_miss(rows: pl.DataFrame) -> Iterator[str]:
    """The scope and period that the model missed by most, and its part in all misses."""
    missed = rows.group_by("scope", "period", maintain_order=True).agg(
        (pl.col("said") - pl.col("came")).abs().sum().alias("missed"), pl.col("came").first(), pl.col("said").first()
    )
    worst = missed.sort("missed", descending=True).row(0, named=True)
    share = worst["missed"] / missed["missed"].sum()
    periods, weeks = rows["period"].n_unique(), rows["week"].n_unique()
    yield f"Company cells are few: {periods} periods by {weeks} weeks. Of the regions' misses {share:.0%} are of one,"
    yield f"{worst['scope']} in {worst['period']}: at first {worst['said']:.0f} were expected,"
    yield f"{worst['came']:.0f} came."


def loans(cells: pl.DataFrame) -> Iterator[str]:
    """The loans' months."""
    yield "## Where a month lands: loans (BPI Challenge 2012)"
    yield ""
    yield "Loans won in the month by the one team there is, asked weekly, models trained when the month began. Who has"
    yield "an application seldom is the one who closes it, so people's forecasts rest on what became of earlier ones."
    yield ""
    company, money, people = (at_cut(cells, *cut) for cut in LOANS.cuts)
    bars = (("company, count", company, 0.13, True), ("company, amount", money, 0.13, True))
    yield from wape_bars((*bars, ("people, count", people, 0.30, True)))
    yield ""
    yield from cell_table(company)
    yield ""
    yield from real_set(cells, LOANS.cuts)


def synthetic(cells: pl.DataFrame) -> Iterator[str]:
    """The synthetic CRM's quarters."""
    every, cells = cells, cells.filter(pl.col("week").is_in(WEEKS))
    team = cells.filter((pl.col("by") == "team") & (pl.col("measure") == "amount"))
    yield "## Where a quarter lands: the synthetic CRM"
    yield ""
    yield f"{len(SEEDS)} seeds of {DEALS:,} deals, teams by {len(QUARTERS)} quarters, starts of weeks {listed(WEEKS)}."
    yield "Its people's forecasts hold something of what is to come, as good ones do, and their bias; nobody has said"
    yield "anything yet at the start of week 1. Amounts, where nothing else is said."
    yield READING
    yield ""
    yield from synthetic_bars(team)
    yield ""
    yield from better_lines(synthetic_parts(cells))
    yield ""
    yield from correction_lines((("team, amount", team), ("team, count", at_cut(cells, "team", "count"))))
    yield ""
    for week in (None, *WEEKS):
        yield f"**{'All weeks' if week is None else f'Start of week {week}'}**"
        yield ""
        yield from judged_table(team if week is None else team.filter(pl.col("week") == week))
        yield ""
    yield "**Counts, teams, all weeks**"
    yield ""
    yield from judged_table(cells.filter((pl.col("by") == "team") & (pl.col("measure") == "count")), people=False)
    yield ""
    yield "**The model by level, amounts, all weeks, beside the rule with the smallest WAPE there**"
    yield ""
    yield from level_table(cells.filter(pl.col("measure") == "amount"))
    yield ""
    yield "**The model's ranges by days to the period's end, amounts: 50 % and 80 % range, by level**"
    yield ""
    yield from days_table(every.filter((pl.col("measure") == "amount") & (pl.col("forecast") == MODEL)))


def synthetic_parts(cells: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    """Every level's amounts over all weeks and of each, and teams' counts."""
    named = [(f"{level}, amount", at_cut(cells, level, "amount")) for level in ("team", *LEVELS)]
    named.append(("team, count", at_cut(cells, "team", "count")))
    return [part for name, rows in named for part in by_week(name, rows)]


def listed(weeks: Sequence[int]) -> str:
    """Some weeks in words.

    >>> listed((1, 5, 9))
    '1, 5 and 9'
    """
    return f"{', '.join(str(week) for week in weeks[:-1])} and {weeks[-1]}"


def days_table(cells: pl.DataFrame) -> Iterator[str]:
    """How many results lay in the ranges, by how many days were left and by level."""
    levels = cells["by"].unique(maintain_order=True).to_list()
    yield f"| days left, about | {' | '.join(levels)} | WAPE, {levels[0]} |"
    yield "|---|" + "---|" * (len(levels) + 1)
    for week in cells["week"].unique().sort():
        parts = [cells.filter((pl.col("week") == week) & (pl.col("by") == level)) for level in levels]
        held = [" and ".join(f"{covered(part, low, high):.0%}" for _, low, high in RANGES[:2]) for part in parts]
        told = " | ".join(f"{text} of {part.height}" for text, part in zip(held, parts, strict=True))
        yield f"| {QUARTER_DAYS - 7 * (week - 1)} | {told} | {wape(parts[0]):.3f} |"


def cell_table(cells: pl.DataFrame) -> Iterator[str]:
    """One line per period and week of a level that has one scope: what came and what every forecast said."""
    names = names_of(cells)
    yield f"| period | week | came | the model's 80 % range | {' | '.join(names)} |"
    yield "|---|---|---|---|" + "---|" * len(names)
    for key, rows in cells.group_by("period", "week", maintain_order=True):
        model = of(rows, MODEL).row(0, named=True)
        spoken = {name: of(rows, name)["said"].to_list() for name in names}
        values = [f"{spoken[name][0]:,.0f}" if spoken[name] else "" for name in names]
        around = f"{model['q10']:,.0f} to {model['q90']:,.0f}"
        yield f"| {key[0]} | {key[1]} | {model['came']:,.0f} | {around} | {' | '.join(values)} |"


def wape_by_cell(cells: pl.DataFrame) -> Iterator[str]:
    """WAPE over the scopes of each period and week, of every forecast."""
    names = names_of(cells)
    yield f"| period | week | {' | '.join(names)} |"
    yield "|---|---|" + "---|" * len(names)
    for key, rows in cells.group_by("period", "week", maintain_order=True):
        found = [of(rows, name) for name in names]
        values = ["" if one.is_empty() else f"{wape(one):.3f}" for one in found]
        yield f"| {key[0]} | {key[1]} | {' | '.join(values)} |"


def judged_table(cells: pl.DataFrame, people: bool = True) -> Iterator[str]:
    """Every forecast of some cells; beside one that spoke of fewer cells, the model's WAPE in those."""
    yield "| forecast | n | WAPE | bias | CRPS | pinball | 50 % | 80 % | 90 % | the model's WAPE there |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    whole = of(cells, MODEL).height
    for name in names_of(cells):
        rows = of(cells, name)
        if not people and name in rules.SAID:
            continue
        held = [f"{covered(rows, low, high):.0%}" if has_spread(rows) else "" for _, low, high in RANGES]
        there = f"{wape(model_beside(cells, name)):.3f}" if rows.height < whole else ""
        signed = f"{bias(rows):+.3f}"
        figures = (f"{wape(rows):.3f}", signed, f"{relative_crps(rows):.3f}", f"{pinball(rows):.3f}")
        yield f"| {name} | {rows.height} | {' | '.join((*figures, *held, there))} |"


def level_table(cells: pl.DataFrame) -> Iterator[str]:
    """The model at every level, beside the rule that missed by least there."""
    yield "| level | n | 50 % | 80 % | 90 % | WAPE | bias | CRPS | smallest WAPE of a rule |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for key, every in cells.group_by("by", maintain_order=True):
        rows = of(every, MODEL)
        held = [f"{covered(rows, low, high):.0%}" for _, low, high in RANGES]
        figures = (f"{wape(rows):.3f}", f"{bias(rows):+.3f}", f"{relative_crps(rows):.3f}")
        yield f"| {key[0]} | {rows.height} | {' | '.join((*held, *figures, least_rule(every)))} |"


def least_rule(cells: pl.DataFrame) -> str:
    """The rule with the smallest WAPE among those that spoke of every cell, with it."""
    whole = of(cells, MODEL).height
    found = {name: of(cells, name) for name in names_of(cells) if name not in (MODEL, BEFORE, ALONE)}
    misses = {name: wape(rows) for name, rows in found.items() if rows.height == whole}
    if not misses:
        return ""
    least = min(misses, key=lambda name: misses[name])
    return f"{misses[least]:.3f} ({least})"


def said(doing: str) -> None:
    print(f"  {doing}", file=sys.stderr, flush=True)
