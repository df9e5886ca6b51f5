"""What the correction of each scope's forecast goes by: lines that add up exactly to what it changes.

The correction is learnt at one level, by SHAP clue by clue (Lundberg 2020). A scope of another level has of each clue
the part that its open deals and deals yet to come make of the scopes it was learnt for. What the limits of a correction
take off, and what deals of one scope take on for another's, is a line of its own, as is the second opinion on open
deals, which is laid on before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

from serving.forecasting import Outlook, table
from training.attainment.arrivals import Arrivals, scope_arrivals
from training.attainment.clues import CLUES
from training.attainment.handover import STAYS_PUT
from training.attainment.tilt import tilted

LEVEL, CONVERSION, REST = "level", "conversion", "rest"
WORDS: dict[str, tuple[str, str]] = {
    **{clue.name: (clue.en, clue.zh) for clue in CLUES},
    LEVEL: ("the usual miss", "惯常偏差"),
    CONVERSION: ("how open deals of their stage and age came in before", "同阶段、同账龄在途商机以往的赢单情况"),
    REST: ("limits of the correction, and how it falls on deals", "修正的上下限及其在各商机间的分摊"),
}
SCHEMA: dict[str, pl.DataType] = {
    "scope_kind": pl.String(),
    "scope_id": pl.String(),
    "period": pl.String(),
    "as_of": pl.Datetime("us"),
    "measure": pl.String(),
    "clue": pl.String(),
    "effect": pl.Float64(),
    "clue_en": pl.String(),
    "clue_zh": pl.String(),
}


def correction_parts(seen: Outlook, by: str, measure: str = "amount") -> pl.DataFrame:
    """One row per scope and clue (`SCHEMA`), the strongest first; the effects of a scope add up to mean less
    before_correction of its forecast, in the measure's unit. Empty where nothing was corrected.

    Raises `RequestInvalid` as the forecast does.
    """
    rows = table(seen, by, measure)
    whole = dict(zip(rows["scope_id"], rows["mean"] - rows["before_correction"], strict=True))
    found = [(scope, clue, effect) for scope, clue, effect in _effects(seen, by, measure, whole) if effect != 0.0]
    frame = pl.DataFrame(found, schema={"scope_id": pl.String, "clue": pl.String, "effect": pl.Float64}, orient="row")
    words = [
        pl.col("clue").replace_strict({k: pair[n] for k, pair in WORDS.items()}, return_dtype=pl.String) for n in (0, 1)
    ]
    told = frame.with_columns(
        pl.lit(by).alias("scope_kind"),
        pl.lit(seen.period.name).alias("period"),
        pl.lit(seen.now.as_of, dtype=pl.Datetime("us")).alias("as_of"),
        pl.lit(measure).alias("measure"),
        clue_en=words[0],
        clue_zh=words[1],
    )
    order = told.sort(pl.col("effect").abs(), "clue", descending=[True, False], maintain_order=True)
    return order.sort("scope_id", maintain_order=True).select(*SCHEMA)


def _effects(seen: Outlook, by: str, measure: str, whole: Mapping[str, float]) -> Iterator[tuple[str, str, float]]:
    """Every clue of every scope, what is left over last."""
    learned = seen.lessons
    worth = _worth(seen, measure)
    second = tilted(seen.chances, worth, seen.now.open[learned.base], learned.drawn[measure])
    before, after = (_open(seen, by, chances * worth) for chances in (seen.chances, second))
    shares = _shares(seen, by, measure, second * worth)
    parts = learned.corrections[measure].parts
    of_base = {
        key[0]: rows.select("clue", "effect").rows() for key, rows in parts.group_by("scope", maintain_order=True)
    }
    for scope, total in whole.items():
        opinion = after.get(scope, 0.0) - before.get(scope, 0.0)
        clues: dict[str, float] = {}
        for base, share in shares.get(scope, {}).items():
            for clue, effect in of_base.get(base, []):
                clues[clue] = clues.get(clue, 0.0) + share * effect
        yield scope, CONVERSION, opinion
        yield from ((scope, clue, effect) for clue, effect in sorted(clues.items()))
        rest = total - opinion - sum(clues.values())
        yield scope, REST, rest if abs(rest) > 1e-9 * max(1.0, abs(total)) else 0.0


def _worth(seen: Outlook, measure: str) -> np.ndarray:
    """(open deals,) what each comes to in the mean where it is won."""
    worth, parts = seen.lessons.amounts.outcomes(seen.now.open, measure)
    return np.asarray((worth * parts).sum(axis=1))


def _open(seen: Outlook, by: str, expected: np.ndarray) -> dict[str, float]:
    """Per scope what open deals bring there, of what is `expected` of each."""
    level = seen.lessons.handovers.get(by, STAYS_PUT)
    kept = level.share_kept(seen.now.open[by])
    own = (
        pl.DataFrame({"scope": seen.now.open[by], "own": expected * kept}).group_by("scope", maintain_order=True).sum()
    )
    found = dict(own.iter_rows())
    leaving = float(expected @ (1.0 - kept))
    gets = level.gets if (kept < 1.0).any() else {}
    return {scope: found.get(scope, 0.0) + leaving * gets.get(scope, 0.0) for scope in sorted({*found, *gets})}


def _shares(seen: Outlook, by: str, measure: str, expected: np.ndarray) -> dict[str, dict[str, float]]:
    """Per scope of level `by` its part of what each scope of the corrected level has open or to come."""
    base = seen.lessons.base
    still_open = seen.now.open.select(scope=by, base=base).with_columns(expected=pl.Series(expected, dtype=pl.Float64))
    rows = pl.concat([still_open, _coming(seen.new, by, base, measure)])
    sums = rows.group_by("scope", "base", maintain_order=True).agg(pl.col("expected").sum())
    share = sums.filter(pl.col("expected") > 0).with_columns(
        share=pl.col("expected") / pl.col("expected").sum().over("base")
    )
    found: dict[str, dict[str, float]] = {}
    for scope, of, part in share.sort("scope", "base").select("scope", "base", "share").iter_rows():
        found.setdefault(scope, {})[of] = part
    return found


def _coming(new: Arrivals, by: str, base: str, measure: str) -> pl.DataFrame:
    """What is to come of each scope of the corrected level, parted among scopes of `by` as its donors are."""
    rows = new.donors.select(scope=by, base=base, expected="weight")
    means = {one: scope_arrivals(new, base, one, measure).mean for one in rows["base"].unique().sort().to_list()}
    mean = pl.col("base").replace_strict(means, default=0.0, return_dtype=pl.Float64)
    return rows.with_columns(expected=pl.col("expected") / pl.col("expected").sum().over("base") * mean)
