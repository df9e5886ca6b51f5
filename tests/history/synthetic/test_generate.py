"""What `generate` promises of the tables it makes."""

from __future__ import annotations

import datetime as dt
import hashlib
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from history.deals import closings, ordered_changes, snapshot
from history.fiscal import bounds, parse_period
from history.importing import import_canonical
from history.record import History
from history.scopes import standing_reps
from history.synthetic import Crm, generate, write_folder
from history.synthetic.days import quarter_names
from history.tables import TABLES
from history.workspace import Workspace
from tests.history.synthetic.companies import DEALS, SEED, company


@pytest.fixture(params=[False, True], ids=["messy", "clean"])
def crm(request: pytest.FixtureRequest) -> Crm:
    return company(request.param)


def test_every_table_keeps_its_declaration(crm: Crm) -> None:
    for name, frame in crm.history.tables.items():
        for column in TABLES[name].columns:
            values = frame[column.name]
            assert values.dtype == column.dtype, (name, column.name)
            assert not column.required or values.null_count() == 0, (name, column.name)
            assert not column.choices or values.drop_nulls().is_in(list(column.choices)).all(), (name, column.name)
            assert column.at_least is None or (values.drop_nulls() >= column.at_least).all(), (name, column.name)


def test_every_table_but_rates_plans_and_what_dealcast_itself_says_has_rows(crm: Crm) -> None:
    written = {name for name, frame in crm.history.tables.items() if frame.height}
    assert written == set(TABLES) - {"scores", "model_calls", "fx_rates", "coaching_plans"}
    assert crm.history["deals"].height == DEALS


def test_nothing_is_recorded_at_or_after_the_end(crm: Crm) -> None:
    for name, frame in crm.history.tables.items():
        assert frame["recorded_at"].null_count() == 0, name
        assert frame["recorded_at"].max() < crm.ends_at, name
        happened = TABLES[name].happened
        if happened and name != "contracts":
            assert frame[happened].max() < crm.ends_at, name
        for column in TABLES[name].columns:
            if column.revealed_by:
                assert frame.filter(pl.col(column.revealed_by) >= crm.ends_at).is_empty(), (name, column.name)


def test_no_event_is_known_before_it_happens(crm: Crm) -> None:
    for name in ("deals", "deal_changes", "activities", "contacts", "forecast_calls", "invoices", "surveys"):
        frame = crm.history[name]
        assert (frame["recorded_at"] >= frame[str(TABLES[name].happened)]).all(), name


def test_ids_refer_to_rows_that_exist(crm: Crm) -> None:
    history = crm.history
    people, accounts = set(history["reps"]["rep_id"]), set(history["accounts"]["account_id"])
    assert set(history["activities"]["rep_id"]) <= people
    assert set(history["deal_changes"]["changed_by"]) <= people
    assert set(history["forecast_calls"]["forecaster_id"]) <= people
    assert set(history["deals"]["account_id"]) <= accounts
    deals = set(history["deals"]["deal_id"])
    for name in ("deal_changes", "activities", "contacts", "invoices", "contracts"):
        assert set(history[name]["deal_id"]) <= deals, name
    assert set(history["leads"]["deal_id"].drop_nulls()) <= deals


def test_each_change_starts_from_the_value_before() -> None:
    changes = ordered_changes(company(clean=True).history)
    before = pl.col("new_value").shift(1).over("deal_id", "field")
    assert changes.filter(pl.col("old_value").ne_missing(before)).is_empty()


def test_a_clean_company_has_no_late_row_and_no_row_twice() -> None:
    history = company(clean=True).history
    for name in ("deal_changes", "activities", "contacts", "forecast_calls", "invoices"):
        frame = history[name]
        assert (frame["recorded_at"] == frame[str(TABLES[name].happened)]).all(), name
        assert not frame.is_duplicated().any(), name
    assert set(history["contacts"]["deal_id"]) == set(history["deals"]["deal_id"])


def test_a_messy_company_has_late_rows_rows_twice_and_gaps() -> None:
    history = company().history
    changes = history["deal_changes"]
    late = (changes["recorded_at"] - changes["changed_at"]) > dt.timedelta(minutes=20)
    assert 0.02 < late.mean() < 0.1
    weeks_late = (history["activities"]["recorded_at"] - history["activities"]["happened_at"]) > dt.timedelta(days=7)
    assert weeks_late.any()
    assert changes.is_duplicated().any()
    with_amount = changes.filter(pl.col("field") == "amount")["deal_id"].n_unique()
    assert (
        with_amount
        < company(clean=True).history["deal_changes"].filter(pl.col("field") == "amount")["deal_id"].n_unique()
    )
    assert history["contacts"]["deal_id"].n_unique() < DEALS


def test_gaps_say_nothing_of_the_outcome() -> None:
    history, whole = company().history, company(clean=True).history
    ends = snapshot(whole, company().ends_at).filter(pl.col("outcome").is_not_null())
    unnamed = ~ends["deal_id"].is_in(history["contacts"]["deal_id"].unique().implode())
    won = ends["outcome"] == "won"
    assert unnamed.sum() > 30
    assert abs(won.filter(unnamed).mean() - won.mean()) < 0.15


def test_mess_leaves_the_fates_of_deals_alone() -> None:
    ours, clean = company().truth["outcomes"], company(clean=True).truth["outcomes"]
    assert ours.equals(clean)


def test_the_company_has_regions_teams_leavers_newcomers_and_moves() -> None:
    reps = company().history["reps"].filter(pl.col("role") != "head")
    assert reps["region"].n_unique() >= 2
    assert reps["team"].n_unique() >= 2
    assert reps["left_at"].is_not_null().any()
    assert (reps["hired_at"] > dt.datetime(2023, 8, 1)).any()
    sellers = reps.filter(pl.col("role") != "manager")
    assert sellers.group_by("rep_id").agg(pl.col("team").n_unique())["team"].max() == 2
    team_size = standing_reps(company().history).filter(pl.col("left_at").is_null()).group_by("team").len()
    assert team_size.filter(pl.col("team").is_not_null())["len"].is_between(4, 10).all()


def test_deals_are_reopened_and_some_change_their_owner() -> None:
    history = company().history
    assert closings(history)["reopened_at"].is_not_null().sum() > 10
    owners = history["deal_changes"].filter((pl.col("field") == "owner_id") & pl.col("old_value").is_not_null())
    assert owners["deal_id"].n_unique() > 20


def test_stages_move_forward_and_now_and_then_back() -> None:
    history = company(clean=True).history
    place = {name: number for number, name in enumerate(history.settings.open_stages)}
    moves = history["deal_changes"].filter(pl.col("field") == "stage").drop_nulls("old_value")
    step = moves.select(
        pl.col("new_value").replace_strict(place, default=None)
        - pl.col("old_value").replace_strict(place, default=None)
    ).to_series()
    assert (step > 0).sum() > 5 * (step < 0).sum() > 100


def test_close_dates_are_pushed_more_than_pulled() -> None:
    dates = company(clean=True).history["deal_changes"].filter(pl.col("field") == "close_date").drop_nulls()
    later = dates["new_value"] > dates["old_value"]
    assert later.sum() > 300
    assert (~later).sum() > 100


def test_wins_crowd_at_the_end_of_quarters() -> None:
    won = closings(company(clean=True).history).filter(pl.col("outcome") == "won")
    local = won.select(day=pl.col("closed_at").dt.offset_by("8h").dt.date())
    left = local.select(
        (pl.col("day").dt.truncate("1q").dt.offset_by("1q") - pl.col("day")).dt.total_days()
    ).to_series()
    assert (left <= 14).mean() > 1.8 * 14 / 91.3


def test_about_a_quarter_of_closed_deals_is_won_after_about_75_days() -> None:
    crm = company(clean=True)
    ends = crm.truth["outcomes"].filter(pl.col("spell") == 0).join(crm.history["deals"], on="deal_id")
    assert 0.22 < ends["won"].mean() < 0.33
    won = ends.filter("won").with_columns(days=(pl.col("closed_at") - pl.col("created_at")).dt.total_days())["days"]
    assert 60 < won.median() < 100
    assert won.quantile(0.05) > 13
    assert won.quantile(0.95) < 290


def test_there_are_about_fifteen_changes_and_twenty_touches_a_deal() -> None:
    history = company(clean=True).history
    assert 12 < history["deal_changes"].height / DEALS < 17
    assert 18 < history["activities"].height / DEALS < 26


def test_quotas_are_set_ahead_and_a_few_are_revised() -> None:
    quotas = company().history["quotas"]
    quarterly = quotas.filter(pl.col("period").is_in(quarter_names()))
    assert set(quotas["scope_kind"]) == {"rep", "team", "region", "product_line", "company"}
    first = quarterly.group_by("scope_kind", "scope_id", "period", "measure").agg(pl.col("set_at").min(), pl.len())
    settings = company().history.settings
    starts = {name: bounds(parse_period(name, settings), settings)[0] for name in quarter_names()}
    ahead = first.with_columns(begins=pl.col("period").replace_strict(starts, return_dtype=pl.Datetime("us")))
    assert (ahead["set_at"] < ahead["begins"]).all()
    assert 0 < (first["len"] > 1).mean() < 0.1


def test_every_rep_calls_most_weeks_and_managers_override() -> None:
    calls = company().history["forecast_calls"]
    weeks = calls.filter(pl.col("forecaster_kind") == "rep").group_by("forecaster_id", "period")
    assert weeks.agg(pl.col("called_at").n_unique().alias("weeks"))["weeks"].median() >= 12
    over = calls.filter((pl.col("forecaster_kind") == "manager") & (pl.col("scope_kind") == "rep"))
    assert over.height > 50
    assert over["note"].null_count() == 0


def test_too_few_deals_are_refused_in_one_line() -> None:
    with pytest.raises(ValueError, match="10 deals are too few for a company; ask for 50 or more"):
        generate(10, 1)


@pytest.mark.parametrize("clean", [True, False], ids=["clean", "messy"])
def test_the_written_folder_imports_with_nothing_set_aside(tmp_path: Path, clean: bool) -> None:
    folder = tmp_path / "crm"
    write_folder(generate(200, 3, clean=clean), folder)
    report = import_canonical(folder, Workspace(tmp_path / "workspace"), imported_at=dt.datetime(2026, 7, 1))
    assert report.quarantined == 0
    counts = report.frame()
    twice = counts["duplicates"].sum()
    assert counts["inserted"].sum() + twice == counts["read"].sum()
    assert (twice == 0) if clean else (0 < twice < 0.01 * counts["read"].sum())


def _digest(folder: Path) -> str:
    lines = [
        f"{path.relative_to(folder)} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]
    return "\n".join(lines)


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from history.synthetic import generate, write_folder; "
        "write_folder(generate(300, 9), pathlib.Path(sys.argv[1]))"
    )
    for name, threads in (("one", "1"), ("two", "2")):
        environment = {"POLARS_MAX_THREADS": threads, "PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin:/bin"}
        subprocess.run([sys.executable, "-c", script, str(tmp_path / name)], check=True, env=environment)
    assert _digest(tmp_path / "one") == _digest(tmp_path / "two")
    assert (tmp_path / "one" / "truth" / "chances.parquet").is_file()


def test_another_seed_gives_another_company() -> None:
    assert not generate(200, SEED + 1).history["deals"].equals(generate(200, SEED + 2).history["deals"])


def test_the_truth_is_no_part_of_the_history() -> None:
    history: History = company().history
    planted = {"quality", "momentum", "win_probability", "bias", "skill", "deal_class"}
    for name, frame in history.tables.items():
        if name != "scores":
            assert not planted & set(frame.columns), name
