"""The log is one JSON object a line and repeats nothing that an error quotes."""

from __future__ import annotations

import json
import logging
import sys

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from serving.headers import SafeHeaders
from serving.logs import REQUEST_ID, JsonLines
from serving.metrics import Metrics
from serving.store import open_tables


def formatted(message, error=False, **facts):
    raised = sys.exc_info() if error else None
    record = logging.LogRecord("dealcast.serving", logging.ERROR, __file__, 1, message, (), raised)
    record.facts = facts
    text = JsonLines().format(record)
    assert "\n" not in text
    return json.loads(text)


def test_a_line_tells_when_where_and_which_request():
    mark = REQUEST_ID.set("a-request-1")
    line = formatted("answered", route="/v1/deals", status=200)
    REQUEST_ID.reset(mark)
    assert line["request_id"] == "a-request-1"
    assert (line["route"], line["status"], line["level"]) == ("/v1/deals", 200, "error")
    assert line["at"].endswith("+00:00")


def test_an_error_is_told_by_kind_and_place_without_its_words():
    try:
        raise ValueError("Ann Smith of Acme pays 3,000,000")
    except ValueError:
        line = formatted("a change could not be taken in", error=True)
    assert line["error"] == "ValueError"
    assert line["raised_in"][-1].startswith("serving/test_logs.py:")
    assert "Ann" not in json.dumps(line)


def test_an_error_of_the_database_does_not_repeat_what_was_sent(tmp_path):
    engine = open_tables(f"sqlite:///{tmp_path / 'deals.db'}")
    wrong = sa.text("SELECT * FROM nowhere WHERE name = :name")
    with pytest.raises(DBAPIError) as caught, engine.connect() as connection:
        connection.execute(wrong, {"name": "Ann Smith"})
    assert "Ann Smith" not in str(caught.value)


def test_metrics_of_one_process_count_requests_by_route():
    metrics = Metrics()
    metrics.answered("GET", "/v1/deals", 200, 0.02)
    metrics.standing(7, "3", 1_000.0)
    text = metrics.text().decode()
    assert 'dealcast_requests_total{method="GET",route="/v1/deals",status="200"} 1.0' in text
    assert "dealcast_open_deals 7.0" in text
    assert "dealcast_model_version 3.0" in text


def test_behind_tls_browsers_are_told_to_come_over_https_alone():
    assert "Strict-Transport-Security" in SafeHeaders(lambda *_: None, secure=True).headers
    assert "Strict-Transport-Security" not in SafeHeaders(lambda *_: None).headers
