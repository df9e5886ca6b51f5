"""A feed that is cut and a stage that is renamed are told; feeds that go on are not."""

import datetime as dt

import polars as pl
import pytest

from history.record import History
from tests.lib.deal_log import SETTINGS
from tests.training.watching.worlds import AS_OF, steady, weeks
from training.watching.course import Reading
from training.watching.feeds import feed_courses
from training.watching.stages import refused_stages, stage_courses
from training.watching.thresholds import readings
from training.watching.watch import APART

CUT = AS_OF - dt.timedelta(days=35)


@pytest.fixture(scope="module")
def company() -> History:
    return steady(1)


def feeds(history: History) -> list[Reading]:
    return readings(feed_courses(history, weeks(86)), APART["feed"])


def stages(history: History, set_aside: pl.DataFrame | None = None) -> list[Reading]:
    return readings(stage_courses(history, weeks(86), set_aside)[0], APART["stage"])


def crossed(told: list[Reading]) -> list[str]:
    return [one.what for one in told if one.crossed]


def test_feeds_that_go_on_are_quiet(company):
    told = feeds(company)
    assert {"activities", "activities.email", "deal_changes", "deal_changes.amount", "deals"} <= {
        one.what for one in told
    }
    assert crossed(told) == []
    assert crossed(stages(company)) == []


def test_touches_that_no_longer_arrive_are_told_in_both_languages(company):
    touches = company["activities"].filter(pl.col("recorded_at") < CUT)
    told = feeds(company.with_tables(activities=touches))
    assert crossed(told) == ["activities", "activities.email"]
    words = next(one for one in told if one.what == "activities.email")
    assert words.en.startswith("touches email: 0 in 4 weeks, ")
    assert words.zh.startswith("互动 email：4 周内 0 条")


def test_a_field_that_is_no_longer_delivered_is_told(company):
    changes = company["deal_changes"]
    kept = changes.filter((pl.col("field") != "amount") | (pl.col("recorded_at") < CUT))
    assert "deal_changes.amount" in crossed(feeds(company.with_tables(deal_changes=kept)))


def test_what_was_recorded_later_is_not_counted(company):
    touches = company["activities"]
    late = touches.with_columns(recorded_at=pl.max_horizontal("recorded_at", pl.lit(AS_OF)))
    after = pl.concat([touches, late.with_columns(activity_id=pl.col("activity_id") + "x")])
    assert feeds(company.with_tables(activities=after)) == feeds(company)


def renamed(history: History) -> History:
    late = (pl.col("field") == "stage") & (pl.col("new_value") == "Offer") & (pl.col("recorded_at") >= CUT)
    changes = history["deal_changes"].with_columns(
        new_value=pl.when(late).then(pl.lit("Proposal")).otherwise("new_value")
    )
    return history.with_tables(deal_changes=changes)


def test_a_renamed_stage_is_told_with_its_new_name(company):
    told = stages(renamed(company))
    assert crossed(told) == ["Offer"]
    words = next(one for one in told if one.what == "Offer")
    assert "new stage Proposal" in words.en
    assert words.en.endswith("renamed?")
    assert "新阶段 Proposal" in words.zh


def test_a_stage_that_imports_refused_is_found_in_the_quarantine(company):
    changes = renamed(company)["deal_changes"]
    new = changes.filter(pl.col("new_value") == "Proposal")
    kept = company.with_tables(deal_changes=changes.filter(pl.col("new_value") != "Proposal"))
    rows = [
        f'{{"field": "stage", "new_value": "Proposal", "changed_at": "{at.isoformat()}"}}' for at in new["changed_at"]
    ]
    quarantine = pl.DataFrame(
        {"table_name": "deal_changes", "column_name": "new_value", "value": "Proposal", "row": rows}
    )
    told = stages(kept, refused_stages(quarantine))
    assert "new stage Proposal" in next(one for one in told if one.what == "Offer").en


def test_a_refused_amount_is_no_stage():
    row = '{"field": "amount", "new_value": "much", "changed_at": "2026-01-01"}'
    frame = pl.DataFrame(
        {"table_name": ["deal_changes"], "column_name": ["new_value"], "value": ["much"], "row": [row]}
    )
    assert refused_stages(frame).is_empty()
    assert SETTINGS.open_stages
