"""What pages ask first is there before they ask; answers are worked out once, and old ones stand in meanwhile."""

import threading
import time
from dataclasses import replace

import pytest

from serving.memory import ANSWERS_KEPT, WARMER, Memory
from serving.standing import LASTING
from serving.warmth import SLOW, succeeding, warm

DRAWN = {"ranges", "waterfall", "records"}
"""Drawings wait for their first reader, whose language they are in."""


@pytest.fixture
def bare(shop):
    """The standing with no answer yet."""
    return replace(shop.standing, memory=Memory(), lasting=Memory())


def test_an_answer_is_worked_out_once_however_many_ask_at_once(bare):
    worked = []

    def slowly():
        worked.append(1)
        time.sleep(0.05)
        return "answer"

    found = []
    threads = [threading.Thread(target=lambda: found.append(bare.remembered(("q",), slowly))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["answer"] * 8
    assert worked == [1]


def test_nothing_is_an_answer_too(bare):
    worked = []
    for _ in range(2):
        assert bare.remembered(("none",), lambda: worked.append(1)) is None
    assert worked == [1]


def test_what_was_asked_for_longest_ago_is_forgotten_first(bare):
    bare.remembered(("kept",), lambda: 1)
    for number in range(ANSWERS_KEPT):
        bare.remembered(("q", number), lambda: 2)
        bare.remembered(("kept",), lambda: pytest.fail("forgotten although it is asked for all the time"))
    assert len(bare.memory.answers) == ANSWERS_KEPT
    assert ("q", 0) not in bare.memory.answers


def test_an_answer_that_cannot_be_worked_out_is_tried_again_by_the_next_who_asks(bare):
    with pytest.raises(ValueError, match="not now"):
        bare.remembered(("q",), lambda: (_ for _ in ()).throw(ValueError("not now")))
    assert bare.remembered(("q",), lambda: 5) == 5


def test_what_stood_before_answers_until_the_new_answer_is_there(bare):
    standing = replace(bare, lasting=Memory(before={("funnel", "x"): "old"}))
    assert standing.remembered(("funnel", "x"), lambda: pytest.fail("nobody waits")) == "old"
    worker = threading.Thread(target=lambda: standing.remembered(("funnel", "x"), lambda: "new"), name=WARMER)
    worker.start()
    worker.join()
    assert standing.remembered(("funnel", "x"), lambda: pytest.fail("it is there")) == "new"


def test_who_sees_what_and_what_was_written_is_never_answered_from_before(shop, bare):
    old = {(name,): "old" for name in ("plans", "person", "history", "outlook")}
    stood = replace(bare, lasting=Memory(old))
    assert set(succeeding(bare, stood).lasting.before) <= {("outlook",)}
    other_day = replace(stood, as_of=stood.as_of.replace(year=2025))
    assert succeeding(bare, other_day).lasting.before == {}


def test_after_warming_the_pages_work_nothing_slow_out(shop, browser):
    standing = shop.standing
    warm(standing)
    assert standing.lasting.settled.is_set()
    known = set(standing.lasting.answers)
    for path in ("/", "/forecast", "/people", "/people/R001", "/funnel", "/models", "/data"):
        assert browser.get(path).status_code == 200
    assert shop.standing is standing
    fresh = {key for key in set(standing.lasting.answers) - known if key[0] in SLOW - DRAWN}
    assert fresh == set()


def test_what_may_stand_in_from_before_outlasts_an_event_too():
    assert SLOW <= LASTING
