"""What a person may see and do: the one place that knows it.

A route never decides by itself. Its signature names a rule of `serving.access`, and the rule hands it a `Caller`
whose `sight` narrows what is answered:

    @router.get("/deals")
    def list_deals(request: Request, reader: Reader, ...) -> DealList:
        standing = standing_of(request)
        board = reader.sight.narrow_deals(standing.board)          # rows by owner_id
        people = reader.sight.narrow_people(frame, "rep_id")       # rows by a column of people
        rows = reader.sight.narrow_scopes(frame)                   # rows by scope_kind and scope_id
        reader.sight.require_deal(deal_id, owner_id)               # 404, as for a deal that does not exist
        reader.sight.require_person(rep_id)                        # 404
        reader.sight.require_scope(kind, scope_id)                 # 403

What is to be done rather than seen is in the rule: `Reader` (read), `Exporter` (export), `Speaker` (state),
`Planner` (plan), `Promoter` (promote), `Feeder` (intake), `Keeper` (people), and for pages `PageReader`, and
`PageSpeaker`, `PagePlanner` and so on, which take a form and check it came from our own page. Inside a route
`sight.may("plan")` tells whether to show a button. Answers that are remembered for all must be narrowed after they
are fetched, or have `sight.mark` in their key.

| role | sees | may besides reading and exporting it |
|---|---|---|
| rep | own deals, own figures | state a forecast of their own |
| manager | everybody who reports to them, directly or not, and themselves | state, coach |
| planner | everybody | state, plan: targets, overrides, reallocation |
| analyst | everybody | promote: models forward and back; intake |
| admin | everybody | all of it, and people: accounts, tokens, the audit log |
| program | everybody, or the person its token is made for | what its token says |
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

from history.as_of import known
from history.errors import DealUnknown, NotAllowed
from history.leading import leads_scope, led_by, people_at
from history.record import History
from history.scopes import COMPANY, standing_reps
from serving.deeds import DEEDS, OWN_SUBTREE, PROGRAM, RIGHTS
from serving.standing import Standing
from serving.texts import translator


class RightMissing(NotAllowed):
    """A caller of `role` asked for what takes the right `deed`, which is not among its rights."""

    def __init__(self, role: str, deeds: Iterable[str], deed: str) -> None:
        t = translator("en")
        who = "a program" if role == PROGRAM else f"an account of the role {role}"
        given = _listed(deeds)
        rights = f"has the rights {given}" if given else "has no right"
        super().__init__(
            f"{who} that {rights} cannot {t(f'right.{deed}')}; expected the right {deed}, which is missing. "
            "Ask an administrator for an account or a token that has it."
        )
        self.deed = deed


@dataclass(frozen=True)
class Sight:
    """What one caller sees and may do. `people` and `scopes` None: everything.

    `people` are rep_ids; `scopes` pairs of kind and id, such as ("team", "North"). A deal without an owner is seen by
    those who see everything.
    """

    role: str
    rep_id: str | None
    deeds: frozenset[str]
    people: frozenset[str] | None = None
    scopes: frozenset[tuple[str, str]] | None = None

    @property
    def everything(self) -> bool:
        return self.people is None

    @property
    def mark(self) -> str | None:
        """Who it is that sees less than everything; a part of the key under which a narrowed answer is remembered."""
        return None if self.everything else f"{self.role} {self.rep_id}"

    def may(self, deed: str) -> bool:
        return deed in self.deeds

    def require(self, deed: str) -> None:
        """Raises `RightMissing` unless the caller may do it."""
        if deed not in self.deeds:
            raise RightMissing(self.role, self.deeds, deed)

    def sees(self, rep_id: str | None) -> bool:
        """Whether the person, and so what the person owns, is seen."""
        return self.people is None or rep_id in self.people

    def sees_scope(self, kind: str, scope_id: str) -> bool:
        return self.scopes is None or (kind, scope_id) in self.scopes

    def require_deal(self, deal_id: str, owner_id: str | None) -> None:
        """Raises `DealUnknown` for a deal that is not seen, in words that do not tell whether it exists."""
        if not self.sees(owner_id):
            raise DealUnknown(
                f"deal {deal_id[:80]!r} is not in the history known to you; expected a deal_id of /v1/deals."
            )

    def require_person(self, rep_id: str) -> None:
        """Raises `DealUnknown` for a person who is not seen."""
        if not self.sees(rep_id):
            raise DealUnknown(f"nobody you see is called {rep_id[:80]!r}; expected yourself or who reports to you.")

    def require_scope(self, kind: str, scope_id: str) -> None:
        """Raises `NotAllowed` for a scope that is not seen as a whole."""
        if self.scopes is not None and (kind, scope_id) not in self.scopes:
            raise NotAllowed(
                f"{kind[:80]}:{scope_id[:80]} is not yours to see; expected one of "
                f"{_listed(f'{one}:{name}' for one, name in self.scopes)}. Ask for one of these."
            )

    def narrow_deals(self, frame: pl.DataFrame, owner: str = "owner_id") -> pl.DataFrame:
        """The rows whose owner is seen."""
        return self.narrow_people(frame, owner)

    def narrow_people(self, frame: pl.DataFrame, column: str = "rep_id") -> pl.DataFrame:
        """The rows whose person, by rep_id in `column`, is seen."""
        return frame if self.people is None else frame.filter(pl.col(column).is_in(sorted(self.people)))

    def narrow_scopes(self, frame: pl.DataFrame, kind: str = "scope_kind", which: str = "scope_id") -> pl.DataFrame:
        """The rows whose scope is seen as a whole."""
        if self.scopes is None:
            return frame
        text = pl.String()
        seen = pl.DataFrame(sorted(self.scopes), schema={kind: text, which: text}, orient="row")
        return frame.join(seen, on=[kind, which], how="semi", maintain_order="left")


@dataclass(frozen=True)
class Hierarchy:
    """Who reports to whom on one day; sights made of it are kept, as the same people come back."""

    known: pl.DataFrame
    """Everybody, those who left among them."""
    present: pl.DataFrame
    people: frozenset[str]
    """Every rep_id that is known: of people, and of owners of deals whom no row describes."""
    made: dict[tuple[str, str | None, frozenset[str]], Sight] = field(default_factory=dict, compare=False)

    def sight(self, role: str, rep_id: str | None, deeds: frozenset[str]) -> Sight:
        """The sight of a role; `deeds` may only take away from what the role may do."""
        key = (role, rep_id, deeds)
        if key not in self.made:
            self.made[key] = make_sight(self, *key)
        return self.made[key]

    def leads(self, rep_id: str) -> bool:
        """Whether anybody reports to the person."""
        return rep_id in self.known["manager_id"]


def make_sight(hierarchy: Hierarchy, role: str, rep_id: str | None, deeds: Iterable[str] = DEEDS) -> Sight:
    """What `role` sees by `hierarchy`; a manager who leads the whole company sees everything.

    Those who left are seen by those they reported to, so that their deals are not lost from view.
    """
    allowed = RIGHTS[role] & frozenset(deeds)
    if role not in OWN_SUBTREE:
        return Sight(role, rep_id, allowed)
    own = rep_id or ""
    if role == "rep":
        return Sight(role, rep_id, allowed, frozenset({own}), frozenset({("rep", own)}))
    if leads_scope(hierarchy.present, own, COMPANY, COMPANY):
        return Sight(role, rep_id, allowed)
    people = frozenset({own, *led_by(hierarchy.known, own)})
    return Sight(role, rep_id, allowed, people, frozenset(_scopes(hierarchy.present, own, people)))


def _scopes(present: pl.DataFrame, leader: str, people: frozenset[str]) -> set[tuple[str, str]]:
    found = {("rep", person) for person in people}
    own = present.filter(pl.col("rep_id").is_in(sorted(people)))
    for kind in ("team", "region"):
        names = own[kind].drop_nulls().unique().to_list()
        found |= {(kind, name) for name in names if leads_scope(present, leader, kind, name)}
    return found


def hierarchy_of(standing: Standing) -> Hierarchy:
    """Who reports to whom as known on the standing's day."""
    return standing.remembered(("hierarchy",), lambda: make_hierarchy(standing.history, standing.as_of))


def make_hierarchy(history: History, as_of: dt.datetime) -> Hierarchy:
    """Who reports to whom as known at `as_of` (naive UTC)."""
    past = known(History(history.settings, {name: history[name] for name in ("reps", "deals", "deal_changes")}), as_of)
    owners = past["deal_changes"].filter(pl.col("field") == "owner_id")["new_value"].drop_nulls().unique()
    everybody = standing_reps(past, as_of)
    return Hierarchy(everybody, people_at(past, as_of), frozenset({*everybody["rep_id"], *owners}))


def _listed(words: Iterable[str]) -> str:
    found = sorted(words)
    return ", ".join(found[:12]) + (f" and {len(found) - 12} more" if len(found) > 12 else "")
