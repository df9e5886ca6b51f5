"""What did not change is not sent again, and longer texts are sent short."""

import gzip

import pytest


def test_an_answer_that_did_not_change_is_304_without_a_body(api):
    first = api.get("/v1/deals")
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    for asked in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        again = api.get("/v1/deals", headers={"If-None-Match": asked})
        assert (again.status_code, again.content) == (304, b""), asked
        assert again.headers["etag"] == tag
    assert api.get("/v1/deals?limit=3", headers={"If-None-Match": tag}).status_code == 200


def test_a_tag_opens_nothing_to_who_may_not_read(client, api):
    tag = api.get("/v1/deals").headers["etag"]
    assert client.get("/v1/deals", headers={"If-None-Match": tag}).status_code == 401


def test_what_is_refused_has_no_tag(api):
    answer = api.get("/v1/deals?sort=nonsense")
    assert answer.status_code == 422
    assert "etag" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("asked", ["gzip", "br, gzip;q=0.5", "*"])
def test_a_long_text_is_sent_short_to_who_takes_it(api, asked):
    plain = api.get("/v1/deals", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    with api.stream("GET", "/v1/deals", headers={"Accept-Encoding": asked}) as answer:
        raw = b"".join(answer.iter_raw())
        assert answer.headers["content-encoding"] == "gzip"
        assert int(answer.headers["content-length"]) == len(raw) < len(plain.content) / 3
        assert answer.headers["etag"] == plain.headers["etag"]
        assert "Accept-Encoding" in answer.headers["vary"]
    assert gzip.decompress(raw) == plain.content


def test_a_short_text_is_sent_as_it_is(api):
    assert "content-encoding" not in api.get("/healthz", headers={"Accept-Encoding": "gzip"}).headers
