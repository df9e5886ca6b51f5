"""The API describes itself: every field has a meaning, every number a unit."""

import pytest


@pytest.fixture
def document(api):
    return api.get("/v1/openapi.json").json()


def number(schema):
    kinds = [schema, *schema.get("anyOf", [])]
    return any(kind.get("type") in ("number", "integer") for kind in kinds)


def test_every_field_of_every_schema_has_a_meaning_and_every_number_a_unit(document):
    fields = [
        (f"{name}.{field}", schema)
        for name, model in document["components"]["schemas"].items()
        if not name.startswith(("HTTPValidation", "Validation"))
        for field, schema in model.get("properties", {}).items()
    ]
    assert len(fields) > 100
    assert [place for place, schema in fields if not schema.get("description")] == []
    units = [place for place, schema in fields if number(schema) and "(unit: " not in schema["description"]]
    assert units == []


def test_every_parameter_has_a_meaning_and_every_number_a_unit(document):
    for path, methods in document["paths"].items():
        for method in methods.values():
            for parameter in method.get("parameters", []):
                if parameter["in"] == "path":
                    continue
                assert parameter.get("description"), (path, parameter["name"])
                assert not number(parameter["schema"]) or "(unit: " in parameter["description"], (path, parameter)


def test_the_routes_of_the_api_are_these(document):
    assert sorted(path for path in document["paths"] if path.startswith("/v1/")) == [
        "/v1/accuracy",
        "/v1/accuracy/categories",
        "/v1/accuracy/close-dates",
        "/v1/accuracy/definitions",
        "/v1/accuracy/periods",
        "/v1/accuracy/trend",
        "/v1/cues",
        "/v1/deals",
        "/v1/deals/{deal_id}",
        "/v1/deals/{deal_id}/history",
        "/v1/events",
        "/v1/export/{table}",
        "/v1/forecast",
        "/v1/forecast-calls",
        "/v1/forecast/changes",
        "/v1/forecast/correction",
        "/v1/funnel",
        "/v1/linearity",
        "/v1/models",
        "/v1/models/{version}",
        "/v1/models/{version}/promote",
        "/v1/pace",
        "/v1/plans",
        "/v1/score",
        "/v1/scorecard",
    ]


def test_every_route_says_what_it_does(document):
    for path, methods in document["paths"].items():
        assert all(method.get("description") for method in methods.values()), path
