"""Each role sees its part of the company and no more."""

from __future__ import annotations

import polars as pl
import pytest

from history.errors import DealUnknown, NotAllowed
from serving.deeds import DEEDS, RIGHTS, ROLES
from serving.sight import Sight, make_hierarchy, make_sight
from tests.lib.deal_log import at, deal, told

NOW = at("2026-02-03")
PEOPLE = pl.DataFrame(
    [
        ("max", None, None, None),
        ("lee", "North", "max", None),
        ("ann", "North", "lee", None),
        ("bo", "North", "lee", None),
        ("cy", "South", "max", None),
        ("di", "North", "lee", at("2026-01-15")),
    ],
    schema={"rep_id": pl.String, "team": pl.String, "manager_id": pl.String, "left_at": pl.Datetime("us")},
    orient="row",
)
DEALS = pl.DataFrame({"deal_id": ["1", "2", "3", "4", "5"], "owner_id": ["ann", "bo", "cy", None, "di"]})
SCOPES = pl.DataFrame(
    {
        "scope_kind": ["rep", "rep", "team", "team", "company"],
        "scope_id": ["ann", "cy", "North", "South", "company"],
    }
)


@pytest.fixture(scope="module")
def hierarchy():
    history = told(deal("one", "2026-01-02", owner_id="zed"), reps=PEOPLE)
    return make_hierarchy(history, NOW)


def seen(hierarchy, role, rep_id=None):
    return make_sight(hierarchy, role, rep_id)


def deals_of(sight: Sight) -> str:
    return "".join(sight.narrow_deals(DEALS)["deal_id"])


def test_a_rep_sees_own_deals_alone(hierarchy):
    ann = seen(hierarchy, "rep", "ann")
    assert deals_of(ann) == "1"
    assert ann.narrow_scopes(SCOPES).rows() == [("rep", "ann")]


def test_a_manager_sees_the_subtree_and_those_of_it_who_left(hierarchy):
    lee = seen(hierarchy, "manager", "lee")
    assert deals_of(lee) == "125"
    assert lee.narrow_scopes(SCOPES).rows() == [("rep", "ann"), ("team", "North")]
    assert not lee.sees_scope("company", "company")


def test_who_leads_the_whole_company_sees_everything(hierarchy):
    assert seen(hierarchy, "manager", "max").everything


@pytest.mark.parametrize("role", ["planner", "analyst", "admin", "program"])
def test_other_roles_see_everything_deals_without_an_owner_too(hierarchy, role):
    sight = seen(hierarchy, role)
    assert deals_of(sight) == "12345"
    assert sight.narrow_scopes(SCOPES).equals(SCOPES)
    assert sight.mark is None


def test_a_manager_whom_nobody_reports_to_sees_as_a_rep_does(hierarchy):
    assert deals_of(seen(hierarchy, "manager", "cy")) == "3"


def test_a_person_nobody_knows_sees_nothing(hierarchy):
    assert deals_of(seen(hierarchy, "rep", "stranger")) == ""
    assert deals_of(seen(hierarchy, "manager", None)) == ""


def test_another_s_deal_is_refused_in_the_words_of_one_that_does_not_exist(hierarchy):
    ann = seen(hierarchy, "rep", "ann")
    ann.require_deal("1", "ann")
    for owner in ("bo", None):
        with pytest.raises(DealUnknown, match="expected a deal_id of /v1/deals"):
            ann.require_deal("2", owner)
    with pytest.raises(DealUnknown, match="nobody you see is called 'bo'"):
        ann.require_person("bo")


def test_a_scope_that_is_not_one_s_own_is_refused_with_those_that_are(hierarchy):
    with pytest.raises(NotAllowed, match="team:South is not yours to see; expected one of rep:ann, rep:bo"):
        seen(hierarchy, "manager", "lee").require_scope("team", "South")


def test_each_role_may_do_its_own_and_a_token_can_only_take_away(hierarchy):
    allowed = {deed: {role for role in ROLES if seen(hierarchy, role, "lee").may(deed)} for deed in DEEDS}
    assert allowed["read"] == allowed["export"] == allowed["state"] == set(ROLES)
    assert allowed["plan"] == {"planner", "admin"}
    assert allowed["promote"] == allowed["intake"] == {"analyst", "admin"}
    assert allowed["people"] == {"admin"}
    narrow = make_sight(hierarchy, "rep", "ann", {"read", "people"})
    assert narrow.deeds == {"read"}
    with pytest.raises(
        NotAllowed,
        match="an account of the role rep that has the rights read cannot set and change targets; expected the",
    ):
        narrow.require("plan")


def test_every_right_is_a_deed_that_exists():
    assert set().union(*RIGHTS.values()) == set(DEEDS)


def test_owners_whom_no_row_of_people_describes_are_people_too(hierarchy):
    assert "zed" in hierarchy.people
    assert hierarchy.leads("lee")
    assert not hierarchy.leads("ann")
