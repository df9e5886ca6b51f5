import datetime as dt

import pytest

from history.errors import DateInvalid
from history.settings import Settings
from indicators.spans import earlier, kind_of, parse_span, span_of, told_for

SETTINGS = Settings()


def test_a_week_runs_from_monday_to_monday():
    week = parse_span("2026-W14", SETTINGS)
    assert (week.first_day, week.end_day) == (dt.date(2026, 3, 30), dt.date(2026, 4, 6))
    assert span_of(dt.date(2026, 4, 5), SETTINGS, "week") == week
    assert earlier(week, SETTINGS).name == "2026-W13"
    assert earlier(parse_span("2026-W01", SETTINGS), SETTINGS).name == "2025-W52"


def test_every_kind_of_span_is_known_by_its_name():
    names = {"2026-W14": "week", "2026-04": "month", "2026Q2": "quarter", "2026H1": "half", "2026": "year"}
    for name, kind in names.items():
        span = parse_span(name, SETTINGS)
        assert kind_of(span) == kind
        assert span_of(span.first_day, SETTINGS, kind) == span
        assert earlier(span, SETTINGS).end_day == span.first_day


@pytest.mark.parametrize("name", ["2026-W54", "2026-W00", "2025-W53", "W14", "2026W14"])
def test_a_week_that_is_none_is_refused(name: str):
    with pytest.raises(DateInvalid, match=f"period '{name}' is not known; expected a"):
        parse_span(name, SETTINGS)


@pytest.mark.parametrize(
    ("cadence", "spans"),
    [
        ("W", "week month quarter half year"),
        ("M", "month quarter half year"),
        ("Q", "quarter half year"),
        ("Y", "year"),
    ],
)
def test_an_indicator_is_told_for_spans_as_long_as_its_cadence(cadence: str, spans: str):
    names = {"week": "2026-W14", "month": "2026-04", "quarter": "2026Q2", "half": "2026H1", "year": "2026"}
    told = [kind for kind, name in names.items() if told_for(cadence, parse_span(name, SETTINGS))]
    assert told == spans.split()
