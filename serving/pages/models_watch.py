"""The parts of the models page that watch: what has drifted since the training, and a challenger in the shadow."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from history.errors import DealcastError
from serving.pages.format import NOTHING
from serving.pages.table import Cell, Head, Row, Table, num
from serving.shadow import Comparison, Side, compare_shadow
from serving.standing import Standing
from serving.texts import joined, translator
from training.metrics import Score
from training.watching.watch import Watch, watch

if TYPE_CHECKING:
    from training.bundle import Model

MOST_FIGURES = 12
MOST_NAMED = 4


def watched(standing: Standing) -> Watch | None:
    """What `dealcast drift` finds on the served day, worked out once; None where it cannot be told yet."""
    return standing.remembered(("watched",), lambda: _watched(standing))


def _watched(standing: Standing) -> Watch | None:
    if standing.small_data:
        return None
    try:
        return watch(standing.history, cast("Model", standing.model), standing.as_of)
    except DealcastError:
        return None


def drift_table(found: Watch | None, language: str) -> Table:
    """The figures that crossed their thresholds first, then those nearest to them."""
    t = translator(language)
    heads = [Head(t("models.watched")), *(num(t(f"models.{name}")) for name in ("value", "threshold", "n_watched"))]
    readings = [] if found is None else found.readings[:MOST_FIGURES]
    rows = [
        Row(
            [
                Cell(one.zh if language == "zh-CN" else one.en, t(f"models.watch_{one.kind}")),
                Cell(_figure(one.value), t("models.crossed") if one.crossed else "", tone="bad" if one.crossed else ""),
                Cell(_figure(one.threshold)),
                Cell(f"{one.n:,}"),
            ]
        )
        for one in readings
    ]
    if found is None:
        return Table(t("models.drift"), heads, nothing=t("models.no_drift"))
    numbers = t("models.drift_note", crossed=len(found.crossed), figures=len(found.readings))
    return Table(
        t("models.drift"), heads, rows, joined([drifted(found, language), numbers], language), t("models.no_drift")
    )


def drifted(found: Watch, language: str) -> str:
    """What has drifted, in a sentence that names it; at most `MOST_NAMED` figures by name."""
    t = translator(language)
    names = [one.zh if language == "zh-CN" else one.en for one in found.crossed]
    if not names:
        return t("models.drifted_none")
    told = t("failure.comma").join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    return t("models.drifted", figures=t("models.drifted_more", figures=told, count=more) if more > 0 else told)


def shadow_table(standing: Standing, language: str) -> Table | None:
    """Champion and challenger on what both said of the same deals; None without a challenger."""
    t = translator(language)
    challenger = standing.remembered(("challenger",), standing.registry.challenger)
    if challenger is None or challenger.version == standing.model.version:
        return None
    found: Comparison = standing.remembered(
        ("shadow", challenger.version),
        lambda: compare_shadow(standing.history, standing.model.version, challenger.version, standing.as_of),
    )
    heads = [Head(t("models.version")), num(t("models.n_statements"))]
    heads += [num(t(f"models.{name}")) for name in ("auc", "log_loss", "slope")]
    sides = [side for side in (found.champion, found.challenger) if side is not None]
    words = ("models.champion", "models.challenger")
    rows = [_shadow_row(side, t(word)) for side, word in zip(sides, words, strict=False)]
    note = "" if found.gain is None else t("models.shadow_gain", gain=told(found.gain))
    return Table(t("models.shadow"), heads, rows, note, t("models.shadow_waiting", waiting=f"{found.waiting:,}"))


def _shadow_row(side: Side, word: str) -> Row:
    figures = (side.metrics.auc, side.metrics.log_loss, side.slope)
    counted = Cell(f"{side.metrics.n:,}")
    return Row([Cell(side.version, word), counted, *(Cell(told(figure)) for figure in figures)])


def told(score: Score) -> str:
    """A figure with its 90 % interval.

    >>> told(Score(0.5, 0.4, 0.6))
    '0.500 (0.400 – 0.600)'
    """
    return f"{score.value:.3f} ({score.low:.3f} – {score.high:.3f})"


def _figure(value: float) -> str:
    return NOTHING if value != value else f"{value:.3g}"
