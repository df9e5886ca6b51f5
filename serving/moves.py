"""What moved a deal's win chance between two days: parts by reason group that add up to the difference, to 0.1 point.

Both days are scored by replay with one model, so that the parts speak of the deal; what another model or rows brought
in later make of the scores as they were said is told apart.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from features.catalogue import feature_of, is_feature
from features.feature import GROUPS
from features.matrix import Prepared, build_matrix
from features.spine import open_spine
from history.errors import DateInvalid, DealUnknown
from history.record import History
from serving.choosing import ServedModel
from serving.pages.format import points as points_text
from serving.reasons import Reason, value_of
from serving.texts import translator

TYPICAL, MODEL, RECORD = "typical", "model", "record"


@dataclass(frozen=True)
class Said:
    """A score as it was said at the time: the win probability (0 to 1) and the version that said it."""

    win_probability: float
    version: str


@dataclass(frozen=True)
class Part:
    """One part of the difference, in points. `code` is a reason group, or typical, model or record.

    Of a group `now` and `then` are the reason that moved most, as it stands on the two days; the others have `words`
    to fill their sentence.
    """

    code: str
    points: float
    now: Reason | None = None
    then: Reason | None = None
    words: Mapping[str, str] = field(default_factory=dict)

    def name(self, language: str) -> str:
        """The part's name in the reader's language."""
        if self.code in GROUPS:
            return GROUPS[self.code][1 if language == "zh-CN" else 0]
        return translator(language)(f"moved.{self.code}")

    def sentence(self, language: str) -> str:
        """What stood behind it on the later day, and before where that was otherwise; never why."""
        t = translator(language)
        if self.now is None or self.then is None:
            return t(f"moved.{self.code}_told", **self.words)
        now, then = self.now.sentence(language), self.then.sentence(language)
        return now if now == then else t("moved.was", now=now, then=then)

    def full(self, language: str) -> str:
        """The name, the sentence and the points."""
        said = {"name": self.name(language), "sentence": self.sentence(language), "points": points_text(self.points)}
        return translator(language)("moved.part", **said)


@dataclass(frozen=True)
class Move:
    """From one scoring of a deal to another: before + the parts = after, in percent to 0.1. Instants are naive UTC."""

    deal_id: str
    earlier: dt.datetime
    later: dt.datetime
    before: float
    after: float
    parts: list[Part]
    model_version: str

    @property
    def points(self) -> float:
        """The whole difference, in percentage points."""
        return round(self.after - self.before, 1)


def what_moved(
    prepared: Prepared,
    history: History,
    model: ServedModel,
    deal_id: str,
    days: tuple[dt.datetime, dt.datetime],
    said: tuple[Said | None, Said | None] = (None, None),
) -> Move:
    """What moved the deal between two instants, `history` holding at least the deal's own changes.

    `said` are the scores as they stand in the store, where they do. Raises `DateInvalid` when the second instant is
    not after the first, `DealUnknown` when the deal was not open on one of them.
    """
    earlier, later = days
    _check(history, deal_id, days)
    spine = open_spine(history, [earlier, later]).sort("as_of")
    matrix = build_matrix(prepared, spine, threads=1)
    why = model.explain(matrix)
    shown = np.rint(why.shown * 10).astype(int)
    tenths = np.rint(why.points * 10).astype(int)
    start = np.rint(why.baseline * 10).astype(int)
    moved = dict(zip(why.codes, tenths[1] - tenths[0], strict=True))
    then, now = (
        {
            code: Reason(code, value_of(matrix, code, row), tenths[row, place] / 10)
            for place, code in enumerate(why.codes)
        }
        for row in (0, 1)
    )
    parts = _group_parts(moved, then, now)
    stages = [str(stage) if stage is not None else "–" for stage in spine["stage"]]
    parts.append(_typical(int(start[1] - start[0]), stages, start))
    parts += _said_parts(said, shown, model.version)
    kept = [part for part in parts if part.points != 0]
    before = _tenths(said[0].win_probability) if said[0] else int(shown[0])
    after = _tenths(said[1].win_probability) if said[1] else int(shown[1])
    ordered = sorted(kept, key=lambda part: (-abs(part.points), part.code))
    return Move(deal_id, earlier, later, before / 10, after / 10, ordered, model.version)


def _check(history: History, deal_id: str, days: tuple[dt.datetime, dt.datetime]) -> None:
    settings = history.settings
    if days[1] <= days[0]:
        raise DateInvalid(
            f"{settings.day_of(days[1])} is not after {settings.day_of(days[0])}; expected two days in order. "
            "Give an earlier first day."
        )
    open_on = set(open_spine(history, list(days))["as_of"].to_list())
    for day in days:
        if day not in open_on:
            raise DealUnknown(
                f"deal {deal_id[:80]!r} was not open on {settings.day_of(day)} as known then; "
                "expected a day on which it was. Give another day."
            )


def _group_parts(moved: Mapping[str, int], then: Mapping[str, Reason], now: Mapping[str, Reason]) -> list[Part]:
    parts = []
    for group in GROUPS:
        codes = [code for code in moved if is_feature(code) and feature_of(code).group == group]
        if not codes:
            continue
        most = max(codes, key=lambda code: (abs(moved[code]), code))
        parts.append(Part(group, sum(moved[code] for code in codes) / 10, now[most], then[most]))
    return parts


def _typical(tenths: int, stages: list[str], start: np.ndarray) -> Part:
    words = {"then": stages[0], "now": stages[1], "before": f"{start[0] / 10:.1f}%", "after": f"{start[1] / 10:.1f}%"}
    return Part(TYPICAL, tenths / 10, words=words)


def _said_parts(said: tuple[Said | None, Said | None], shown: np.ndarray, version: str) -> list[Part]:
    """What lies between the scores as said and as replayed: on the first day and on the last."""
    gaps = {MODEL: 0, RECORD: 0}
    versions = []
    for place, (one, sign) in enumerate(zip(said, (1, -1), strict=True)):
        if one is not None:
            gaps[RECORD if one.version == version else MODEL] += sign * (
                int(shown[place]) - _tenths(one.win_probability)
            )
            versions += [one.version] if one.version != version else []
    words = {"other": ", ".join(dict.fromkeys(versions)), "version": version}
    return [Part(code, gap / 10, words=words) for code, gap in gaps.items()]


def _tenths(chance: float) -> int:
    return int(np.rint(chance * 1000))
