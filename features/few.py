"""Polars expressions over a few rows, worked out in plain Python: of one deal a query costs far more than its answer.

Expressions are taken apart once, into steps that each make one column out of earlier ones; a part that occurs in
several of them is one step. Columns are lists: None for none, instants as whole microseconds since 1970. What this
module cannot take apart is left to polars, and tests hold all that features and conditions say against polars.
"""

from __future__ import annotations

import io
import json
import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

Column = Sequence[Any]
Node = Mapping[str, Any]


class NotPlain(Exception):
    """An expression holds a part that only polars can work out."""


@dataclass(frozen=True)
class Step:
    """Makes a column: `work` of each row of the columns at `given`, or one value everywhere if nothing is given."""

    work: Callable[..., Any]
    given: tuple[int, ...]


@dataclass(frozen=True)
class Steps:
    """Expressions taken apart: their `roots` are the first columns, each of `made` is one more, `asked` the answers."""

    roots: tuple[str, ...]
    made: tuple[Step, ...]
    asked: tuple[int, ...]

    def over(self, columns: Mapping[str, Column], n_rows: int) -> list[Column]:
        """The answers: a column of `n_rows` for each expression."""
        found: list[Column] = [columns[name] for name in self.roots]
        for step in self.made:
            given = [found[place] for place in step.given]
            found.append(list(map(step.work, *given)) if given else [step.work()] * n_rows)
        return [found[place] for place in self.asked]


def steps_of(expressions: Iterable[pl.Expr]) -> Steps | None:
    """The expressions taken apart; None where one of them is left to polars.

    >>> found = steps_of([pl.when(pl.col("a") > 1).then(pl.col("a") / pl.col("b"))])
    >>> found.over({"a": [1, 3, None], "b": [2, 2, 2]}, 3)
    [[None, 1.5, None]]
    """
    told = [json.loads(expression.meta.serialize(format="json")) for expression in expressions]
    parts = _Parts(tuple(dict.fromkeys(name for node in told for name in _names(node))))
    try:
        asked = tuple([parts.place(node) for node in told])
    except NotPlain:
        return None
    return Steps(parts.roots, tuple(parts.made), asked)


def _names(node: Any) -> Iterable[str]:
    """The columns that an expression reads."""
    if isinstance(node, list):
        for part in node:
            yield from _names(part)
    elif isinstance(node, dict):
        if "Column" in node:
            yield node["Column"]
        for part in node.values():
            yield from _names(part)


@dataclass
class _Parts:
    """The parts of expressions met so far, and at which column each is found."""

    roots: tuple[str, ...]
    made: list[Step] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    def place(self, node: Node) -> int:
        """Where the column of a part is; it is made if it is new."""
        kind, told = next(iter(node.items()))
        if kind == "Column":
            return self.roots.index(told)
        if kind == "Alias":
            return self.place(told[0])
        text = json.dumps(node)
        if text not in self.places:
            step = self._step(kind, told, node)
            self.made.append(step)
            self.places[text] = len(self.roots) + len(self.made) - 1
        return self.places[text]

    def _step(self, kind: str, told: Any, node: Node) -> Step:
        if kind == "Literal":
            value = _constant(node)
            return Step(lambda: value, ())
        if kind == "Cast" and told["dtype"] == {"Literal": "Float64"}:
            return Step(_number, self._all([told["expr"]]))
        if kind == "Ternary":
            return Step(_chosen, self._all([told["predicate"], told["truthy"], told["falsy"]]))
        if kind == "BinaryExpr" and told["op"] == "TrueDivide" and "Literal" in told["right"]:
            return self._divided_by(_constant(told["right"]), told["left"])
        if kind == "BinaryExpr":
            return Step(_work(_OF_TWO, told["op"]), self._all([told["left"], told["right"]]))
        if kind == "Function":
            return self._function(told["function"], told["input"])
        raise NotPlain(kind)

    def _divided_by(self, constant: Any, node: Node) -> Step:
        """Polars divides a column by a constant as it multiplies: a column by a column may round otherwise."""
        if not constant:
            raise NotPlain("a division by nothing")
        part = 1.0 / constant
        return Step(lambda value: None if value is None else value * part, self._all([node]))

    def _function(self, function: Any, given: Sequence[Node]) -> Step:
        name = function if isinstance(function, str) else next(iter(function.values()))
        if isinstance(name, dict):
            name = next(iter(name))
        if name == "IsIn":
            values = frozenset(_constant(given[1]))
            return Step(lambda value: None if value is None else value in values, self._all(given[:1]))
        if name == "StripChars":
            if _constant(given[1]) is not None:
                raise NotPlain("characters of one's own to strip")
            given = given[:1]
        return Step(_work(_OF_SOME, name), self._all(given))

    def _all(self, nodes: Sequence[Node]) -> tuple[int, ...]:
        return tuple([self.place(node) for node in nodes])


def _work(known: Mapping[str, Callable[..., Any]], name: str) -> Callable[..., Any]:
    if name not in known:
        raise NotPlain(name)
    return known[name]


def _constant(node: Node) -> Any:
    """What an expression that reads no column says everywhere."""
    if next(iter(node)) != "Literal":
        raise NotPlain("a value that is worked out")
    with io.BytesIO(json.dumps(node).encode()) as text:
        found = pl.select(pl.Expr.deserialize(text, format="json")).item()
    return found.to_list() if isinstance(found, pl.Series) else found


def _one(work: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same where the value is known, and nothing elsewhere."""
    return lambda value: None if value is None else work(value)


def _two(work: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda one, other: None if one is None or other is None else work(one, other)


def _divided(one: float, other: float) -> float:
    one, other = float(one), float(other)
    if other:
        return one / other
    return math.copysign(math.inf, one) * math.copysign(1.0, other) if abs(one) > 0 else math.nan


def _exp(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf


def _above(one: Any, other: Any) -> bool:
    """Whether it is more; polars counts what is no number as more than any."""
    return bool(one > other or (one != one and other == other))


def _alike(one: Any, other: Any) -> bool:
    return bool(one == other or (one != one and other != other))


def _chosen(condition: bool | None, one: Any, other: Any) -> Any:
    return one if condition else other


def _both(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _either(one: bool | None, other: bool | None) -> bool | None:
    if one or other:
        return True
    return None if one is None or other is None else False


def _extreme(more: Callable[..., Any]) -> Callable[..., Any]:
    """The most or the least of what is known; what is no number counts where there is nothing else."""

    def found(*values: Any) -> Any:
        known = [value for value in values if value is not None]
        return more((value for value in known if value == value), default=known[0] if known else None)

    return found


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


_WHITE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""White space as polars strips it; Python alone would strip a few control characters more."""
_number = _one(float)
_OF_TWO: dict[str, Callable[..., Any]] = {
    "Plus": _two(operator.add),
    "Minus": _two(operator.sub),
    "Multiply": _two(operator.mul),
    "TrueDivide": _two(_divided),
    "Eq": _two(_alike),
    "NotEq": _two(lambda one, other: not _alike(one, other)),
    "EqValidity": lambda one, other: one is other if one is None or other is None else _alike(one, other),
    "NotEqValidity": lambda one, other: one is not other if one is None or other is None else not _alike(one, other),
    "Gt": _two(_above),
    "Lt": _two(lambda one, other: _above(other, one)),
    "GtEq": _two(lambda one, other: not _above(other, one)),
    "LtEq": _two(lambda one, other: not _above(one, other)),
    "And": _both,
    "Or": _either,
}
_OF_SOME: dict[str, Callable[..., Any]] = {
    "TotalMicroseconds": _one(int),
    "Exp": _one(_exp),
    "Negate": _one(operator.neg),
    "Abs": _one(abs),
    "Not": _one(operator.not_),
    "IsNull": lambda value: value is None,
    "IsNotNull": lambda value: value is not None,
    "StripChars": _one(lambda text: text.strip(_WHITE)),
    "FillNull": _first,
    "Coalesce": _first,
    "MinHorizontal": _extreme(min),
    "MaxHorizontal": _extreme(max),
}
