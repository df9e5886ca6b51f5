"""What replayed cells come to: each bar reached or missed, who was better than the model, what a correction changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import polars as pl

from benchmarks import attainment_rules as rules
from benchmarks.attainment_cells import ALONE, BEFORE, MODEL, NO_TRIAL, NOT_WON
from benchmarks.attainment_figures import (
    CELL,
    RANGES,
    covered,
    has_spread,
    model_beside,
    names_of,
    of,
    pinball,
    relative_crps,
    wape,
)

THREE_RULES = (rules.LAST_TOTAL, rules.LAST_REST, rules.LAST_PIPE)
ASKED_COVERAGE = ((80, 0.77, 0.83), (50, 0.46, 0.54))
LOSSES = (("WAPE", wape), ("CRPS", relative_crps), ("pinball", pinball))
DIGITS = 3
NUMBERS = ("said", "crps", "q05", "q10", "q25", "q50", "q75", "q90", "q95")
Bar = tuple[str, str, str, bool]
Part = tuple[str, pl.DataFrame]


def synthetic_bars(team: pl.DataFrame) -> Iterator[str]:
    """What was to be reached on teams' amounts and what was: ranges over all weeks and of each, the rest as asked."""
    parts = [(name.removeprefix("team, "), rows) for name, rows in by_week("team", team)]
    held = [bar for size, low, high in ASKED_COVERAGE for bar in _coverage_bars(parts, size, low, high)]
    gains = [_gain_bar(team, ALONE, "the independent roll-up", 0.10)]
    gains.append(_gain_bar(team, rules.STAGES, "stage weights with their spread", 0.25))
    return bar_table(f"{of(team, MODEL).height} cells", [*held, *gains, _fifth_week_bar(team)])


def _coverage_bars(parts: Sequence[Part], size: int, low: float, high: float) -> Iterator[Bar]:
    ends = next((first, last) for share, first, last in RANGES if share == size)
    for name, rows in parts:
        found = covered(of(rows, MODEL), *ends)
        asked = f"{low * 100:.0f} to {high * 100:.0f} %"
        yield f"{size} % range holds, {name}, n {of(rows, MODEL).height}", f"{found:.1%}", asked, low <= found <= high


def _gain_bar(team: pl.DataFrame, name: str, told: str, asked: float) -> Bar:
    gain = 1.0 - relative_crps(model_beside(team, name)) / relative_crps(of(team, name))
    return f"CRPS below {told}", f"{gain:.1%}", f"{asked:.0%}", gain >= asked


def _fifth_week_bar(team: pl.DataFrame) -> Bar:
    fifth = team.filter(pl.col("week") == 5)
    others = {name: wape(of(fifth, name)) for name in names_of(fifth) if name not in (MODEL, BEFORE, ALONE)}
    best = min(others, key=lambda name: others[name])
    below = all(wape(model_beside(fifth, name)) < other for name, other in others.items())
    return "WAPE at week 5, below every rule's", f"{wape(of(fifth, MODEL)):.3f}", f"{others[best]:.3f} ({best})", below


def wape_bars(parts: Sequence[tuple[str, pl.DataFrame, float, bool]]) -> Iterator[str]:
    """Bars on WAPE over all cells of a part: name, cells, what was asked, and whether to beat the three rules too."""
    bars: list[Bar] = []
    for name, cells, asked, beside in parts:
        ours = wape(of(cells, MODEL))
        bars.append((f"WAPE, {name}, n {of(cells, MODEL).height}", f"{ours:.3f}", f"{asked:.2f}", ours <= asked))
        bars += [_below(name, cells, rule) for rule in THREE_RULES if beside]
    return bar_table("the model", bars)


def _below(name: str, cells: pl.DataFrame, rule: str) -> Bar:
    ours, theirs = wape(model_beside(cells, rule)), wape(of(cells, rule))
    return f"WAPE, {name}, below that of: {rule}", f"{ours:.3f}", f"{theirs:.3f}", ours < theirs


def bar_table(title: str, bars: Sequence[Bar]) -> Iterator[str]:
    """One line per bar: what, measured, asked, reached or missed."""
    yield f"| {title} | measured | asked | |"
    yield "|---|---|---|---|"
    for what, measured, asked, reached in bars:
        yield f"| {what} | {measured} | {asked} | {'reached' if reached else '**missed**'} |"


def better_lines(parts: Sequence[Part]) -> Iterator[str]:
    """Who was better than the model in which part, by name and figure; and the parts in which nobody was."""
    found = {name: better_than_model(cells) for name, cells in parts}
    beaten = {name: others for name, others in found.items() if others}
    if beaten:
        yield "Better than the model, whose figure stands second (of ranges that which holds nearer to its share):"
        yield ""
        yield from (f"- {name}: {'; '.join(others)}." for name, others in beaten.items())
        yield ""
    spared = [name for name in found if name not in beaten]
    if spared:
        yield f"No other forecast was better than the model in: {'; '.join(spared)}."


def better_than_model(cells: pl.DataFrame) -> list[str]:
    """The forecasts that come out better in the printed digits of any figure, on the cells where they spoke."""
    told = []
    for name in names_of(cells):
        theirs, ours = of(cells, name), model_beside(cells, name)
        if name == MODEL or ours.is_empty():
            continue
        figures = [text for what, figure in LOSSES if (text := _smaller(what, figure, theirs, ours))]
        figures += [text for share, *ends in RANGES if (text := _nearer(share, (ends[0], ends[1]), theirs, ours))]
        if figures:
            told.append(f"**{name}** ({', '.join(figures)})")
    return told


def _smaller(what: str, figure: Callable[[pl.DataFrame], float], theirs: pl.DataFrame, ours: pl.DataFrame) -> str:
    one, other = round(figure(theirs), DIGITS), round(figure(ours), DIGITS)
    return f"{what} {one:.{DIGITS}f} against {other:.{DIGITS}f}" if one < other else ""


def _nearer(share: int, ends: tuple[str, str], theirs: pl.DataFrame, ours: pl.DataFrame) -> str:
    if not has_spread(theirs):
        return ""
    one, other = (round(covered(rows, *ends) * 100.0) for rows in (theirs, ours))
    return f"{share} % range {one}% against {other}%" if abs(one - share) < abs(other - share) else ""


def by_period(name: str, cells: pl.DataFrame) -> list[Part]:
    """A level's cells as a whole, of each period, and of each week of each."""
    parts = [(f"{name}, all", cells)]
    for period in cells["period"].unique(maintain_order=True):
        rows = cells.filter(pl.col("period") == period)
        told = by_week(f"{name}, {period}", rows)
        parts += told if len(told) > 2 else told[:1]
    return parts


def by_week(name: str, cells: pl.DataFrame) -> list[Part]:
    """A level's cells over all weeks and at the start of each."""
    weeks = cells["week"].unique().sort().to_list()
    return [
        (f"{name}, all weeks", cells),
        *((f"{name}, start of week {week}", cells.filter(pl.col("week") == week)) for week in weeks),
    ]


def correction_lines(parts: Sequence[Part]) -> Iterator[str]:
    """Per part: in how many cells the model with and without its correction say the same, and how trials ended."""
    for name, cells in parts:
        yield f"- {name}: {correction_sentence(cells)}"


def correction_sentence(cells: pl.DataFrame) -> str:
    """What the correction changed in some cells, where its trials ended how."""
    both = of(cells, MODEL).join(of(cells, BEFORE).select(*CELL, *NUMBERS), on=CELL, suffix="_before")
    apart = [(pl.col(name) - pl.col(f"{name}_before")).abs() for name in NUMBERS]
    near = 1e-9 * pl.col("came").abs().clip(lower_bound=1.0)
    equal = both.select(pl.all_horizontal(one <= near for one in apart)).to_series().sum()
    means = both.select(apart[0] <= near).to_series().sum()
    ended = both.unique(["set", "period", "week", "measure"])["correction"]
    used = len(ended) - int(ended.is_in([NO_TRIAL, NOT_WON]).sum())
    lost, unheld = int((ended == NOT_WON).sum()), int((ended == NO_TRIAL).sum())
    trials = f"trials won: {used}, lost: {lost}, not held for want of earlier periods: {unheld}"
    if equal == both.height:
        verdict = (
            "no correction won its trial here" if not used else "a correction won a trial and changed nothing here"
        )
        return f"corrected and uncorrected numbers are equal in {equal} of {both.height} cells: {verdict} ({trials})."
    same = f"means are equal in {means} of {both.height} cells, all numbers in {equal}"
    return f"corrected and uncorrected numbers differ: {same} ({trials})."
