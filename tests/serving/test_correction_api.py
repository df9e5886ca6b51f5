"""GET /v1/forecast/correction."""

from __future__ import annotations

import pytest


def test_the_effects_of_each_scope_add_up_to_what_the_forecast_tells_before_and_after(api):
    asked = {"by": "rep", "measure": "amount"}
    lines = api.get("/v1/forecast/correction", params=asked).json()["correction"]
    sums: dict[str, float] = {}
    for line in lines:
        sums[line["scope_id"]] = sums.get(line["scope_id"], 0.0) + line["effect"]
    for row in api.get("/v1/forecast", params=asked).json()["forecast"]:
        moved = row["mean"] - row["before_correction"]
        assert sums.get(row["scope_id"], 0.0) == pytest.approx(moved, abs=1e-6 * max(1.0, row["mean"]))


@pytest.mark.parametrize(("given", "says"), [({"period": "soon"}, "soon"), ({"by": "galaxy"}, "level 'galaxy'")])
def test_what_cannot_be_asked_is_told_in_one_sentence(api, given, says):
    answer = api.get("/v1/forecast/correction", params=given)
    assert (answer.status_code, says in answer.json()["detail"]) == (422, True), answer.json()
