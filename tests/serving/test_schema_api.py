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


@pytest.fixture
def api(app, shop):
    return TestClient(app, headers=shop.headers)


@functools.cache
def operations(app):
    schema = schemathesis.openapi.from_dict(document(app))
    return [found.ok() for found in schema.get_all_operations() if found.ok().path.startswith("/v1/")]


def test_every_operation_of_the_description_is_tried(app):
    assert len(operations(app)) >= 20


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_whatever_is_sent_the_answer_is_as_described(app, api, mode):
    for operation in operations(app):
        answered = _tried(operation, api, mode)
        assert answered, f"{operation.method} {operation.path} was not tried"


def _tried(operation, api, mode):
    seen = []

    @settings(
        max_examples=2 if operation.path.startswith(SLOW) else EXAMPLES,
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
