from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from history.errors import ConfigInvalid, DateInvalid, NoHistory, RequestInvalid
from history.record import History
from indicators.catalogue import INDICATORS
from indicators.scorecard import COLUMNS, scorecard
from indicators.template import load_template
from tests.indicators.small_company import AS_OF, QUOTAS, small_company
from tests.lib.deal_log import at, company

SMALL = """
[targets]
won_amount = "quota"
win_rate = 0.5
sales_cycle = 30
average_deal = "team"
[roles.default]
won_amount = 40
win_rate = 30
sales_cycle = 20
average_deal = 10
[roles.hunter]
win_rate = 100
"""


@pytest.fixture(scope="module")
def history() -> History:
    return small_company()


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def rows_of(sheet: pl.DataFrame, rep: str) -> dict[str, dict]:
    return {row["indicator"]: row for row in sheet.filter(pl.col("rep_id") == rep).iter_rows(named=True)}


def test_scores_are_one_hundred_at_the_target_and_the_total_weighs_them(history: History, small: Path):
    ann = rows_of(scorecard(history, "2026Q1", AS_OF, template=small), "ann")
    # 400 of 500; 2/3 against 1/2 is above the limit of 120; 30 days wanted, 40 taken; the team's average is hers.
    assert ann["won_amount"]["score"] == pytest.approx(80)
    assert ann["win_rate"]["score"] == 120
    assert ann["sales_cycle"]["score"] == pytest.approx(75)
    assert ann["average_deal"]["score"] == pytest.approx(100)
    assert ann["total"]["score"] == pytest.approx(0.4 * 80 + 0.3 * 120 + 0.2 * 75 + 0.1 * 100)


def test_what_is_missing_is_named_and_its_weight_is_spread_in_the_open(history: History, small: Path):
    bo = rows_of(scorecard(history, "2026Q1", AS_OF, template=small), "bo")
    assert (bo["sales_cycle"]["value"], bo["sales_cycle"]["score"]) == (None, None)
    assert bo["sales_cycle"]["missing"] == "no case of this person in the period"
    assert bo["won_amount"]["weight_rescaled"] == pytest.approx(100 * 40 / 70)
    assert bo["win_rate"]["weight_rescaled"] == pytest.approx(100 * 30 / 70)
    assert bo["total"]["missing"] == "average_deal, sales_cycle"
    assert bo["total"]["weight_rescaled"] == pytest.approx(100)


def test_a_person_without_a_target_is_not_scored_by_one(history: History, small: Path):
    di = rows_of(scorecard(history, "2026Q1", AS_OF, template=small), "di")
    assert (di["won_amount"]["value"], di["won_amount"]["score"]) == (0, None)
    assert di["won_amount"]["missing"] == "target: needs quotas (scope_kind rep)"


def test_the_own_past_and_the_team_stand_beside_the_value(history: History, small: Path):
    won = rows_of(scorecard(history, "2026Q1", AS_OF, template=small), "ann")["won_amount"]
    assert (won["previous_value"], won["team_value"], won["target"], won["unit"]) == (80, 200, 500, "CNY")


def test_a_role_has_its_own_weights_and_its_own_sheet(history: History, small: Path):
    roles = history["reps"].with_columns(role=pl.when(pl.col("rep_id") == "bo").then(pl.lit("hunter")))
    whole = scorecard(history.with_tables(reps=roles), "2026Q1", AS_OF, template=small)
    assert set(rows_of(whole, "bo")) == {"win_rate", "total"}
    assert "sales_cycle" in rows_of(whole, "ann")
    hunters = scorecard(history.with_tables(reps=roles), "2026Q1", AS_OF, role="hunter", template=small)
    assert hunters.equals(whole.filter(pl.col("rep_id") == "bo"))


def test_who_only_leads_is_not_on_the_sheet_unless_asked_for(history: History):
    reps = history["reps"].with_columns(
        role=pl.when(pl.col("rep_id") == "di").then(pl.lit("manager")),
        manager_id=pl.when(pl.col("rep_id") != "di").then(pl.lit("di")),
    )
    led = history.with_tables(reps=reps)
    assert set(scorecard(led, "2026Q1", AS_OF)["rep_id"]) == {"ann", "bo", "cy"}
    assert set(scorecard(led, "2026Q1", AS_OF, role="manager")["rep_id"]) == {"di"}


def test_the_shipped_sheet_covers_the_four_dimensions_for_every_role():
    sheet = load_template("growth")
    for weights in sheet.roles.values():
        assert {INDICATORS[slug].dimension for slug in weights} == {"results", "process", "capability", "teamwork"}
        assert len(weights) >= 10


def test_the_sheet_has_its_columns_and_the_order_of_rows_changes_nothing(history: History):
    sheet = scorecard(history, "2026Q1", AS_OF)
    assert sheet.columns == list(COLUMNS)
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=5) for name, frame in history.tables.items()}
    assert_frame_equal(scorecard(history.with_tables(**shuffled), "2026Q1", AS_OF), sheet, rel_tol=1e-12)


def test_rows_recorded_at_or_after_the_as_of_date_change_nothing():
    whole = company(120, seed=8)
    early = at("2025-08-15")
    kept = {name: frame.filter(pl.col("recorded_at") < early) for name, frame in whole.tables.items() if name != "reps"}
    assert scorecard(whole.with_tables(**kept), "2025Q3", early).equals(scorecard(whole, "2025Q3", early))


def test_money_of_another_size_leaves_scores_alone(history: History):
    money = pl.col("field") == "amount"
    scaled = (pl.col("new_value").cast(pl.Float64, strict=False) * 8).cast(pl.String)
    bigger = history.with_tables(
        deal_changes=history["deal_changes"].with_columns(new_value=pl.when(money).then(scaled).otherwise("new_value")),
        forecast_calls=history["forecast_calls"].with_columns(pl.col("value") * 8),
        invoices=history["invoices"].with_columns(pl.col("amount", "cost", "paid_amount") * 8),
        quotas=QUOTAS.with_columns(pl.col("target") * 8),
    )
    plain, big = (scorecard(one, "2026Q1", AS_OF) for one in (history, bigger))
    assert_frame_equal(big.select("rep_id", "indicator", "score"), plain.select("rep_id", "indicator", "score"))
    won = pl.col("indicator") == "won_amount"
    assert (big.filter(won)["value"] == plain.filter(won)["value"] * 8).all()


def test_what_is_asked_wrongly_is_said_in_one_line(history: History):
    with pytest.raises(DateInvalid, match="period '2026Q9' is not known"):
        scorecard(history, "2026Q9", AS_OF)
    with pytest.raises(DateInvalid, match="period 2026Q3 has not begun at the start of 2026-04-10"):
        scorecard(history, "2026Q3", AS_OF)
    with pytest.raises(RequestInvalid, match="role 'pilot' is nobody's in 2026Q1; roles known then: none at all"):
        scorecard(history, "2026Q1", AS_OF, role="pilot")
    with pytest.raises(NoHistory, match="lies before any data"):
        scorecard(history, "2020Q1", at("2020-04-01"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("won_amount = 40", "won_amount = 50"), r"\[roles.default\]: the weights sum to 110; expected 100"),
        (("win_rate = 30", "magic = 30"), r"\[roles.default\] names the indicator 'magic', which is not known"),
        (("win_rate = 0.5", "win_rate = -1"), r"\[targets\] gives win_rate the target -1; expected a number above 0"),
        (
            ("won_amount = 40", 'won_amount = "much"'),
            r"gives won_amount the weight 'much'; expected points from 0 to 100",
        ),
        (("[roles.default]", "[roles.other]"), r"\[roles.default\] is missing"),
        (("[targets]", "[targets"), "is not valid TOML"),
    ],
)
def test_a_template_that_cannot_be_used_is_named(small: Path, change: tuple[str, str], message: str):
    small.write_text(SMALL.replace(*change), encoding="utf-8")
    with pytest.raises(ConfigInvalid, match=message) as error:
        load_template(small)
    assert "small.toml" in str(error.value)
    assert "\n" not in str(error.value)


def test_an_unknown_template_is_named_with_those_that_exist(tmp_path: Path):
    with pytest.raises(ConfigInvalid, match="template 'gorwth' is not known; expected one of: growth"):
        load_template("gorwth")
    with pytest.raises(ConfigInvalid, match="does not exist; expected a template in TOML"):
        load_template(tmp_path / "none.toml")
