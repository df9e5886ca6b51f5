"""What each page's template may use, and nothing else: one frozen dataclass per page, held to the template by a test.

Values are ready to show: texts are in the reader's language, amounts and dates are formatted, lengths of bars are
percentages of their track (0 to 100).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from serving.pages.table import Choice, Choices, Table
from serving.texts import Translator


@dataclass(frozen=True)
class Page:
    """What every page has: the translator, the language, where a switch of language returns to, the sign-in, and the
    places of the navigation. Every form carries `csrf` in a hidden field of that name."""

    t: Translator
    language: str
    other_language: str
    here: str
    signed_in: bool
    title: str
    known_note: str
    places: list[Choice] = field(default_factory=list, kw_only=True)
    csrf: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class Option:
    """One choice of a filter."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class Filter:
    """One drop-down of the filter form; with `any` it can be left open."""

    name: str
    label: str
    options: list[Option]
    any: bool = True


@dataclass(frozen=True)
class BandShare:
    """One band's part of the pipeline: how many deals, and where its bar lies."""

    band: str
    label: str
    count: int
    start: float
    width: float
    link: str


@dataclass(frozen=True)
class DealLine:
    """One deal in the list."""

    link: str
    name: str
    account: str
    owner: str
    team: str
    stage: str
    days_in_stage: str
    amount: str
    health: str
    health_width: float
    band: str
    band_label: str
    win: str
    win_width: float
    win_note: str
    fell: bool
    win_by: str
    close_date: str
    flags: list[str]


@dataclass(frozen=True)
class PipelinePage(Page):
    """The list of open deals by risk."""

    answer: str
    views: Choices
    at_risk: str
    at_risk_note: str
    open_value: str
    open_notes: list[str]
    expected: str
    expected_label: str
    expected_notes: list[str]
    bands: list[BandShare]
    search: str
    filters: list[Filter]
    filtered: bool
    win_by_label: str
    deals: list[DealLine]
    shown: str
    next_link: str | None
    first_link: str | None
    csv_link: str | None


@dataclass(frozen=True)
class Step:
    """One bar of the waterfall, from the typical deal to this one. `kind` is total, up or down."""

    label: str
    details: list[str]
    points: str
    kind: str
    start: float
    width: float


@dataclass(frozen=True)
class Chance:
    """One part of the bar of what may be by the horizon."""

    kind: str
    label: str
    share: str
    start: float
    width: float


@dataclass(frozen=True)
class Event:
    """One line of the timeline. `kind` is change, touch_in, touch_out or touch."""

    day: str
    kind: str
    what: str
    note: str


@dataclass(frozen=True)
class Fact:
    """One thing known of the deal."""

    label: str
    value: str


@dataclass(frozen=True)
class RaisedFlag:
    """A flag and what became of past deals that had it. `tone` is warning where the record bears it out."""

    label: str
    record: str
    tone: str


@dataclass(frozen=True)
class Mark:
    """A point of the curve: `x` and `y` in the drawing's units, and what it says."""

    x: float
    y: float
    label: str


@dataclass(frozen=True)
class Level:
    """A height of the scale: `y` in the drawing's units, `place` in percent of its height, and its figure."""

    y: float
    place: float
    label: str


@dataclass(frozen=True)
class Curve:
    """Win chance (percent) and health over the last weeks on one scale, drawn 600 wide and 160 high: `line` and
    `health_line` are their points, y grows downward; `levels` name heights of the scale; `told` says it in words."""

    line: str
    weeks: list[Mark]
    health_line: str
    health: list[Mark]
    said: list[Mark]
    first_day: str
    last_day: str
    levels: list[Level]
    told: str


@dataclass(frozen=True)
class MovedPart:
    """One part of what moved the win chance. `kind` is up or down."""

    name: str
    sentence: str
    points: str
    kind: str


@dataclass(frozen=True)
class DealPage(Page):
    """One deal: probability, health, reasons, flags, how it went and what happened."""

    deal_id: str
    answer: str
    facts: list[Fact]
    closed_note: str
    win: str
    win_note: str
    health: str
    health_at: float
    band: str
    band_label: str
    horizon_label: str
    chances: list[Chance]
    steps: list[Step]
    flags: list[RaisedFlag]
    problems: list[str]
    caveats: list[str]
    curve: Curve | None
    moved_label: str
    moved_note: str
    moved: list[MovedPart]
    people: Table
    odds: Table | None
    odds_notes: list[str]
    events: list[Event]
    more_note: str


@dataclass(frozen=True)
class SignInPage(Page):
    """The sign-in form, with what was wrong before, and the link to the company's own sign-in where there is one."""

    back: str
    refused: str
    provider_link: str


@dataclass(frozen=True)
class AccountPage(Page):
    """Who is signed in, what that person sees, and the forms to change the password and to end every session."""

    name: str
    role: str
    rep: str
    sees: str
    has_password: bool
    said: str
    refused: str


@dataclass(frozen=True)
class FailurePage(Page):
    """What went wrong and what to do."""

    status: int
    advice: str
    detail: str
