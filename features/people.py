"""People: who on the buyer's side is on the deal, and who is not."""

from __future__ import annotations

import polars as pl

from features.aggregate import count, days_since, distinct
from features.feature import feature
from features.streams import changes, contacts, field, touches

KEY_ROLES = ("decision_maker", "champion", "influencer", "user")
role = pl.col("role")
on_record = distinct(contacts, "contact_id")


def _has(name: str) -> pl.Expr:
    return (count(contacts, role == name) > 0).cast(pl.Float64)


def _known(expr: pl.Expr) -> pl.Expr:
    return pl.when(on_record > 0).then(expr)


FEATURES = (
    feature(
        "contacts",
        on_record,
        unit="people",
        group="people",
        en="people on the deal",
        zh="商机联系人数",
        reason_en="{value:.0f} people on the deal",
        reason_zh="商机上有 {value:.0f} 位联系人",
        zero_en="No person on the deal on record",
        zero_zh="商机没有联系人记录",
    ),
    feature(
        "contacts_touched_90d",
        distinct(touches, "contact_id", days=90),
        unit="people",
        group="people",
        en="people of the buyer in touches of 90 days",
        zh="近 90 天接触的联系人数",
        reason_en="{value:.0f} people reached in 90 days",
        reason_zh="近 90 天接触 {value:.0f} 位联系人",
        zero_en="No person reached in 90 days on record",
        zero_zh="近 90 天没有接触联系人的记录",
    ),
    feature(
        "decision_chain_coverage",
        _known(sum((_has(name) for name in KEY_ROLES), start=pl.lit(0.0)) / len(KEY_ROLES)),
        unit="share",
        group="people",
        en="share of the key roles (decision maker, champion, influencer, user) that are covered",
        zh="决策链覆盖率（决策人、支持者、影响者、使用者）",
        reason_en="{value:.0%} of the key roles are covered",
        reason_zh="决策链覆盖率 {value:.0%}",
        none_en="No person on the deal on record",
        none_zh="商机没有联系人记录",
    ),
    feature(
        "has_decision_maker",
        _known(_has("decision_maker")),
        unit="1 yes, 0 no",
        group="people",
        en="a decision maker is on the deal",
        zh="已有决策人",
        reason_en="A decision maker is on the deal",
        reason_zh="商机上已有决策人",
        none_en="No person on the deal on record",
        none_zh="商机没有联系人记录",
        zero_en="No decision maker among the people on the deal",
        zero_zh="商机联系人中没有决策人",
    ),
    feature(
        "has_blocker",
        _known(_has("blocker")),
        unit="1 yes, 0 no",
        group="people",
        en="a blocker is on the deal",
        zh="存在反对者",
        reason_en="A blocker is on the deal",
        reason_zh="商机上有反对者",
        none_en="No person on the deal on record",
        none_zh="商机没有联系人记录",
        zero_en="No blocker among the people on the deal",
        zero_zh="商机联系人中没有反对者",
    ),
    feature(
        "days_since_contact_added",
        days_since(contacts),
        unit="days",
        group="people",
        en="days since a person was last added",
        zh="距上次新增联系人的天数",
        reason_en="Last person added {value:.0f} days ago",
        reason_zh="上次新增联系人在 {value:.0f} 天前",
        none_en="No person on the deal on record",
        none_zh="商机没有联系人记录",
    ),
    feature(
        "colleagues",
        distinct(touches, "rep_id", days=90),
        unit="people",
        group="people",
        en="colleagues of ours active in 90 days",
        zh="近 90 天我方参与人数",
        reason_en="Colleagues of ours active in 90 days: {value:.0f}",
        reason_zh="近 90 天我方有 {value:.0f} 人参与",
    ),
    feature(
        "competitors",
        distinct(changes, "new", field == "competitor"),
        unit="names",
        group="people",
        en="competitors named",
        zh="已知竞争对手数",
        reason_en="Competitors named: {value:.0f}",
        reason_zh="已知竞争对手 {value:.0f} 家",
        zero_en="No competitor named",
        zero_zh="没有竞争对手的记录",
    ),
)
