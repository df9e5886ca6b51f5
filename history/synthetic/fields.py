"""The changes of a deal's fields, as the CRM logs them: `deal_changes` and `deals`."""

from __future__ import annotations

import numpy as np
import polars as pl

from history.settings import Settings
from history.synthetic import days
from history.synthetic import vocabulary as words
from history.synthetic.births import Births
from history.synthetic.commitments import close_dates
from history.synthetic.deal_life import Lives
from history.synthetic.owners import owner_at
from history.synthetic.world import Staff

EVENT = ("deal", "at", "field", "value")
FIELD_ORDER = (
    "stage", "owner_id", "amount", "close_date", "forecast_category", "kind", "product_line", "segment", "probability",
    "next_step", "competitor", "loss_reason",
)  # fmt: skip


def changed_states(lives: Lives) -> pl.DataFrame:
    """States with what they followed: before, cooled, warmed, opens, reopens and whether the stage moved."""
    before, momentum_before = pl.col("stage").shift(1).over("deal"), pl.col("momentum").shift(1).over("deal")
    return lives.states.with_columns(
        before=before,
        opens=before.is_null(),
        reopens=((before >= words.OPEN_STAGES) & (pl.col("stage") < words.OPEN_STAGES)).fill_null(False),
        moved=(before != pl.col("stage")).fill_null(True),
        cooled=((pl.col("momentum") == 0) & (momentum_before > 0)).fill_null(False),
        warmed=((pl.col("momentum") == 2) & (momentum_before < 2)).fill_null(False),
        is_open=pl.col("stage") < words.OPEN_STAGES,
    )


def amounts(states: pl.DataFrame, births: Births, rng: np.random.Generator) -> pl.DataFrame:
    """The amount of each deal over time, whether the CRM knows it or not: deal, at, amount; the last so far counts."""
    stage, forward = states["stage"].to_numpy(), (states["moved"] & ~states["opens"]).to_numpy()
    warmed, cooled = states["warmed"].to_numpy(), states["cooled"].to_numpy()
    size = states.height
    u = rng.random(size)
    cases = [
        (forward & (stage == 2), 0.40, np.exp(rng.normal(0, 0.18, size))),
        (forward & (stage == 3), 0.45, rng.uniform(0.82, 1.0, size)),
        (forward & (stage == 4), 0.15, rng.uniform(0.90, 1.05, size)),
        (forward & (stage == words.WON), 0.12, rng.uniform(0.88, 1.0, size)),
        (cooled, 0.08, rng.uniform(0.60, 0.95, size)),
        (warmed, 0.08, rng.uniform(1.0, 1.35, size)),
    ]
    factor = np.select([when & (u < chance) for when, chance, _ in cases], [value for *_, value in cases], 1.0)
    frame = states.select("deal", "at", factor=pl.Series(factor))
    grown = frame.with_columns(pl.col("factor").cum_prod().over("deal"))
    first = pl.Series(births.amount[grown["deal"].to_numpy()])
    return grown.select("deal", "at", amount=((first * pl.col("factor")) / 100).round() * 100)


def make_changes(
    births: Births,
    lives: Lives,
    owners: pl.DataFrame,
    amount: pl.DataFrame,
    leaning: np.ndarray,
    staff: Staff,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """All field changes: deal, at, field, old_value, new_value, rep (who made it), in order.

    `leaning` is how each rep shades categories: −1 cautious, 0 neither, 1 hopeful.
    """
    states = changed_states(lives)
    events = [
        _stages(states),
        owners.select("deal", "at", field=pl.lit("owner_id"), value=days.ids("R", owners["rep"].to_numpy(), 3)),
        _written_amounts(states, amount, births, rng),
        close_dates(births, lives, staff, rng).with_columns(field=pl.lit("close_date")).select(EVENT),
        _categories(states, births, leaning, rng),
        *_facts(births),
        _moved_line(states, births, rng),
        _probabilities(states, births, rng),
        _next_steps(states, births, staff, rng),
        _competitors(states, births, rng),
        _loss_reasons(states, births, rng),
    ]
    rank = {field: number for number, field in enumerate(FIELD_ORDER)}
    ordered = (
        pl.concat([event.select(EVENT) for event in events])
        .with_columns(rank=pl.col("field").replace_strict(rank, return_dtype=pl.Int32))
        .sort("deal", "at", "rank", maintain_order=True)
        .with_columns(old_value=pl.col("value").shift(1).over("deal", "field"))
        .filter(pl.col("value").ne_missing(pl.col("old_value")) & (pl.col("at") < days.DAYS * days.SECONDS))
    )
    rep = owner_at(owners, ordered)
    return ordered.select("deal", "at", "field", "old_value", pl.col("value").alias("new_value"), rep.alias("rep"))


def _stages(states: pl.DataFrame) -> pl.DataFrame:
    names = dict(enumerate(words.STAGES))
    return states.filter("moved").select(
        "deal",
        "at",
        field=pl.lit("stage"),
        value=pl.col("stage").replace_strict(names, return_dtype=pl.String),
    )


def _written_amounts(
    states: pl.DataFrame, amount: pl.DataFrame, births: Births, rng: np.random.Generator
) -> pl.DataFrame:
    """Four in five amounts are known from the start, the others from the proposal on."""
    known = np.where(births.kind == 1, 0.95, 0.8) > rng.random(births.size)
    proposed = (states["stage"] >= 2).cast(pl.Int8).to_frame("p").with_columns(states["deal"])
    shown = proposed.select(pl.col("p").cum_max().over("deal")).to_series().to_numpy() > 0
    visible = pl.Series(known[states["deal"].to_numpy()] | shown)
    return amount.filter(visible).select(
        "deal", "at", field=pl.lit("amount"), value=pl.col("amount").cast(pl.Int64).cast(pl.String)
    )


def _categories(states: pl.DataFrame, births: Births, leaning: np.ndarray, rng: np.random.Generator) -> pl.DataFrame:
    """The forecast category that the rep chooses from stage and momentum, shaded by the rep's leaning."""
    deal, stage = states["deal"].to_numpy(), states["stage"].to_numpy()
    momentum = states["momentum"].to_numpy()
    shade = leaning[births.rep[deal]] * (rng.random(len(deal)) < 0.5)
    score = stage + momentum - 1 + shade
    level = np.select([score <= 1, score <= 3], [1, 2], 3)
    level = np.where((momentum == 0) & (stage >= 2) & (rng.random(len(deal)) < 0.6), np.minimum(level, 1), level)
    looked = states["opens"].to_numpy() | (rng.random(len(deal)) < np.where(states["moved"].to_numpy(), 0.6, 0.2))
    rows = states.select("deal", "at", field=pl.lit("forecast_category"), value=_pick(words.CATEGORIES, level))
    return rows.filter(pl.Series(looked) & states["is_open"])


def _facts(births: Births) -> list[pl.DataFrame]:
    given = {
        "kind": _pick(words.KINDS, births.kind),
        "product_line": _pick(words.PRODUCT_LINES, births.line),
        "segment": _pick(words.SEGMENTS, births.segment),
    }
    return [
        pl.DataFrame({"deal": np.arange(births.size), "at": births.created, "value": value}).with_columns(
            field=pl.lit(field)
        )
        for field, value in given.items()
    ]


def _moved_line(states: pl.DataFrame, births: Births, rng: np.random.Generator) -> pl.DataFrame:
    """A few needs turn out to be for another product when the proposal is written."""
    written = states.filter((pl.col("stage") == 2) & pl.col("moved"))
    chosen = written.filter(pl.Series(rng.random(written.height) < 0.06))
    other = (births.line[chosen["deal"].to_numpy()] + rng.integers(1, 4, chosen.height)) % 4
    return chosen.select("deal", "at", field=pl.lit("product_line"), value=_pick(words.PRODUCT_LINES, other))


def _probabilities(states: pl.DataFrame, births: Births, rng: np.random.Generator) -> pl.DataFrame:
    """Where a rep overrides the stage's usual probability, a fraction of one."""
    seen = states.filter("is_open", "moved")
    chosen = seen.filter(pl.Series(rng.random(seen.height) < 0.1))
    usual = np.array(words.STAGE_PROBABILITY)[chosen["stage"].to_numpy()]
    feeling = 10 * (chosen["momentum"].to_numpy() - 1) + rng.normal(0, 8, chosen.height)
    percent = (np.clip(np.round((usual + feeling) / 5) * 5, 5, 95)).astype(int)
    return chosen.select("deal", "at", field=pl.lit("probability"), value=(pl.Series(percent) / 100).cast(pl.String))


def _next_steps(states: pl.DataFrame, births: Births, staff: Staff, rng: np.random.Generator) -> pl.DataFrame:
    """Next steps are set on most moves, by the diligent more often, and cleared when a deal goes cold."""
    care = staff.diligence[births.rep[states["deal"].to_numpy()]]
    draw, clears = rng.random(states.height), rng.random(states.height) < 0.25
    chance = np.select([states[name].to_numpy() for name in ("opens", "warmed", "moved")], [0.45, 0.3, 0.35], 0.05)
    text = _pick(words.NEXT_STEPS, rng.integers(0, len(words.NEXT_STEPS), states.height))
    cleared = states["cooled"].to_numpy() & clears
    value = pl.select(pl.when(pl.Series(cleared)).then(None).otherwise(text)).to_series()
    kept = pl.Series((draw < chance * care) | cleared) & states["is_open"]
    return states.select("deal", "at", field=pl.lit("next_step"), value=value).filter(kept)


def _competitors(states: pl.DataFrame, births: Births, rng: np.random.Generator) -> pl.DataFrame:
    """A competitor is heard of at the start or when the deal moves on, not in every deal that has one."""
    rival = births.competitor[states["deal"].to_numpy()]
    chance = np.where(states["opens"].to_numpy(), 0.25, 0.45)
    heard = pl.Series((rival >= 0) & (rng.random(states.height) < chance)) & states["moved"] & states["is_open"]
    value = _pick(words.COMPETITORS, np.maximum(rival, 0))
    return states.select("deal", "at", field=pl.lit("competitor"), value=value).filter(heard)


def _loss_reasons(states: pl.DataFrame, births: Births, rng: np.random.Generator) -> pl.DataFrame:
    """A reason in the moment of most losses, cleared again when the deal is reopened."""
    lost = states.filter(pl.col("stage") == words.LOST)
    lost = lost.filter(pl.Series(rng.random(lost.height) < 0.85))
    rival = births.competitor[lost["deal"].to_numpy()] >= 0
    any_reason = rng.choice(6, lost.height, p=[0.26, 0.06, 0.2, 0.24, 0.14, 0.1])
    code = np.where(rival & (rng.random(lost.height) < 0.5), 1, any_reason)
    given = lost.select("deal", "at", field=pl.lit("loss_reason"), value=_pick(words.LOSS_REASONS, code))
    back = states.filter("reopens").select(
        "deal", "at", field=pl.lit("loss_reason"), value=pl.lit(None, dtype=pl.String)
    )
    return pl.concat([given, back])


def _pick(choices: tuple[str, ...], index: np.ndarray) -> pl.Series:
    return pl.Series(choices, dtype=pl.String).gather(np.asarray(index))


def deals_frame(births: Births, account_names: pl.Series, settings: Settings) -> pl.DataFrame:
    """The `deals` table."""
    line = _pick(words.PRODUCT_LINES, births.line)
    number = np.arange(births.size)
    return pl.DataFrame(
        {
            "deal_id": days.ids("D", number, 6),
            "created_at": days.instants(births.created, settings),
            "recorded_at": days.instants(births.created, settings),
            "name": account_names.gather(births.account) + " · " + line,
            "currency": pl.repeat(settings.currency, births.size, eager=True),
            "source": _pick(words.SOURCES, births.source),
            "account_id": days.ids("A", births.account, 5),
        }
    )


def changes_frame(changes: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """The `deal_changes` table, every row known at once."""
    at = pl.Series(days.instants(changes["at"].to_numpy(), settings))
    return changes.select(
        days.ids("D", changes["deal"].to_numpy(), 6).alias("deal_id"),
        at.alias("changed_at"),
        "field",
        "old_value",
        "new_value",
        at.alias("recorded_at"),
        days.ids("R", changes["rep"].to_numpy(), 3).alias("changed_by"),
    )
