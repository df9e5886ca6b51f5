"""What is added to the synthetic company draws chance of its own and leaves every table that was there as it was."""

from __future__ import annotations

import hashlib

import polars as pl
import pytest

from history.synthetic import Crm, generate

COMING = ["2026Q3", "2026-07"]
"""Periods that begin when the history ends; the later months' targets are set within the quarter."""
BEFORE_LEARNING = {
    "accounts": (100, "22a48c3a2db1a9c8"),
    "activities": (4091, "1b48493eb178768e"),
    "assessments": (480, "bd8c08402cefe4d9"),
    "complaints": (1, "e2a5415221870dc4"),
    "contacts": (387, "22de3c7a8600f596"),
    "contracts": (50, "0493377fd26fbed3"),
    "costs": (489, "7e7b43a6c0d469fd"),
    "deal_changes": (3162, "8e2c6e3439e1b436"),
    "deals": (200, "a3db3006a4836a68"),
    "forecast_calls": (9156, "c36cb13a26301be0"),
    "invoices": (84, "ce31ce792ba7733b"),
    "leads": (267, "c4ab93891d9baab6"),
    "quotas": (816, "de1beb65b3691ea3"),
    "reps": (13, "8bfef7c06dbf325d"),
    "surveys": (309, "ca50b759a504e0aa"),
}
"""Rows of each table of `generate(200, 3)`, and the first half of the SHA-256 of its CSV, before what people learn,
share and do for each other was added."""


@pytest.fixture(scope="module")
def crm() -> Crm:
    return generate(200, 3)


def test_every_table_that_was_there_keeps_its_bytes(crm: Crm) -> None:
    found = {name: _content(crm.history[name].filter(_earlier(name))) for name in BEFORE_LEARNING}
    assert found == BEFORE_LEARNING


def test_the_quarter_to_come_has_its_targets_before_it_begins(crm: Crm) -> None:
    coming = crm.history["quotas"].filter(~_earlier("quotas"))
    assert set(coming["period"]) == set(COMING)
    assert (coming["recorded_at"] < crm.ends_at).all()
    last = crm.history["quotas"].filter(pl.col("period") == "2026Q2")
    assert set(coming["scope_kind"]) == set(last["scope_kind"])
    ratio = _company(crm, "2026Q3") / _company(crm, "2025Q3")
    assert 0.8 < ratio < 1.5
    there = crm.history["reps"].filter(pl.col("left_at").is_null())["rep_id"]
    assert set(coming.filter(pl.col("scope_kind") == "rep")["scope_id"]) <= set(there)


def _company(crm: Crm, period: str) -> float:
    of = (pl.col("scope_kind") == "company") & (pl.col("period") == period) & (pl.col("measure") == "amount")
    return float(crm.history["quotas"].filter(of)["target"].item())


def _earlier(name: str) -> pl.Expr:
    return ~pl.col("period").is_in(COMING) if name == "quotas" else pl.lit(True)


def _content(frame: pl.DataFrame) -> tuple[int, str]:
    return frame.height, hashlib.sha256(frame.write_csv().encode()).hexdigest()[:16]


def test_people_learn_share_and_help_only_while_they_are_there(crm: Crm) -> None:
    people = crm.history["reps"].group_by("rep_id").agg(pl.col("left_at").max())
    for name, column in (("trainings", "taken_at"), ("support_tasks", "asked_at")):
        rows = crm.history[name].join(people, on="rep_id", how="left")
        assert rows.height > 100
        assert rows["left_at"].is_null().any()
        assert rows.filter(pl.col(column) >= pl.col("left_at")).is_empty()


def test_an_item_is_used_only_after_it_was_shared(crm: Crm) -> None:
    acts = crm.history["contributions"]
    shared = acts.filter(pl.col("kind") == "shared").select("item_id", "rep_id", since="happened_at")
    used = acts.filter(pl.col("kind") == "used").join(shared, on=["item_id", "rep_id"], how="left")
    assert used.height > 100
    assert (used["happened_at"] > used["since"]).all()


def test_some_help_comes_late_and_some_never(crm: Crm) -> None:
    tasks = crm.history["support_tasks"]
    late = (tasks["done_at"] > tasks["due_at"]).drop_nulls()
    assert 0.05 < late.mean() < 0.5
    assert 0 < tasks["done_at"].null_count() < 0.1 * tasks.height
