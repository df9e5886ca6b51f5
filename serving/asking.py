"""What cannot be used of the query of a request, in parts, so that a page can say it in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable

from history.errors import DateInvalid, RequestInvalid
from history.fiscal import parse_period
from history.settings import Settings

MOST_NAMED = 12
LONGEST_TOLD = 60


class ParameterInvalid(RequestInvalid):
    """A parameter of the query that is not known (`value` is None) or whose value cannot be used.

    `expected`: the names that are known, or the values that can be used; none where they cannot be listed.
    """

    def __init__(self, detail: str, name: str, value: str | None = None, expected: Iterable[str] = ()) -> None:
        super().__init__(detail)
        self.name = name
        self.value = value
        self.expected = tuple(word for word in expected if word)


def one_of(name: str, value: str, offered: Iterable[str]) -> str:
    """`value` where it is one of those `offered`; else raises `ParameterInvalid`.

    >>> one_of("measure", "count", ["amount", "count"])
    'count'
    """
    known = list(offered)
    if value in known:
        return value
    some = ", ".join([word for word in known if word][:MOST_NAMED]) or "none"
    raise ParameterInvalid(
        f"{name} {value[:LONGEST_TOLD]!r} cannot be used; expected one of {some}. Correct the address.",
        name,
        value,
        known,
    )


def asked_period(text: str, settings: Settings) -> str:
    """The name of the period that the address asks for; raises `ParameterInvalid`."""
    try:
        return parse_period(text, settings).name
    except DateInvalid as error:
        raise ParameterInvalid(str(error), "period", text, ("2026Q4", "2026-11", "2026H2", "2026")) from error
