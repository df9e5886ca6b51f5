"""Account: who the customer is, what has been won there, and how its market and region convert."""

from __future__ import annotations

import polars as pl

from features.aggregate import count, days_since, last, total
from features.context import closings, loads, of_known
from features.feature import Feature, feature
from features.streams import account_facts, changes, facts, field

won = pl.col("won")
PRIOR_DEALS = 10
ON_TIME_DEALS = 3
LATE_DAYS = 7
was_dated = pl.col("slip_days").is_not_null()
was_late = pl.col("slip_days") > LATE_DAYS


def company_rate(days: int) -> pl.Expr:
    """The company's share won of deals closed within `days`, with one won and one lost added."""
    return (count(closings["company"], won, days) + 1) / (count(closings["company"], None, days) + 2)


def win_rate(scope: str, days: int, prior: pl.Expr | None = None) -> pl.Expr:
    """The share won of the scope's deals closed within `days`, shrunk by ten deals to `prior` (the company's)."""
    prior = company_rate(days) if prior is None else prior
    n = count(closings[scope], None, days)
    return (count(closings[scope], won, days) + PRIOR_DEALS * prior) / (n + PRIOR_DEALS)


def _rate(name: str, scope: str, days: int, en: str, zh: str) -> Feature:
    return feature(
        name,
        of_known(scope, win_rate(scope, days)),
        unit="share",
        group="account",
        en=f"{en}'s share won of deals closed in {days} days, shrunk to the company's",
        zh=f"{zh}近 {days} 天赢单率（向公司水平收缩）",
        reason_en=f"{en[:1].upper()}{en[1:]}: win rate of {days} days estimated at {{value:.0%}}",
        reason_zh=f"{zh}近 {days} 天赢单率估计为 {{value:.0%}}",
        none_en=f"{en[:1].upper()}{en[1:]} is not on record",
        none_zh=f"没有{zh}的记录",
    )


def late_share(scope: str) -> pl.Expr:
    """The share that closed late of the scope's deals closed within 120 days, three deals on time added."""
    stream = closings[scope]
    return of_known(scope, count(stream, was_late, 120) / (count(stream, was_dated, 120) + ON_TIME_DEALS))


def late(name: str, scope: str, group: str, en: tuple[str, str], zh: tuple[str, str]) -> Feature:
    """The feature of `late_share`; `en` and `zh` say whose deals they are and that this is not on record."""
    of_en, of_zh = en[0], zh[0]
    return feature(
        name,
        late_share(scope),
        unit="share",
        group=group,
        en=f"share of {of_en} deals closed in 120 days that closed more than {LATE_DAYS} days after the date stated "
        f"30 days before; of deals with such a date, {ON_TIME_DEALS} deals closed on time added",
        zh=f"{of_zh}近 120 天关单中晚于 30 天前所报日期 {LATE_DAYS} 天以上的占比"
        f"（只计报过日期的，加 {ON_TIME_DEALS} 个按期关单）",
        reason_en=f"An estimated {{value:.0%}} of {of_en} deals closed in 120 days "
        f"were over {LATE_DAYS} days past the stated date",
        reason_zh=f"{of_zh}近 120 天关单中估计 {{value:.0%}} 晚于所报日期 {LATE_DAYS} 天以上",
        # A region has so many deals that one late closing may round to nothing.
        zero_en=f"Few or no closings of {of_en} deals over {LATE_DAYS} days past the stated date on record in 120 days",
        zero_zh=f"{of_zh}近 120 天几乎没有晚于所报日期 {LATE_DAYS} 天以上的关单记录",
        none_en=en[1],
        none_zh=zh[1],
    )


def _category(name: str, expr: pl.Expr, en: str, zh: str) -> Feature:
    return feature(
        name,
        expr,
        unit="category",
        group="account",
        en=en,
        zh=zh,
        reason_en=f"{en[:1].upper()}{en[1:]}: {{value}}",
        reason_zh=f"{zh}为“{{value}}”",
        none_en=f"No {en} on record",
        none_zh=f"没有{zh}的记录",
        categorical=True,
    )


FEATURES = (
    _category("segment", last(changes, "new", field == "segment"), "segment", "细分市场"),
    _category("region", last(changes, "new", field == "region"), "region", "区域"),
    _category("source", last(facts, "source"), "source", "商机来源"),
    _category("industry", last(account_facts, "industry"), "industry", "客户行业"),
    _category("fit_grade", last(account_facts, "fit_grade"), "customer profile grade", "客户画像等级"),
    feature(
        "employees",
        last(account_facts, "employees"),
        unit="people",
        group="account",
        en="people who work at the customer",
        zh="客户员工人数",
        reason_en="The customer employs {value:,.0f} people",
        reason_zh="客户员工 {value:,.0f} 人",
        none_en="How many people the customer employs is not on record",
        none_zh="没有客户员工人数的记录",
    ),
    _rate("segment_win_rate", "segment", 180, "the segment", "细分市场"),
    _rate("region_win_rate", "region", 180, "the region", "区域"),
    _rate("region_win_rate_60d", "region", 60, "the region", "区域"),
    _rate("product_win_rate", "product_line", 180, "the product line", "产品线"),
    _rate("source_win_rate", "source", 365, "the source", "来源"),
    _rate("kind_win_rate", "kind", 180, "this kind of deal", "该类型商机"),
    _rate("account_win_rate", "account", 730, "this customer", "该客户"),
    feature(
        "company_win_rate",
        pl.when(count(closings["company"], None, 60) > 0).then(company_rate(60)),
        unit="share",
        group="account",
        en="the company's share won of deals closed in 60 days, with one won and one lost added",
        zh="公司近 60 天赢单率（加一赢一输）",
        reason_en="Company-wide, about {value:.0%} of deals closed in 60 days were won",
        reason_zh="公司近 60 天赢单率约 {value:.0%}",
        none_en="No deal closed in 60 days on record",
        none_zh="近 60 天没有关单记录",
    ),
    feature(
        "account_wins",
        of_known("account", count(closings["account"], won)),
        unit="deals",
        group="account",
        en="deals won with this customer before",
        zh="该客户历史赢单数",
        reason_en="{value:.0f} deals won with this customer before",
        reason_zh="此前已在该客户赢单 {value:.0f} 个",
        zero_en="No deal won with this customer on record",
        zero_zh="没有该客户的赢单记录",
        none_en="Whose deal it is, is not on record",
        none_zh="没有客户记录",
    ),
    feature(
        "account_wins_90d",
        of_known("account", count(closings["account"], won, 90)),
        unit="deals",
        group="account",
        en="deals won with this customer in 90 days",
        zh="近 90 天在该客户的赢单数",
        reason_en="{value:.0f} deals won with this customer in 90 days",
        reason_zh="近 90 天在该客户赢单 {value:.0f} 个",
        zero_en="No deal won with this customer in 90 days on record",
        zero_zh="近 90 天没有该客户的赢单记录",
        none_en="Whose deal it is, is not on record",
        none_zh="没有客户记录",
    ),
    late(
        "account_late_share",
        "account",
        "account",
        ("this customer's", "Whose deal it is, is not on record"),
        ("该客户", "没有客户记录"),
    ),
    late(
        "region_late_share",
        "region",
        "account",
        ("the region's", "The region is not on record"),
        ("区域", "没有区域的记录"),
    ),
    feature(
        "days_since_account_closing",
        days_since(closings["account"]),
        unit="days",
        group="account",
        en="days since a deal with this customer last closed",
        zh="距该客户上次关单的天数",
        reason_en="A deal with this customer last closed {value:.0f} days ago",
        reason_zh="该客户上次关单在 {value:.0f} 天前",
        none_en="No closed deal with this customer on record",
        none_zh="没有该客户的关单记录",
    ),
    feature(
        "account_open_deals",
        of_known("account", total(loads["account"], "step")),
        unit="deals",
        group="account",
        en="open deals with this customer, this one included",
        zh="该客户在谈商机数（含本商机）",
        reason_en="{value:.0f} deals open with this customer, this one included",
        reason_zh="该客户在谈商机 {value:.0f} 个（含本商机）",
        none_en="Whose deal it is, is not on record",
        none_zh="没有客户记录",
    ),
)
