"""The review pack is one page that needs nothing from elsewhere and tells what the other verbs tell."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from cli.models import open_registry
from history.workspace import open_workspace
from serving.pace import out_of_reach, pace
from serving.pages.format import money
from serving.review.actions import to_do
from serving.review.asked import asked, people_of, since
from serving.review.deals import at_stake, cards
from serving.review.file import page_of, review_html, standing_at
from serving.review.page import facts, review
from serving.standing import Standing
from tests.cli.calling import call, done

DAY = "2026-05-16"
FAR = {"en": "not reachable with new pipeline in 2026Q2", "zh-CN": "2026Q2 内靠新增商机无法补足"}


@pytest.fixture(scope="module")
def page(company: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("review") / "review.html"
    done("--workspace", company, "review", "--as-of", DAY, "--out", out)
    return out.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def standing(company: Path) -> Standing:
    workspace = open_workspace(company)
    instant = workspace.settings.start_of(dt.date.fromisoformat(DAY))
    return standing_at(workspace.history(), open_registry(workspace), instant)


def test_the_page_stands_alone(page: str) -> None:
    addresses = re.findall(r"""(?:href|src|action)=["']([^"']*)|url\(([^)]*)\)|@import\s+(\S+)""", page)
    assert not [found for found in addresses if not "".join(found).startswith("#")]
    assert "<script" not in page
    assert set(re.findall(r"https?://[\w.]+", page)) <= {"http://www.w3.org"}


def test_both_languages_are_in_it_and_the_one_asked_for_is_shown_first(page: str, standing: Standing) -> None:
    assert '<html lang="en">' in page
    for heading in ("What to settle today", "今天要定下来的事", "Deals to talk about", "需要讨论的商机"):
        assert heading in page
    told = review_html(standing, "team", language="zh-CN")
    assert '<html lang="zh-CN">' in told
    assert told.index('id="in-zh-CN" checked') < told.index('id="in-en"')


def test_it_says_what_the_forecast_says(page: str, company: Path, tmp_path: Path) -> None:
    out = tmp_path / "forecast.parquet"
    done("--workspace", company, "forecast", "--period", "2026Q2", "--as-of", DAY, "--by", "company", "--out", out)
    row = pl.read_parquet(out).row(0, named=True)
    first = page[page.index('class="answer"') :].split("</p>")[0]
    for name in ("mean", "p10", "p90", "quota"):
        assert money(row[name], "CNY", "en") in first


def test_it_says_what_changed_as_the_verb_says_it(page: str, company: Path, tmp_path: Path) -> None:
    out = tmp_path / "changed.parquet"
    days = ("--from", "2026-05-09", "--to", DAY)
    done("--workspace", company, "changed", "--period", "2026Q2", *days, "--out", out)
    for value in pl.read_parquet(out)["contribution"]:
        assert money(abs(value), "CNY", "en") in page


def test_pipeline_that_never_came_is_not_asked_for_as_if_it_could(standing: Standing) -> None:
    seen = []
    for scope in (None, "T01", "T02"):
        one = asked(standing, "team", scope)
        found = facts(standing, one)
        kind, name = one.head
        row = pace(found.seen, kind).filter(pl.col("scope_id") == name).row(0, named=True)
        said = [any(mark in text for text in to_do(standing, one, found, language)) for language, mark in FAR.items()]
        assert said == [out_of_reach(row)] * 2, name
        seen.append(out_of_reach(row))
    assert any(seen)


def test_one_team_has_its_own_people(standing: Standing) -> None:
    found = {team: set(people_of(standing, asked(standing, "team", team))) for team in ("T01", "T02")}
    assert found["T01"]
    assert found["T02"]
    assert not found["T01"] & found["T02"]
    told = review_html(standing, "team", "T01")
    assert "Weekly review: T01, 2026Q2" in told
    assert not [rep for rep in found["T02"] if standing.names[rep] in told]


@pytest.mark.parametrize(
    ("cadence", "day"),
    [("weekly", dt.date(2026, 5, 9)), ("monthly", dt.date(2026, 4, 16)), ("quarterly", dt.date(2026, 4, 1))],
)
def test_a_cadence_says_since_when_changes_are_told(cadence: str, day: dt.date, standing: Standing) -> None:
    start = since(standing, asked(standing, "company", cadence=cadence))
    assert standing.history.settings.day_of(start) == day


def test_a_name_cannot_become_part_of_the_page(standing: Standing) -> None:
    deals = standing.board.with_columns(name=pl.lit("<script>alert(1)</script>"), band=pl.lit("critical"))
    shown = cards(standing, at_stake(deals, dt.date(2027, 1, 1)), "en")
    found = replace(review(standing, facts(standing, asked(standing, "company")), "en"), deals=shown)
    told = page_of([found])
    assert "<script" not in told
    assert "&lt;script&gt;" in told


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--level", "planet"), "level 'planet' is not offered; expected one of team, rep, region, company."),
        (("--cadence", "hourly"), "cadence 'hourly' is not offered; expected one of weekly, monthly, quarterly."),
        (("--scope", "T99"), "team 'T99' is nobody's on 2026-05-16; expected one with people or open deals then."),
        (("--out", "review.pdf"), "--out review.pdf ends in '.pdf'; expected .html. Rename the file."),
        (("--out", "nowhere/review.html"), "--out nowhere/review.html cannot be written; expected a file in a folder"),
    ],
)
def test_what_cannot_be_is_named_in_one_line(arguments: tuple[str, ...], complaint: str, company: Path) -> None:
    said = call("--workspace", company, "review", "--as-of", DAY, *arguments)
    assert said.code != 0
    assert complaint in said.complaint
