"""Requests made up from the API's own description: whatever comes, no 5xx and no answer that is not described."""

import functools
import shutil
from dataclasses import replace

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from serving.api.document import document
from serving.app import create_app
from serving.people.roll import add_person
from serving.tokens import create_token, utc_now

EXAMPLES = 4
"""Of each sort for each operation: the whole is bounded to seconds."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SLOW = (
    *("/v1/forecast", "/v1/forecast/correction", "/v1/pace", "/v1/linearity", "/v1/accuracy"),
    *("/v1/export/{table}", "/v1/events", "/v1/score"),
)
"""A question of another period takes a second and is not asked more than a few times."""


@pytest.fixture(scope="module")
def app(shop, tmp_path_factory):
    """The shop's workspace, free to be changed: some of what is made up is taken."""
    folder = tmp_path_factory.mktemp("made-up")
    shutil.copytree(shop.workspace.path, folder / "workspace")
    shutil.copytree(shop.workspace.path.parent / "mlruns", folder / "mlruns")
    app = create_app(replace(shop.app.state.settings, workspace=folder / "workspace"))
    yield app
    app.state.live.close()


CALLERS = ("program", "admin", "manager", "rep")
BY_PERSONS = ("/v1/forecast-calls", "/v1/plans")
"""What a program may not post: statements and goals are made by persons."""


@pytest.fixture(scope="module")
def apis(app, shop):
    """How each kind of caller calls; all but the program are persons of the history."""
    url, made = app.state.live.workspace.store_url, {"program": TestClient(app, headers=shop.headers)}
    for role, rep_id in (("admin", "M01"), ("manager", "M01"), ("rep", "R001")):
        person = add_person(app.state.engine, f"made up {role}", role, utc_now(), rep_id)
        secret = create_token(url, person.name, person_id=person.person_id)
        made[role] = TestClient(app, headers={"Authorization": f"Bearer {secret}"})
    return made


@functools.cache
def operations(app):
    schema = schemathesis.openapi.from_dict(document(app))
    return [found.ok() for found in schema.get_all_operations() if found.ok().path.startswith("/v1/")]


def test_every_operation_of_the_description_is_tried(app):
    assert len(operations(app)) >= 20


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_whatever_is_sent_the_answer_is_as_described(app, apis, mode):
    for operation in operations(app):
        answered = _tried(operation, apis["program"], mode, 2 if operation.path.startswith(SLOW) else EXAMPLES)
        assert answered, f"{operation.method} {operation.path} was not tried"


@pytest.mark.parametrize("caller", CALLERS[1:])
def test_whoever_sends_it_the_answer_is_as_described(app, apis, caller):
    for operation in operations(app):
        assert _tried(operation, apis[caller], GenerationMode.POSITIVE, 1), (operation.method, operation.path)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_what_persons_state_is_answered_as_described(app, apis, mode):
    asked = [one for one in operations(app) if one.method.upper() == "POST" and one.path in BY_PERSONS]
    assert len(asked) == len(BY_PERSONS)
    for operation in asked:
        statuses = set(_tried(operation, apis["manager"], mode, 10))
        assert statuses - {401, 403}, "more than the rights are tried"


def _tried(operation, api, mode, examples):
    seen = []

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def attempt(case):
        answer = _sent(api, case)
        seen.append(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    try:
        attempt()
    except Exception as error:
        if mode is GenerationMode.NEGATIVE and _cannot_be_wrong(error):
            return [0]
        raise
    return seen


def _cannot_be_wrong(error):
    """An operation that takes nothing cannot be asked wrongly."""
    return type(error).__name__ in ("Unsatisfiable", "NoSuchExample", "SkipTest", "Skipped")


def _sent(api, case):
    told = case.as_transport_kwargs(base_url="http://testserver")
    body = {"content": told["data"]} if isinstance(told.get("data"), bytes | str) else {}
    body |= {name: told[name] for name in ("json",) if name in told}
    headers = {name: value for name, value in told["headers"].items() if name.lower() != "authorization"}
    return api.request(told["method"], told["url"], params=told.get("params"), headers=headers, **body)
