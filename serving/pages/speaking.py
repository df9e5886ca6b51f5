"""The form on the forecast page by which people state what they expect, and the numbers that they type."""

from __future__ import annotations

from dataclasses import dataclass

from history.errors import RequestInvalid
from history.fiscal import bounds, parse_period, previous, quarter_of
from history.leading import led_scopes, people_at
from history.scopes import parse_scope, scope_kinds
from serving.pages.context import Option
from serving.pages.forecast_parts import scope_name
from serving.pages.shell import Shell
from serving.submissions import CATEGORIES
from serving.texts import joined, text_or, translator
from serving.tokens import utc_now

MEASURES = ("amount", "count")


@dataclass(frozen=True)
class SpeakForm:
    """The form to submit: the scopes that one speaks for, the periods that are not over, the categories.

    `note` says what comes of a statement, and why the page's period is not among them where it is not.
    """

    scopes: list[Option]
    periods: list[Option]
    measures: list[Option]
    categories: list[Option]
    note: str


def number(name: str, text: str) -> float:
    """A number as people type it: 1,200,000 or 120万; raises `RequestInvalid`.

    >>> number("commit", "1,200,000"), number("commit", "120万"), number("commit", "1.2m")
    (1200000.0, 1200000.0, 1200000.0)
    """
    plain = text.strip().lower().replace(",", "").replace("，", "").replace(" ", "")
    sizes = {"万": 1e4, "亿": 1e8, "k": 1e3, "m": 1e6}
    size = sizes.get(plain[-1:], 1.0)
    try:
        return float(plain[:-1] if size != 1.0 else plain) * size
    except ValueError as error:
        raise RequestInvalid(f"{name} {text[:40]!r} is no number; expected one such as 1200000. Correct it.") from error


def speak_form(shell: Shell, period: str) -> SpeakForm | None:
    """The form of who may speak: for oneself and the scopes that one leads, of periods that are not over today.

    The page's `period` is chosen unless it is over; then today's quarter is.
    """
    own = shell.sight.rep_id
    if own is None or not shell.sight.may("state"):
        return None
    t = translator(shell.language)
    standing, settings = shell.standing, shell.standing.history.settings
    led = standing.remembered(("led", own), lambda: led_scopes(people_at(standing.past, standing.as_of), own))
    scopes = [Option(f"rep:{own}", t("forecast.myself"), True)]
    for written in led:
        kind, scope_id = parse_scope(written, scope_kinds(settings))
        name = scope_name(kind, scope_id, standing, shell.language)
        scopes.append(Option(f"{kind}:{scope_id}", f"{text_or(shell.language, f'by.{kind}', kind)} {name}", False))
    now = utc_now()
    today = quarter_of(settings.day_of(now), settings)
    is_open = bounds(parse_period(period, settings), settings)[1] > now
    chosen = period if is_open else today.name
    names = dict.fromkeys([today.name, previous(today, settings, -1).name, chosen])
    said = [t("forecast.submit_note"), *([] if is_open else [t("forecast.submit_over", period=period)])]
    return SpeakForm(
        scopes=scopes,
        periods=[Option(name, name, name == chosen) for name in names],
        measures=[Option(name, t(f"measure.{name}"), name == "amount") for name in MEASURES],
        categories=[Option(name, t(f"forecast.{name}"), False) for name in CATEGORIES],
        note=joined(said, shell.language),
    )
