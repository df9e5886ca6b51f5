"""A model is let serve, and rolled back, by who may: on record with the registry and in the audit log."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from serving.app import create_app
from serving.people import audit
from serving.people.roll import add_person
from serving.tokens import create_token, utc_now
from tests.lib.foreign_bundle import OLDER, aged


@pytest.fixture(scope="module")
def app(shop, tmp_path_factory):
    """The shop's workspace with a second version, trained as of the same day, that nobody has promoted."""
    folder = tmp_path_factory.mktemp("promotion")
    shutil.copytree(shop.workspace.path, folder / "workspace")
    shutil.copytree(shop.workspace.path.parent / "mlruns", folder / "mlruns")
    app = create_app(replace(shop.app.state.settings, workspace=folder / "workspace", refresh_seconds=0.0))
    app.state.live.registry.log(shop.folder / "bundle", shop.standing.as_of, {}, {}, {}, {})
    yield app
    app.state.live.close()


@pytest.fixture(scope="module")
def as_role(app):
    """Makes the API of a person of a role, who is the manager M01 where the role is one of a person of the history."""

    def made(role):
        url = app.state.live.workspace.store_url
        name = f"{role} {utc_now().timestamp()}"
        person = add_person(app.state.engine, name, role, utc_now(), "M01" if role in ("rep", "manager") else None)
        return TestClient(
            app, headers={"Authorization": f"Bearer {create_token(url, name, person_id=person.person_id)}"}
        )

    return made


def second(app, shop):
    (found,) = [one.version for one in app.state.live.registry.versions() if one.version != shop.version]
    return found


def test_an_analyst_promotes_and_rolls_back_on_record(app, as_role, shop):
    analyst, newer = as_role("analyst"), second(app, shop)
    path = f"/v1/models/{newer}/promote"
    answer = analyst.post(path, json={"reason": "reviewed"}, headers={"X-Request-Id": "promoted-by-analyst"})
    assert (answer.status_code, answer.json()) == (200, {"version": newer, "champion": newer, "withdrawn": []})
    assert analyst.get("/v1/deals?limit=1").json()["model_version"] == newer
    back = {"reason": "odd reasons", "roll_back": True}
    answer = analyst.post(
        f"/v1/models/{shop.version}/promote", json=back, headers={"X-Request-Id": "rolled-back-by-analyst"}
    )
    assert answer.json() == {"version": shop.version, "champion": shop.version, "withdrawn": [newer]}
    told = analyst.get("/v1/models").json()
    assert told["serving_version"] == shop.version
    did = [(one["did"], one["version"], one["reason"]) for one in told["events"]]
    assert did[-2:] == [("promote", newer, "reviewed"), ("rollback", shop.version, "odd reasons")]
    assert all(one["by"].startswith("analyst ") for one in told["events"][-2:])
    exported = analyst.get("/v1/export/promotions?format=json").json()
    assert [one["reason"] for one in exported] == [one["reason"] for one in told["events"]]
    assert app.state.audit.flush()
    lines = audit.read(app.state.engine)
    did = {
        "promoted-by-analyst": f"promote {newer}; champion from {shop.version} to {newer} (POST {path})",
        "rolled-back-by-analyst": f"roll back from {newer} to {shop.version}; no longer serving: {newer} "
        f"(POST /v1/models/{shop.version}/promote)",
    }
    for request_id, what in did.items():
        line = lines.filter(lines["request_id"] == request_id)
        assert line.select("role", "deed", "what").row(0) == ("analyst", "promoted", what)


@pytest.mark.parametrize("role", ["rep", "manager", "planner"])
def test_nobody_else_does(app, as_role, shop, role):
    before = app.state.live.registry.events()
    answer = as_role(role).post(f"/v1/models/{second(app, shop)}/promote", json={"reason": "because"})
    assert answer.status_code == 403
    assert "cannot let a model serve or roll back" in answer.json()["detail"]
    assert app.state.live.registry.events() == before


@pytest.mark.parametrize("version", ["99", "../1", "1 or 1=1", "x" * 40])
def test_a_version_that_there_is_not_is_404(as_role, version):
    assert as_role("admin").post(f"/v1/models/{version}/promote", json={"reason": "because"}).status_code == 404


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "  "}, {"reason": "a\x00b"}, {"reason": "x" * 2_001},
                                  {"reason": 5},
                                  {"reason": "r", "roll_back": "perhaps"}, {"reason": "r", "force": True}])  # fmt: skip
def test_without_a_usable_reason_nothing_is_promoted(app, as_role, shop, body):
    before = app.state.live.registry.events()
    assert as_role("admin").post(f"/v1/models/{shop.version}/promote", json=body).status_code == 422
    assert app.state.live.registry.events() == before


@pytest.mark.parametrize("roll_back", [False, True])
def test_a_version_that_cannot_be_loaded_is_refused_by_name_and_nothing_changes(app, as_role, shop, roll_back):
    registry = app.state.live.registry
    third = registry.log(shop.folder / "bundle", shop.standing.as_of, {}, {}, {}, {})
    aged(registry, third)
    before = registry.versions(), registry.events()
    asked = {"reason": "because", "roll_back": roll_back}
    answer = as_role("admin").post(f"/v1/models/{third}/promote", json=asked)
    assert answer.status_code == 503
    assert f"model {third} was trained on feature version {OLDER}; this installation" in answer.json()["detail"]
    assert (registry.versions(), registry.events()) == before
