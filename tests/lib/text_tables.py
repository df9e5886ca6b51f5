"""Histories drawn as text: tables whose columns are parted by `|`, one row under the other.

A table is told by its headings:

    at | stage | amount | ...           fields of a deal: each filled cell is a change, from the value above it
    at | touch | direction | ...        touches
    at | person | role                  people added to a deal
    created | source | account          deals, where more is known than that they exist
    customer | industry | ...           customers
    rep | team | hired | ...            our own people
    as of | <feature> | ... | because   what is asked, and the answer

Every table may say which `deal` (D1 if it does not) and when a row was `known`, if later than it happened. An empty
cell says nothing, `cleared` empties a field, `-` as an answer is no value. A fraction such as 3/4 is a number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from history.record import History
from history.settings import Settings
from tests.lib import builders
from tests.lib.builders import SETTINGS, Row

Cells = dict[str, str]
_OUR_WORDS = {
    "account": "account_id",
    "contact": "contact_id",
    "rep": "rep_id",
    "minutes": "duration_minutes",
    "owner": "owner_id",
}
_TYPES = {"duration_minutes": float, "employees": int}
_YES_OR_NO = {"opened", "replied", "effective"}


@dataclass(frozen=True)
class Answer:
    """One thing that is asked of a history: a feature of a deal on a date, and what it must be."""

    feature: str
    deal: str
    as_of: str
    expected: str
    because: str


@dataclass(frozen=True)
class Story:
    """A history as it was drawn, and the answers it must give."""

    history: History
    answers: tuple[Answer, ...]


def read_tables(text: str) -> list[list[Cells]]:
    """The tables of a text, parted by empty lines: a list of rows, each by heading.

    >>> read_tables("at | stage\\n2026-01-01 | Qualify")
    [[{'at': '2026-01-01', 'stage': 'Qualify'}]]
    """
    tables: list[list[Cells]] = []
    for block in text.strip().split("\n\n"):
        headings, *rows = [[cell.strip() for cell in line.split("|")] for line in block.strip().splitlines()]
        for row in rows:
            if len(row) != len(headings):
                raise ValueError(f"row {' | '.join(row)!r} has {len(row)} cells under {len(headings)} headings.")
        tables.append([dict(zip(headings, row, strict=True)) for row in rows])
    return tables


def read_story(text: str, settings: Settings = SETTINGS) -> Story:
    """The history and the answers drawn in `text`."""
    rows: list[Row] = []
    answers: list[Answer] = []
    for table in read_tables(text):
        if "as of" in table[0]:
            answers += [answer for cells in table for answer in _answers(cells)]
        else:
            rows += _rows(table)
    return Story(builders.history_of(*rows, *_deals_without_row(rows), settings=settings), tuple(answers))


def expected_value(text: str) -> float | str | None:
    """An answer as a value: a number, a fraction, a category, or None for `-`.

    >>> expected_value("3/4"), expected_value("-"), expected_value("Qualify")
    (0.75, None, 'Qualify')
    """
    if text == "-":
        return None
    over, _, under = text.partition("/")
    try:
        return float(over) / float(under) if under else float(text)
    except ValueError:
        return text


def _answers(cells: Cells) -> Iterator[Answer]:
    asked = [heading for heading in cells if heading not in ("as of", "deal", "because")]
    for feature in asked:
        yield Answer(feature, cells.get("deal", "D1"), cells["as of"], cells[feature], cells.get("because", ""))


def _rows(table: list[Cells]) -> list[Row]:
    headings = table[0].keys()
    if "touch" in headings:
        return [_touch(cells, number) for number, cells in enumerate(table)]
    if "person" in headings:
        return [
            builders.make_contact(c["person"], c["at"], role=_text(c.get("role")), deal_id=_deal(c), known=_known(c))
            for c in table
        ]
    if "created" in headings:
        return [builders.make_deal(_deal(c), c["created"], _known(c), **_rest(c, "deal", "created")) for c in table]
    if "customer" in headings:
        return [builders.make_account(c["customer"], _known(c), **_rest(c, "customer")) for c in table]
    if "hired" in headings or "team" in headings:
        return [_rep(cells) for cells in table]
    return list(_changes(table))


def _changes(table: list[Cells]) -> Iterator[Row]:
    """One change per filled cell; a field's value before it is the one above it in the same deal."""
    above: dict[tuple[str, str], str | None] = {}
    for cells in table:
        for heading, cell in cells.items():
            if heading in ("deal", "at", "known") or not cell:
                continue
            name, deal = _OUR_WORDS.get(heading, heading), _deal(cells)
            new = None if cell == "cleared" else cell
            yield builders.make_change(
                name, new, cells["at"], old=above.get((deal, name)), deal_id=deal, known=_known(cells)
            )
            above[deal, name] = new


def _touch(cells: Cells, number: int) -> Row:
    values = _rest(cells, "deal", "at", "touch", "id")
    name = cells.get("id") or f"T{number}"
    return builders.make_touch(
        cells["touch"], cells["at"], activity_id=name, deal_id=_deal(cells), known=_known(cells), **values
    )


def _rep(cells: Cells) -> Row:
    more = _rest(cells, "rep", "from", "hired")
    since, hired = _text(cells.get("from")), _text(cells.get("hired"))
    return builders.make_rep(cells["rep"], since, hired=hired, known=_known(cells), **more)


def _rest(cells: Cells, *taken: str) -> dict[str, object]:
    names = {h: _OUR_WORDS.get(h, h) for h, cell in cells.items() if cell and h not in (*taken, "known")}
    return {name: _typed(name, cells[heading]) for heading, name in names.items()}


def _typed(name: str, cell: str) -> object:
    if name in _YES_OR_NO:
        return {"yes": True, "no": False}[cell]
    return _TYPES.get(name, str)(cell)


def _deal(cells: Cells) -> str:
    return cells.get("deal") or "D1"


def _known(cells: Cells) -> str | None:
    return _text(cells.get("known"))


def _text(cell: str | None) -> str | None:
    return cell or None


def _deals_without_row(rows: list[Row]) -> list[Row]:
    told = {row.values["deal_id"] for row in rows if row.table == "deals"}
    named = {row.values["deal_id"] for row in rows if "deal_id" in row.values}
    return [builders.make_deal(deal, "2020-01-01") for deal in sorted(named - told)]
