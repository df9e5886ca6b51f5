"""One error shape: problem details that say what was given, where, and what to do."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from serving.app import create_app
from serving.settings import ServingSettings

ROOT = Path(__file__).parents[2]


def held_to_shape(answer, status):
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["type"].startswith("urn:dealcast:problem:")
    assert body["title"]
    assert body["detail"]
    assert "Traceback" not in answer.text
    return body


@pytest.mark.parametrize("body", ["{", "", "[1, 2", '{"deals": }', "\x00", "nul", '{"deals": [}'])
def test_malformed_json_is_named(api, body):
    answer = api.post("/v1/score", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    held_to_shape(answer, answer.status_code)


def test_bytes_that_are_no_text_are_named(api):
    answer = api.post("/v1/score", content=b'{"deals": "\xff\xfe"}', headers={"content-type": "application/json"})
    held_to_shape(answer, 400)


def test_json_nested_without_end_is_named(api):
    answer = api.post("/v1/score", content="[" * 50_000, headers={"content-type": "application/json"})
    assert 400 <= answer.status_code < 500
    held_to_shape(answer, answer.status_code)


def test_a_body_that_is_too_large_is_refused(shop, api):
    large = b"a" * (shop.app.state.settings.body_limit_bytes + 1)
    held_to_shape(api.post("/v1/score", content=large), 413)
    unannounced = iter([large[:1_000_000], large[1_000_000:]])
    held_to_shape(api.post("/v1/score", content=unannounced), 413)


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/v1/deals", {"owners": "R001"}),
        ("/v1/deals", {"limit": "many"}),
        ("/v1/deals", {"sort": "luck"}),
        ("/v1/deals", [("band", "watch"), ("band", "critical")]),
    ],
)
def test_what_cannot_be_used_of_a_request_has_one_name(path, params, api):
    body = held_to_shape(api.get(path, params=params), 422)
    assert body["type"] == "urn:dealcast:problem:invalid-request"
    assert body["type"] in (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def test_an_unknown_path_and_method_are_named(api):
    assert "/v1/nothing" in held_to_shape(api.get("/v1/nothing"), 404)["detail"]
    held_to_shape(api.delete("/v1/deals"), 405)


def test_an_unknown_deal_is_named(api):
    body = held_to_shape(api.get("/v1/deals/D-nobody"), 404)
    assert body["type"] == "urn:dealcast:problem:deal-unknown"
    assert "deal 'D-nobody' is not in the history known to you" in body["detail"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/v1/deals?limit=0", "query limit"),
        ("/v1/deals?limit=9999", "query limit"),
        ("/v1/deals?sort=price", "sort 'price' is not known"),
        ("/v1/deals?band=red", "band 'red' is not known"),
        ("/v1/deals?cursor=zzz", "is not one that this list gave"),
        ("/v1/forecast?period=2026Q5", "period '2026Q5' is not known"),
        ("/v1/forecast?by=planet", "level 'planet' is not known"),
        ("/v1/accuracy?by=planet", "query by"),
        ("/v1/accuracy?horizon=0", "query horizon"),
        ("/v1/scorecard?period=last", "period 'last' is not known"),
        ("/v1/scorecard?role=pirate", "role 'pirate' is nobody's"),
        ("/v1/scorecard?period=2030Q1", "period 2030Q1 has not begun"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(api, path, words):
    assert words in held_to_shape(api.get(path), 422)["detail"]


def test_a_page_s_problem_is_a_page_in_the_reader_s_language(browser):
    answer = browser.get("/deals/D-nobody", headers={"accept-language": "zh-CN"})
    assert answer.status_code == 404
    assert "没有找到" in answer.text
    assert answer.headers["content-type"].startswith("text/html")


def test_an_unforeseen_error_tells_nothing_of_the_inside(shop):
    app = create_app(ServingSettings(workspace=shop.workspace.path))

    @app.get("/v1/broken")
    def broken() -> None:
        raise RuntimeError("the password is hunter2")

    answer = TestClient(app, raise_server_exceptions=False).get("/v1/broken")
    held_to_shape(answer, 500)
    assert "hunter2" not in answer.text
    assert "content-security-policy" in answer.headers
