"""Who leads whom."""

import polars as pl
import pytest

from history.leading import leads_scope, led_by, led_scopes, people_at
from tests.lib.builders import history_of, instant, make_rep

NOW = instant("2026-06-01")


@pytest.fixture(scope="module")
def people() -> pl.DataFrame:
    rows = [
        make_rep("boss", role="head"),
        make_rep("north", team="North", region="East", manager_id="boss", role="manager"),
        make_rep("south", team="South", region="West", manager_id="boss", role="manager"),
        make_rep("ann", team="North", region="East", manager_id="north"),
        make_rep("bo", team="North", region="East", manager_id="north"),
        make_rep("cy", team="South", region="West", manager_id="south"),
        make_rep("gone", team="South", region="West", manager_id="boss", left_at=instant("2026-01-01")),
    ]
    return people_at(history_of(*rows), NOW)


def test_people_report_directly_or_through_others(people):
    assert led_by(people, "boss") == {"north", "south", "ann", "bo", "cy"}
    assert led_by(people, "north") == {"ann", "bo"}
    assert led_by(people, "ann") == set()


def test_a_team_is_led_by_whom_everybody_in_it_reports_to(people):
    assert leads_scope(people, "north", "team", "North")
    assert not leads_scope(people, "north", "team", "South")
    assert not leads_scope(people, "ann", "team", "North")
    assert leads_scope(people, "boss", "team", "South")
    assert not leads_scope(people, "boss", "team", "Nowhere")


def test_the_company_and_its_products_are_led_by_whom_everybody_reports_to(people):
    assert leads_scope(people, "boss", "company", "company")
    assert leads_scope(people, "boss", "product_line", "Chips")
    assert not leads_scope(people, "north", "company", "company")


def test_a_person_who_has_left_neither_leads_nor_stands_in_the_way(people):
    assert "gone" not in people["rep_id"]
    assert leads_scope(people, "south", "region", "West")


def test_the_scopes_of_a_leader_are_listed_people_first(people):
    assert led_scopes(people, "north") == ["rep:ann", "rep:bo", "team:North", "region:East"]
    assert led_scopes(people, "ann") == []
    assert led_scopes(people, "boss")[-1] == "company"


def test_people_who_report_to_each_other_in_a_circle_end_nothing():
    circle = pl.DataFrame({"rep_id": ["a", "b"], "manager_id": ["b", "a"], "team": ["T", "T"], "region": [None, None]})
    assert led_by(circle, "a") == {"b"}
    assert not leads_scope(circle, "a", "team", "T")
