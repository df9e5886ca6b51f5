"""GET /v1/deals page by page: filters, orders, and cursors that hold when deals come, go and move."""

import datetime as dt

import polars as pl
import pytest

from history.errors import RequestInvalid
from serving.board import SORTS, Wanted, ordered
from serving.schemas import DealList
from serving.shelf import deal_row, make_order, make_shelf, paged, start_after, write_cursor
from tests.serving.conftest import NASTY_NAME


def rows(n):
    bands = ["critical", "at_risk", "watch", "healthy"]
    return pl.DataFrame(
        {
            "deal_id": [f"D{at:03}" for at in range(n)],
            "band": [bands[at % 4] for at in range(n)],
            "amount_home": [None if at % 5 == 0 else float(at % 7) for at in range(n)],
            "win_probability": [at % 3 / 10 for at in range(n)],
            "health": [float(at % 11) for at in range(n)],
            "close_day": [None if at % 6 == 0 else dt.date(2026, 1, 1 + at % 9) for at in range(n)],
        }
    )


def order_of(board, sort):
    return make_order(make_shelf(board).board, Wanted(), sort)


def ids(board, order, start, end):
    return [board["deal_id"][place] for place in order.places[start:end].tolist()]


@pytest.mark.parametrize("sort", [*SORTS, *(f"-{name}" for name in SORTS)])
def test_an_order_is_the_board_s_and_its_pages_follow_one_another(sort):
    board = rows(60)
    order = order_of(board, sort)
    assert ids(board, order, 0, 60) == ordered(board, sort)["deal_id"].to_list()
    for end in range(1, 60):
        assert start_after(write_cursor(sort, order, end), sort, order) == end
    assert write_cursor(sort, order, 60) is None


@pytest.mark.parametrize("sort", [*SORTS, *(f"-{name}" for name in SORTS)])
def test_deals_that_come_and_go_make_no_other_appear_twice_or_not_at_all(sort):
    later = rows(60)
    before = later.filter(pl.col("deal_id").str.slice(1).cast(pl.Int64) % 3 != 1)
    after = later.filter(pl.col("deal_id").str.slice(1).cast(pl.Int64) % 4 != 2)
    first, second = order_of(before, sort), order_of(after, sort)
    for end in (1, 13, 30, 39):
        shown = ids(before, first, 0, end)
        rest = ids(after, second, start_after(write_cursor(sort, first, end), sort, second), 60)
        stayed = set(before["deal_id"]) & set(after["deal_id"])
        assert not set(shown) & set(rest)
        assert stayed <= set(shown) | set(rest)


@pytest.mark.parametrize("limit", [1, 7, 50, 60, 99])
def test_pages_of_a_board_hold_every_deal_once_and_say_where_they_start(limit):
    board, seen, cursor = rows(60), [], None
    while True:
        page = paged(board, "risk", limit, cursor)
        assert (page.start, page.total) == (len(seen), 60)
        seen += page.rows["deal_id"].to_list()
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == ordered(board, "risk")["deal_id"].to_list()


def test_a_page_goes_on_from_its_place_when_its_last_deal_and_one_before_it_are_gone():
    cursor = paged(rows(9), "deal_id", 4, None).next_cursor
    fewer = rows(9).filter(~pl.col("deal_id").is_in(["D001", "D003"]))
    assert paged(fewer, "deal_id", 2, cursor).rows["deal_id"].to_list() == ["D004", "D005"]


def test_a_board_without_deals_has_one_empty_page():
    page = paged(rows(60).clear(), "risk", 5, None)
    assert (page.rows.height, page.start, page.total, page.next_cursor) == (0, 0, 0, None)


@pytest.mark.parametrize("cursor", ["x", "W10", "bnVsbA", "WyJyaXNrIl0", "!!!", "W1tbW1tbW1tbW1tbW1tb", "é"])
def test_a_cursor_that_no_page_gave_is_refused(cursor, api):
    with pytest.raises(RequestInvalid, match="send next_cursor"):
        start_after(cursor, "risk", order_of(rows(5), "risk"))
    assert api.get("/v1/deals", params={"cursor": cursor}).status_code == 422


def test_a_cursor_of_another_sort_is_refused(api):
    cursor = api.get("/v1/deals?limit=3").json()["next_cursor"]
    answer = api.get("/v1/deals", params={"cursor": cursor, "sort": "amount"})
    assert answer.status_code == 422
    assert "same sort" in answer.json()["detail"]


def test_the_list_is_what_its_schema_says(api, shop):
    found = DealList.model_validate_json(api.get("/v1/deals?limit=500").content, strict=False)
    assert [row.deal_id for row in found.deals] == ordered(shop.standing.board, "risk")["deal_id"].to_list()
    board = {row["deal_id"]: row for row in shop.standing.board.iter_rows(named=True)}
    assert found.deals == [deal_row(board[row.deal_id]) for row in found.deals]


def test_every_filter_keeps_exactly_what_it_names(api):
    every = api.get("/v1/deals?limit=500").json()["deals"]
    for name in ("region", "product_line", "segment"):
        value = next(deal[name] for deal in every if deal[name] != "(none)")
        found = api.get("/v1/deals", params={"limit": 500, name: value}).json()
        assert found["deals"] == [deal for deal in every if deal[name] == value]
        assert 0 < found["total"] < len(every)
    flag = next(deal["flags"][0] for deal in every if deal["flags"])
    found = api.get("/v1/deals", params={"limit": 500, "flag": flag}).json()["deals"]
    assert found == [deal for deal in every if flag in deal["flags"]]


def test_a_flag_or_band_that_there_is_not_is_refused(api):
    for name in ("flag", "band"):
        answer = api.get("/v1/deals", params={name: "nonsense"})
        assert answer.status_code == 422
        assert "expected one of" in answer.json()["detail"]


def test_deals_are_found_by_a_part_of_id_or_name_in_any_case(api):
    every = api.get("/v1/deals?limit=500").json()["deals"]
    found = api.get("/v1/deals", params={"search": NASTY_NAME.upper()}).json()
    assert [deal["name"] for deal in found["deals"]] == [NASTY_NAME]
    part = every[0]["deal_id"][-3:].lower()
    found = {deal["deal_id"] for deal in api.get("/v1/deals", params={"search": part, "limit": 500}).json()["deals"]}
    assert every[0]["deal_id"] in found
    assert {deal["deal_id"] for deal in every if part in deal["deal_id"].lower()} <= found


def test_a_search_is_text_and_no_pattern(api):
    for text in (".*", "%", "_", "' or 1=1 --", "{{7*7}}", "\\"):
        assert api.get("/v1/deals", params={"search": text}).json()["total"] == 0


def test_a_rep_lists_own_deals_alone_and_meets_no_other(api, api_as):
    every = api.get("/v1/deals?limit=500").json()["deals"]
    owner = next(deal["owner_id"] for deal in every if deal["owner_name"])
    mine = [deal for deal in every if deal["owner_id"] == owner]
    found = api_as(owner).get("/v1/deals?limit=500").json()
    assert found["deals"] == mine
    assert found["total"] == len(mine)
    other = next(deal["deal_id"] for deal in every if deal["owner_id"] != owner)
    for path in (f"/v1/deals/{other}", f"/v1/deals/{other}/history"):
        assert api_as(owner).get(path).status_code == 404
