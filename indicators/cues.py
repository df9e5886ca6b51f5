"""Coaching cues: where a person differs from peers of the same role by more than chance, with the deals behind it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from history.record import History
from indicators.book import Book, Record, book_of
from indicators.catalogue import INDICATORS
from indicators.coaching import STEPS
from indicators.fairness import like_mix
from indicators.horizons import first_instant
from indicators.measuring import told_rows
from indicators.scorecard import begun, named_template, people_of
from indicators.spans import parse_span, told_for
from indicators.template import load_template

FEWEST_CASES, FEWEST_OF_PEERS = 10, 30
"""Of the person and of the peers; fewer are never made a cue of."""
SURE = 2.5
"""How many standard errors a difference must have. Of ten people who are like their peers about one gets a cue by
chance: some eight indicators have cases enough in a quarter, each crosses this line once in eighty."""
WIDTH_80 = 1.2816
MOST_GAPS, MOST_STRENGTHS, MOST_DEALS = 3, 2, 5
GAP, STRENGTH = "gap", "strength"

COLUMNS: dict[str, pl.DataType] = {
    "rep_id": pl.String(),
    "name": pl.String(),
    "role": pl.String(),
    "team": pl.String(),
    "kind": pl.String(),
    "place": pl.Int64(),
    "indicator": pl.String(),
    "name_en": pl.String(),
    "name_zh": pl.String(),
    "value": pl.Float64(),
    "peers_value": pl.Float64(),
    "peers_like_mix": pl.Float64(),
    "difference": pl.Float64(),
    "difference_p10": pl.Float64(),
    "difference_p90": pl.Float64(),
    "n": pl.Int64(),
    "n_peers": pl.Int64(),
    "deals": pl.List(pl.String()),
    "next_step_en": pl.String(),
    "next_step_zh": pl.String(),
}


def cues(
    history: History, period: str, as_of: dt.datetime, role: str | None = None, template: str | Path | None = None
) -> pl.DataFrame:
    """The largest gaps and strengths of each person in `period`, as known at `as_of` (naive UTC), with `COLUMNS`.

    Peers are the other people of the same role. `difference` is the person's value less theirs, with its 80 % interval;
    a row stands only where both sides have enough cases and the difference is `SURE` standard errors wide (a score
    test: the spread is that of the person's cases about the peers' value, cases of one deal taken together). At most
    three gaps and two strengths a person, those first whose difference relative to the peers' value weighs most on the
    person's sheet. `peers_like_mix` is the value that the peers have on deals of the same regions and segments, weighed
    as the person's are, few cases drawn to their value over all (null where they have no such deals): where it lies
    near the person's value, the territory goes with the difference. `deals` are those that lie furthest on the side of
    the difference. It says how things stand, never why.

    Raises what `scorecard` raises.
    """
    sheet = load_template(template or named_template(history))
    first_instant(history, as_of)
    span = begun(parse_span(period, history.settings), history, as_of)
    book = book_of(Record(history, as_of), span)
    people = people_of(book, role)
    cases = _cases(book)
    found = _differences(cases, book.sellers)
    weights = [(name, slug, float(weight)) for name, of in sheet.roles.items() for slug, weight in of.items()]
    weight = pl.DataFrame(weights, schema=["role", "indicator", "weight"], orient="row")
    usual = weight.filter(pl.col("role") == "default").select("indicator", usual="weight")
    told = (
        found.join(people.select("rep", "name", "role", "team"), on=["rep", "role"], nulls_equal=True)
        .join(weight, on=["role", "indicator"], how="left")
        .join(usual, on="indicator", how="left")
        .with_columns(weighs=pl.coalesce(pl.when(pl.col("role").is_in(list(sheet.roles))).then("weight"), "usual"))
    )
    placed = _placed(told)
    mixed = like_mix(cases.drop_nulls("deal_id").join(book.sellers.select("rep", "role"), on="rep"), book)
    return _named(placed.join(mixed, on=["rep", "indicator"], how="left", maintain_order="left"), cases)


def _cases(book: Book) -> pl.DataFrame:
    """The rows of everything that can be coached and is told for this span: indicator, rep, num, den, deal_id."""
    able = [
        INDICATORS[slug]
        for slug in STEPS
        if not book.record.lacking(INDICATORS[slug]) and told_for(INDICATORS[slug].cadence, book.period)
    ]
    return told_rows(able, book)


def _differences(cases: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Of each person and indicator the value, that of the peers, and the difference with its standard error."""
    num, den = pl.col("num"), pl.col("den")
    alone = pl.format("#{}", pl.int_range(pl.len()))
    who = ["indicator", "role", "rep"]
    sums = (
        cases.join(people.select("rep", "role"), on="rep")
        .with_columns(together=pl.col("deal_id").fill_null(alone))
        .group_by(*who, "together", maintain_order=True)
        .agg(num.sum(), den.sum(), n=pl.len())
        .group_by(who, maintain_order=True)
        .agg(num.sum(), den.sum(), pl.col("n").sum(), nn=(num * num).sum(), nd=(num * den).sum(), dd=(den * den).sum())
        .sort(who)
    )
    group = ["indicator", "role"]
    peers = {name: pl.col(name).sum().over(group) - pl.col(name) for name in ("num", "den", "n")}
    rows = sums.with_columns(
        value=num / den,
        peers_value=peers["num"] / peers["den"],
        n_peers=peers["n"],
        dd_peers=pl.col("dd").sum().over(group) - pl.col("dd"),
        nd_peers=pl.col("nd").sum().over(group) - pl.col("nd"),
        nn_peers=pl.col("nn").sum().over(group) - pl.col("nn"),
        den_peers=peers["den"],
    )
    usual = pl.col("peers_value")
    own = (pl.col("nn") - 2 * usual * pl.col("nd") + usual**2 * pl.col("dd")) / den**2
    theirs = (pl.col("nn_peers") - 2 * usual * pl.col("nd_peers") + usual**2 * pl.col("dd_peers")) / pl.col(
        "den_peers"
    ) ** 2
    # A person all of whose cases lie close together has at least the spread that the peers' cases would have given.
    least = theirs * pl.col("n_peers") / pl.col("n")
    error = (pl.max_horizontal(own, least) + theirs).sqrt()
    enough = (
        (pl.col("n") >= FEWEST_CASES) & (pl.col("n_peers") >= FEWEST_OF_PEERS) & (den > 0) & (pl.col("den_peers") > 0)
    )
    return rows.filter(enough).with_columns(difference=pl.col("value") - usual, error=error)


def _placed(found: pl.DataFrame) -> pl.DataFrame:
    """Sure differences as gaps and strengths, the weightiest first, no more of either than wanted."""
    down = [slug for slug in STEPS if INDICATORS[slug].better == "down"]
    better = pl.when(pl.col("indicator").is_in(down)).then(-pl.col("difference")).otherwise("difference")
    weighs = pl.col("weighs").fill_null(0.0) + 1.0
    sure = (pl.col("error") > 0) & (pl.col("difference").abs() >= SURE * pl.col("error"))
    relative = (pl.col("difference") / pl.col("peers_value")).abs().clip(upper_bound=1.0)
    rows = found.filter(sure).with_columns(
        kind=pl.when(better > 0).then(pl.lit(STRENGTH)).otherwise(pl.lit(GAP)),
        matters=weighs * pl.when(pl.col("peers_value") == 0).then(1.0).otherwise(relative),
    )
    ordered = rows.sort("rep", "kind", "matters", "indicator", descending=[False, False, True, False])
    place = pl.int_range(pl.len()).over("rep", "kind") + 1
    most = pl.when(pl.col("kind") == GAP).then(MOST_GAPS).otherwise(MOST_STRENGTHS)
    return ordered.with_columns(place=place).filter(pl.col("place") <= most)


def _named(rows: pl.DataFrame, cases: pl.DataFrame) -> pl.DataFrame:
    named = [(slug, INDICATORS[slug].en, INDICATORS[slug].zh, step.en, step.zh) for slug, step in STEPS.items()]
    names = ["indicator", "name_en", "name_zh", "next_step_en", "next_step_zh"]
    half = WIDTH_80 * pl.col("error")
    return (
        rows.join(pl.DataFrame(named, schema=names, orient="row"), on="indicator", maintain_order="left")
        .join(_deals(rows, cases), on=["rep", "indicator"], how="left", maintain_order="left")
        .with_columns(
            rep_id="rep",
            difference_p10=pl.col("difference") - half,
            difference_p90=pl.col("difference") + half,
            deals=pl.col("deals").fill_null(pl.lit([], dtype=pl.List(pl.String))),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in COLUMNS.items())
    )


def _deals(rows: pl.DataFrame, cases: pl.DataFrame) -> pl.DataFrame:
    """The deals that lie furthest from the peers' value on the side of the difference: rep, indicator, deals."""
    key = ["rep", "indicator"]
    side = pl.col("difference").sign()
    far = (pl.col("num") - pl.col("peers_value") * pl.col("den")).sum() * side.first()
    by_deal = (
        cases.drop_nulls("deal_id")
        .join(rows.select(*key, "peers_value", "difference"), on=key)
        .group_by(*key, "deal_id")
        .agg(far=far)
        .filter(pl.col("far") > 0)
    )
    furthest = by_deal.sort("rep", "indicator", "far", "deal_id", descending=[False, False, True, False])
    return furthest.group_by(key, maintain_order=True).agg(deals=pl.col("deal_id").head(MOST_DEALS))
