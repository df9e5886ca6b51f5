"""Whatever stands in the address of a page: what is not known is refused in the reader's language, and noted."""

from __future__ import annotations

import secrets
from html import unescape
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from history.errors import DateInvalid
from history.fiscal import parse_period
from serving.access import PageRule
from serving.bridge import LINES
from serving.pages.pipeline import ORDERS, known_values
from serving.people import audit
from serving.sight import Sight
from serving.submissions import MEASURES
from tests.lib.routes import closed_routes
from tests.serving.conftest import NASTY_OWNER
from tests.serving.test_bad_input_api import TEXTS

PATHS = {"/deals/{deal_id:path}": "/deals/{deal}", "/people/{rep_id:path}": "/people/R001"}
FREE = {("/", "search"), ("/pipeline.csv", "search")}
"""Parameters that any text may stand in."""
OPEN = {"/sign-in": "back", "/language/en": "back", "/sign-in/provider": "back"}
"""Pages that anybody may open, with what they take."""
ANY_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=40)
laws = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def pages(shop):
    """Every page that is read: its route, an address that leads to it, and the parameters that it takes."""
    deal = shop.standing.board["deal_id"][0]
    found = []
    for route in closed_routes(shop.app):
        if isinstance(route.rule, PageRule) and route.method == "GET":
            address = PATHS.get(route.path, route.path).replace("{deal}", quote(deal, safe=""))
            assert "{" not in address, f"say in PATHS what {route.path} leads to"
            found.append((route.path, address, route.parameters))
    return found


def asked(browser, address, language="en", **query):
    mark = f"bad-query-{secrets.token_hex(8)}"
    headers = {"X-Request-Id": mark, "accept-language": language}
    return browser.get(address, params=query or None, headers=headers, follow_redirects=False), mark


def refused(shop, answer, mark, who=True):
    """That it was refused as a page, in words, and noted under the reader's name."""
    assert answer.status_code == 422, (answer.request.url, answer.status_code)
    assert "<main" in answer.text
    assert "<script" not in answer.text
    assert shop.app.state.audit.flush()
    lines = audit.read(shop.app.state.engine)
    (line,) = lines.filter(lines["request_id"] == mark).select("who", "deed", "status").rows()
    assert line[1:] == ("refused", 422)
    assert (line[0] != audit.NOBODY) == who


def test_the_pages_and_their_parameters_are_all_there(pages):
    assert {path for path, _, _ in pages} >= {"/", "/forecast", "/people", "/funnel", "/models", "/data", "/account"}


@pytest.mark.parametrize(
    ("language", "words"), [("en", "which this page does not know"), ("zh-CN", "不是本页面的参数")]
)
def test_a_parameter_that_a_page_does_not_know_is_refused_in_the_reader_s_words(shop, browser, pages, language, words):
    for path, address, parameters in pages:
        answer, mark = asked(browser, address, language, colour="red")
        refused(shop, answer, mark)
        page = unescape(answer.text)
        assert f'lang="{language}"' in page
        assert words in page, path
        assert "colour" in page
        assert all(name in page for name in sorted(parameters)[:12]), path


@laws
@given(name=ANY_TEXT, value=ANY_TEXT)
def test_no_unknown_name_gets_through_anywhere(browser, pages, name, value):
    for _, address, parameters in pages:
        if name not in parameters:
            assert browser.get(address, params={name: value}, follow_redirects=False).status_code == 422
    for address, taken in OPEN.items():
        if name != taken:
            assert browser.get(address, params={name: value}, follow_redirects=False).status_code == 422


@laws
@given(value=ANY_TEXT)
def test_no_value_that_cannot_be_used_gets_through_anywhere(shop, browser, pages, value):
    for path, address, parameters in pages:
        for name in sorted(parameters):
            answer = browser.get(address, params={name: value}, follow_redirects=False)
            expected = 200 if (path, name) in FREE or usable(shop, name, value) else 422
            assert answer.status_code == expected, (path, name, value, answer.status_code)


def usable(shop, name, value):
    """Whether chance has drawn a value that can be used."""
    known = known_values(shop.standing, Sight("admin", None, frozenset()))
    offered = {**known, "version": [shop.version], "months": ["3", "6", "12"], "horizon": ["15", "45", "75"]}
    offered |= {"said": ["1"], "written": ["1"], "sort": list(ORDERS), "line": list(LINES), "measure": list(MEASURES)}
    if name == "period":
        try:
            return bool(parse_period(value, shop.standing.history.settings))
        except DateInvalid:
            return False
    return value in offered.get(name, ())


@pytest.mark.parametrize("value", [*TEXTS, "\x00", " ", "9" * 300])
def test_no_text_breaks_out_of_an_address(shop, browser, pages, value):
    for path, address, parameters in pages:
        for name in sorted(parameters):
            answer, mark = asked(browser, address, **{name: value})
            if (path, name) in FREE or (name, value) == ("owner", NASTY_OWNER):
                assert answer.status_code == 200
            else:
                refused(shop, answer, mark)


@pytest.mark.parametrize(
    ("address", "name", "value", "words"),
    [
        ("/", "band", "purple", ("critical", "healthy")),
        ("/", "sort", "colour", ("risk", "amount")),
        ("/", "stage", "Nowhere", ()),
        ("/", "team", "T99", ("T01",)),
        ("/funnel", "months", "7", ("3", "6", "12")),
        ("/funnel", "by", "planet", ("team", "region")),
        ("/people", "horizon", "31", ("75", "45", "15")),
        ("/forecast", "period", "2026Q9", ("2026Q4",)),
        ("/forecast", "line", "colours", ("won",)),
        ("/forecast", "said", "yes", ("1",)),
        ("/models", "version", "99", ()),
        ("/models", "done", "deleted", ("promoted",)),
        ("/account", "done", "everything", ("password",)),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_bad_value_is_named_with_what_can_be_used(shop, browser, address, name, value, words, language):
    answer, mark = asked(browser, address, language, **{name: value})
    refused(shop, answer, mark)
    advice = unescape(answer.text).split("<h1>")[1].split('<p class="dim">')[0]
    assert ("which cannot be used" if language == "en" else "无法使用") in advice
    assert f"“{name}”" in advice
    assert f"“{value}”" in advice
    assert all(word in advice for word in words)


def test_what_is_given_twice_is_refused(shop, browser, pages):
    for _, address, parameters in pages:
        for name in sorted(parameters):
            answer, mark = asked(browser, f"{address}?{name}=&{name}=")
            refused(shop, answer, mark)


def test_an_empty_value_means_any(browser, pages):
    for path, address, parameters in pages:
        for name in sorted(parameters - {"sort", "by", "months", "horizon", "measure"}):
            assert browser.get(f"{address}?{name}=", follow_redirects=False).status_code in (200, 303), (path, name)


def test_public_pages_are_as_strict_and_the_provider_s_way_back_is_not(shop, client):
    for address in OPEN:
        assert asked(client, address, colour="red")[0].status_code == 422
    assert client.get("/sign-in/provider/back?session_state=1&iss=x", follow_redirects=False).status_code == 303


def test_a_view_kept_by_its_address_goes_on_working_when_no_deal_is_left_in_it(shop, browser):
    known = {stage.name for stage in shop.standing.history.settings.stages}
    empty = sorted(known - set(shop.standing.board["stage"]))
    assert empty, "closed stages hold no open deal"
    answer = browser.get("/", params={"stage": empty[0]})
    assert answer.status_code == 200


def test_whom_one_does_not_see_one_cannot_ask_for(shop, browser_as):
    rep = browser_as("rep", "R001")
    others, nobody = (rep.get("/", params={"owner": name}) for name in ("R002", "no-such-person"))
    assert others.status_code == nobody.status_code == 422
    assert others.text.replace("R002", "") == nobody.text.replace("no-such-person", "")
