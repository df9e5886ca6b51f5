"""GET /v1/linearity."""

import pytest


def test_the_shares_of_each_scope_and_period_add_up(api):
    rows = api.get("/v1/linearity", params={"by": "team", "part": "week"}).json()["linearity"]
    sums: dict[tuple[str, str], float] = {}
    for row in rows:
        if row["share"] is not None:
            place = (row["scope_id"], row["period"])
            sums[place] = sums.get(place, 0.0) + row["share"]
    assert len(sums) > 8
    assert list(sums.values()) == pytest.approx([1.0] * len(sums))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"period": "2026Q3"}, "period 2026Q3 has not ended on 2026-07-01"),
        ({"period": "soon"}, "period 'soon' is not known"),
        ({"cadence": "month"}, "expected part week for it"),
        ({"part": "day"}, "query part"),
    ],
)
def test_what_cannot_be_asked_is_told_in_one_sentence(api, given, says):
    answer = api.get("/v1/linearity", params=given)
    assert (answer.status_code, says in answer.json()["detail"]) == (422, True), answer.json()
