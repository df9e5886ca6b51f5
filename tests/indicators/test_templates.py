from pathlib import Path

import polars as pl
import pytest

from history.errors import ConfigInvalid
from history.record import History
from history.settings import parse_settings
from indicators.catalogue import INDICATORS
from indicators.scorecard import scorecard, sheets
from indicators.template import load_template, shipped_templates
from tests.indicators.small_company import AS_OF, small_company
from tests.lib.deal_log import at

STAGES = {"start-up": "起步", "growth": "成长", "mature": "成熟"}
ROLES = {"default", "new_business", "key_account", "e_commerce"}
WEIGHED = """
score_at_most = 150
newcomer_days = 90
[targets]
win_rate = 0.5
visits = 2
[role_targets.hunter]
visits = 6
[newcomer_targets]
visits = 1
[vetoes]
win_rate = 0.1
[roles.default]
win_rate = 60
visits = 40
[newcomer_roles.default]
visits = 100
"""


@pytest.fixture
def weighed(tmp_path: Path) -> Path:
    path = tmp_path / "weighed.toml"
    path.write_text(WEIGHED, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def history() -> History:
    return small_company()


def row(sheet: pl.DataFrame, rep: str, slug: str) -> dict:
    return sheet.filter((pl.col("rep_id") == rep) & (pl.col("indicator") == slug)).row(0, named=True)


@pytest.mark.parametrize("name", list(STAGES))
def test_three_templates_are_shipped_with_weights_for_every_role(name: str):
    assert set(shipped_templates()) == set(STAGES)
    sheet = load_template(name)
    assert (sheet.stage, sheet.name_zh) == (name, STAGES[name])
    assert set(sheet.roles) == ROLES
    for weights in (*sheet.roles.values(), *sheet.newcomer_roles.values()):
        assert sum(weights.values()) == 100
        assert {INDICATORS[slug].dimension for slug in weights} == {"results", "process", "capability", "teamwork"}
        assert all(slug in sheet.targets for slug in weights)
        assert len(weights) >= 10


def test_the_stage_of_the_business_weighs_what_it_is_about():
    def share(name: str, dimension: str) -> float:
        weights = load_template(name).weights("new_business")
        return sum(weight for slug, weight in weights.items() if INDICATORS[slug].dimension == dimension)

    assert share("start-up", "process") > share("growth", "process") > share("mature", "process")
    assert share("start-up", "results") < share("growth", "results") < share("mature", "results")
    assert "gross_margin" in load_template("mature").weights("key_account")
    assert load_template("growth").weights("new_business")["new_customers"] > 0


def test_a_newcomer_is_weighed_by_activity_and_the_others_are_not():
    for name in STAGES:
        sheet = load_template(name)
        assert "visits" in sheet.weights("key_account", newcomer=True)
        assert "visits" not in sheet.weights("key_account", newcomer=False)


def test_targets_differ_by_role_and_for_newcomers(history: History, weighed: Path):
    reps = history["reps"].with_columns(
        role=pl.when(pl.col("rep_id") == "bo").then(pl.lit("hunter")),
        hired_at=pl.when(pl.col("rep_id") == "cy").then(at("2026-01-15")).otherwise(at("2020-01-01")),
    )
    sheet = sheets(history.with_tables(reps=reps), ["2026Q1"], AS_OF, template=weighed)
    assert [row(sheet, rep, "visits")["target"] for rep in ("ann", "bo", "cy")] == [2, 6, 1]
    assert [row(sheet, rep, "visits")["newcomer"] for rep in ("ann", "bo", "cy")] == [False, False, True]
    assert row(sheet, "cy", "visits")["weight"] == 100
    assert row(sheet, "ann", "visits")["score"] == 150


def test_a_veto_that_falls_is_named_and_there_is_no_total(history: History, weighed: Path):
    sheet = sheets(history, ["2026Q1"], AS_OF, template=weighed)
    ann, bo = row(sheet, "ann", "total"), row(sheet, "bo", "total")
    assert (ann["veto"], bo["veto"]) == ("", "win_rate")
    assert ann["score"] is not None
    assert (bo["score"], bo["score_team"]) == (None, None)


def test_a_person_is_scored_against_the_team_and_the_own_past(history: History):
    sheet = sheets(history, ["2026Q1"], AS_OF, everything=True)
    won, rate = row(sheet, "ann", "won_amount"), row(sheet, "ann", "win_rate")
    # 400 against 200 a person in the team and 80 in the quarter before; two of three won against two of five.
    assert (won["score_team"], won["score_past"], won["n_previous"]) == (120, 120, 1)
    assert (won["rank"], won["peers"]) == (1, 2)
    assert row(sheet, "bo", "won_amount")["score_team"] == 0
    assert rate["score_team"] == 120
    cycle = row(sheet, "ann", "sales_cycle")
    # 40 days now, 31 in the quarter before: fewer are better.
    assert cycle["score_past"] == pytest.approx(100 * 31 / 40)
    total = row(sheet, "ann", "total")
    own = sheet.filter((pl.col("rep_id") == "ann") & pl.col("score_team").is_not_null() & (pl.col("weight") > 0))
    own = own.filter(pl.col("indicator") != "total")
    assert total["score_team"] == pytest.approx((own["score_team"] * own["weight"]).sum() / own["weight"].sum())


def test_everything_shows_indicators_without_weight_and_changes_no_score(history: History):
    plain, whole = scorecard(history, "2026Q1", AS_OF), sheets(history, ["2026Q1"], AS_OF, everything=True)
    assert set(whole["indicator"]) == {*INDICATORS, "total"}
    assert whole.filter(pl.col("weight") == 0)["weight_rescaled"].drop_nulls().sum() == 0
    weighed = whole.filter((pl.col("weight") > 0) & (pl.col("indicator") != "total"))
    assert weighed.select(plain.columns).equals(plain.filter(pl.col("indicator") != "total"))
    totals = [one.filter(pl.col("indicator") == "total")["score"] for one in (plain, whole)]
    assert totals[0].equals(totals[1])


@pytest.mark.parametrize(
    ("period", "left_out"),
    [("2026-W06", {"win_rate", "csat", "lifetime_value"}), ("2026-02", {"csat", "lifetime_value"}), ("2026", set())],
)
def test_what_is_told_less_often_is_named_on_a_shorter_sheet(history: History, period: str, left_out: set[str]):
    with_costs = history.with_tables(invoices=history["invoices"].with_columns(pl.col("cost").fill_null(1.0)))
    sheet = sheets(with_costs, [period], AS_OF, everything=True).filter(pl.col("rep_id") == "ann")
    told = sheet.filter(pl.col("missing").str.starts_with("told for each"))
    assert left_out <= set(told["indicator"])
    assert told["value"].null_count() == told.height
    assert ({"win_rate", "csat", "lifetime_value"} - left_out).isdisjoint(told["indicator"])
    assert sheet.filter(pl.col("indicator") == "total")["weight_rescaled"].item() == pytest.approx(100)


def test_several_periods_are_what_each_is_alone(history: History):
    names = ["2025Q4", "2026Q1", "2026-02", "2026-W06"]
    together = sheets(history, names, AS_OF)
    for name in names:
        alone = together.filter(pl.col("period") == name).drop("period")
        assert alone.equals(sheets(history, [name], AS_OF).drop("period"))


def test_the_company_may_name_its_template(history: History):
    settings = parse_settings({"scorecard": {"template": "mature"}, "stages": [{"name": "Qualify"}, {"name": "Offer"}]})
    named = scorecard(History(settings, history.tables), "2026Q1", AS_OF)
    assert "gross_margin" in set(named["indicator"])
    assert "gross_margin" not in set(scorecard(history, "2026Q1", AS_OF)["indicator"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("visits = 6", "visits = 0"), r"\[role_targets.hunter\] gives visits the target 0; expected a number above 0"),
        (("visits = 100", "visits = 90"), r"\[newcomer_roles.default\]: the weights sum to 90; expected 100"),
        (("win_rate = 0.1", 'win_rate = "low"'), r"\[vetoes\] gives win_rate the least value 'low'; expected a number"),
        (("newcomer_days = 90", "newcomer_days = 0"), "newcomer_days is 0; expected a number above 0, such as 365"),
        (("[vetoes]\nwin_rate = 0.1", ""), ""),
        (("[newcomer_roles.default]\nvisits = 100", "[newcomer_roles]\ndefault = 3"), r"\[default\] is no section"),
    ],
)
def test_what_a_template_says_wrongly_is_named_in_one_line(weighed: Path, change: tuple[str, str], message: str):
    weighed.write_text(WEIGHED.replace(*change), encoding="utf-8")
    if not message:
        assert load_template(weighed).vetoes == {}
        return
    with pytest.raises(ConfigInvalid, match=message) as error:
        load_template(weighed)
    assert "\n" not in str(error.value)
