"""The part of docs/results.md on where periods land: every forecast of past periods beside the rules it has to beat."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import polars as pl

from benchmarks import attainment_rules as rules
from benchmarks.attainment_cells import ALONE, BEFORE, MODEL, RANKS, Replayed, replay
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
RANGES = ((50, "q25", "q75"), (80, "q10", "q90"), (90, "q05", "q95"))


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
    yield "How many opportunities are won in the quarter, asked at the starts of weeks 1, 5 and 9. Models know what"
    yield "was known when the quarter began; later weeks add what was won, opened and closed since. Bars, pooled: the"
    yield "company 0.13 and better than all three rules, regions 0.30."
    yield ""
    shown = (MODEL, rules.LAST_TOTAL, rules.LAST_REST, rules.LAST_PIPE)
    yield from cell_table(cells.filter(pl.col("by") == "company"), shown)
    yield ""
    yield from pooled_table(cells, (("company", "count"), ("region", "count")), (*shown, rules.RUN_RATE, ALONE))
    yield ""
    yield "By region, WAPE of each cell:"
    yield ""
    yield from wape_by_cell(cells.filter(pl.col("by") == "region"), shown)
    yield ""
    yield from coverage_lines(cells, (("company", "count"), ("region", "count")))
    yield ""
    yield from largest_miss(cells.filter((pl.col("by") == "region") & (pl.col("forecast") == MODEL)))


def largest_miss(rows: pl.DataFrame) -> Iterator[str]:
    """The scope and period that the model missed by most, and its part in all misses."""
    missed = rows.group_by("scope", "period", maintain_order=True).agg(
        (pl.col("said") - pl.col("came")).abs().sum().alias("missed"), pl.col("came").first(), pl.col("said").first()
    )
    worst = missed.sort("missed", descending=True).row(0, named=True)
    share = worst["missed"] / missed["missed"].sum()
    yield f"Company cells are few: two quarters, each asked three times. Of the regions' misses {share:.0%} are of one,"
    yield f"{worst['scope']} in {worst['period']}: at first {worst['said']:.0f} were expected,"
    yield f"{worst['came']:.0f} came."


def loans(cells: pl.DataFrame) -> Iterator[str]:
    """The loans' months."""
    yield "## Where a month lands: loans (BPI Challenge 2012)"
    yield ""
    yield "Loans won in the month by the one team there is, asked weekly, models trained when the month began. Who has"
    yield "an application seldom is the one who closes it, so people's forecasts rest on what became of earlier ones."
    yield ""
    shown = (MODEL, rules.LAST_TOTAL, rules.LAST_REST, rules.LAST_PIPE)
    yield from cell_table(cells.filter((pl.col("by") == "company") & (pl.col("measure") == "count")), shown)
    yield ""
    cuts = (("company", "count"), ("company", "amount"), ("rep", "count"))
    yield from pooled_table(cells, cuts, (*shown, rules.RUN_RATE, ALONE))
    yield ""
    yield from coverage_lines(cells, cuts)


def synthetic(cells: pl.DataFrame) -> Iterator[str]:
    """The synthetic CRM's quarters."""
    every, cells = cells, cells.filter(pl.col("week").is_in(WEEKS))
    team = cells.filter((pl.col("by") == "team") & (pl.col("measure") == "amount"))
    yield "## Where a quarter lands: the synthetic CRM"
    yield ""
    yield f"{len(SEEDS)} seeds of {DEALS:,} deals, teams by {len(QUARTERS)} quarters, starts of weeks 1, 5 and 9."
    yield "Its people's forecasts hold something of what is to come, as good ones do, and their bias; nobody has said"
    yield "anything yet at the start of week 1. Amounts; WAPE, bias (above 0: too high), CRPS and mean pinball loss as"
    yield "parts of what came, and how many results lay in the ranges."
    yield ""
    yield from bars(team)
    yield ""
    for week in (None, 1, 5, 9):
        yield f"**{'All weeks' if week is None else f'Start of week {week}'}**"
        yield ""
        yield from judged_table(team if week is None else team.filter(pl.col("week") == week))
        yield ""
    yield "**Counts, teams, all weeks**"
    yield ""
    yield from judged_table(cells.filter((pl.col("by") == "team") & (pl.col("measure") == "count")), people=False)
    yield ""
    yield "**The model by level, amounts, all weeks**"
    yield ""
    yield from level_table(cells.filter((pl.col("measure") == "amount") & (pl.col("forecast") == MODEL)))
    yield ""
    yield "**The model's ranges by days to the period's end, amounts: 50 % and 80 % range, by level**"
    yield ""
    yield from days_table(every.filter((pl.col("measure") == "amount") & (pl.col("forecast") == MODEL)))


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


def bars(team: pl.DataFrame) -> Iterator[str]:
    """What was to be reached and what was."""
    half, most = (covered(of(team, MODEL), low, high) for _, low, high in RANGES[:2])
    gain = {
        name: 1.0 - relative_crps(of(team, MODEL)) / relative_crps(of(team, name)) for name in (ALONE, rules.STAGES)
    }
    fifth = team.filter(pl.col("week") == 5)
    others = {name: wape(of(fifth, name)) for name in _names(fifth) if name not in (MODEL, BEFORE, ALONE)}
    best = min(others, key=lambda name: others[name])
    rows = (
        ("80 % range holds", f"{most:.1%}", "77 to 83 %", 0.77 <= most <= 0.83),
        ("50 % range holds", f"{half:.1%}", "46 to 54 %", 0.46 <= half <= 0.54),
        ("CRPS below the independent roll-up", f"{gain[ALONE]:.0%}", "10 %", gain[ALONE] >= 0.10),
        ("CRPS below stage weights with their spread", f"{gain[rules.STAGES]:.0%}", "25 %", gain[rules.STAGES] >= 0.25),
        (
            "WAPE at week 5",
            f"{wape(of(fifth, MODEL)):.3f}",
            f"{others[best]:.3f} ({best})",
            wape(of(fifth, MODEL)) < others[best],
        ),
    )
    yield f"| {of(team, MODEL).height} cells | measured | bar | |"
    yield "|---|---|---|---|"
    for what, measured, bar, reached in rows:
        yield f"| {what} | {measured} | {bar} | {'reached' if reached else 'missed'} |"


def cell_table(cells: pl.DataFrame, shown: Sequence[str]) -> Iterator[str]:
    """One line per period and week of a level that has one scope."""
    yield f"| period | week | came | the model's 80 % range | {' | '.join(shown)} |"
    yield "|---|---|---|---|" + "---|" * len(shown)
    for key, rows in cells.group_by("period", "week", maintain_order=True):
        model = of(rows, MODEL).row(0, named=True)
        values = [f"{of(rows, name)['said'][0]:,.0f}" for name in shown]
        around = f"{model['q10']:,.0f} to {model['q90']:,.0f}"
        yield f"| {key[0]} | {key[1]} | {model['came']:,.0f} | {around} | {' | '.join(values)} |"


def pooled_table(cells: pl.DataFrame, cuts: Sequence[tuple[str, str]], shown: Sequence[str]) -> Iterator[str]:
    """WAPE over all cells of each level and measure."""
    yield f"| WAPE, all cells | {' | '.join(f'{by}, {measure}' for by, measure in cuts)} |"
    yield "|---|" + "---|" * len(cuts)
    for name in shown:
        found = [wape(of(_cut(cells, by, measure), name)) for by, measure in cuts]
        yield f"| {name} | {' | '.join(f'{value:.3f}' for value in found)} |"


def wape_by_cell(cells: pl.DataFrame, shown: Sequence[str]) -> Iterator[str]:
    """WAPE over the scopes of each period and week."""
    yield f"| period | week | {' | '.join(shown)} |"
    yield "|---|---|" + "---|" * len(shown)
    for key, rows in cells.group_by("period", "week", maintain_order=True):
        yield f"| {key[0]} | {key[1]} | {' | '.join(f'{wape(of(rows, name)):.3f}' for name in shown)} |"


def coverage_lines(cells: pl.DataFrame, cuts: Sequence[tuple[str, str]]) -> Iterator[str]:
    """How many results lay in the model's ranges, by level."""
    yield "| the model's ranges | n | 50 % | 80 % | 90 % |"
    yield "|---|---|---|---|---|"
    for by, measure in cuts:
        yield _coverage_row(f"{by}, {measure}", of(_cut(cells, by, measure), MODEL))


def judged_table(cells: pl.DataFrame, people: bool = True) -> Iterator[str]:
    """Every forecast of some cells."""
    yield "| forecast | n | WAPE | bias | CRPS | pinball | 50 % | 80 % | 90 % |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for name in _names(cells):
        rows = of(cells, name)
        if not people and name in rules.SAID:
            continue
        spread = bool((rows["q95"] > rows["q05"]).any())
        held = [f"{covered(rows, low, high):.0%}" if spread else "" for _, low, high in RANGES]
        figures = [f"{value:.3f}" for value in (wape(rows), bias(rows), relative_crps(rows), pinball(rows))]
        yield f"| {name} | {rows.height} | {' | '.join((*figures, *held))} |"


def level_table(cells: pl.DataFrame) -> Iterator[str]:
    """The model at every level."""
    yield "| level | n | 50 % | 80 % | 90 % | WAPE | bias |"
    yield "|---|---|---|---|---|---|---|"
    for key, rows in cells.group_by("by", maintain_order=True):
        yield _coverage_row(str(key[0]), rows) + f" {wape(rows):.3f} | {bias(rows):+.3f} |"


def _coverage_row(name: str, rows: pl.DataFrame) -> str:
    held = [f"{covered(rows, low, high):.0%}" for _, low, high in RANGES]
    return f"| {name} | {rows.height} | {' | '.join(held)} |"


def _cut(cells: pl.DataFrame, by: str, measure: str) -> pl.DataFrame:
    return cells.filter((pl.col("by") == by) & (pl.col("measure") == measure))


def _names(cells: pl.DataFrame) -> list[str]:
    return cells["forecast"].unique(maintain_order=True).to_list()


def of(cells: pl.DataFrame, name: str) -> pl.DataFrame:
    """The rows of one forecast."""
    return cells.filter(pl.col("forecast") == name)


def wape(rows: pl.DataFrame) -> float:
    """Σ |said - came| / Σ came."""
    return float((rows["said"] - rows["came"]).abs().sum() / rows["came"].sum())


def bias(rows: pl.DataFrame) -> float:
    """Σ (said - came) / Σ came; above 0 is too high."""
    return float((rows["said"] - rows["came"]).sum() / rows["came"].sum())


def relative_crps(rows: pl.DataFrame) -> float:
    """Σ CRPS / Σ came."""
    return float(rows["crps"].sum() / rows["came"].sum())


def pinball(rows: pl.DataFrame) -> float:
    """The mean pinball loss over the quantiles, as a part of what came."""
    losses = []
    for rank in RANKS:
        over = rows["came"] - rows[f"q{round(rank * 100):02}"]
        losses.append(float(pl.select(pl.max_horizontal(rank * over, (rank - 1.0) * over)).to_series().sum()))
    return sum(losses) / len(losses) / float(rows["came"].sum())


def covered(rows: pl.DataFrame, low: str, high: str) -> float:
    """The share of results that lay in a range, its ends included."""
    slack = 1e-6 * rows["came"].abs().clip(1.0)
    return float(((rows["came"] >= rows[low] - slack) & (rows["came"] <= rows[high] + slack)).to_numpy().mean())


def said(doing: str) -> None:
    print(f"  {doing}", file=sys.stderr, flush=True)
