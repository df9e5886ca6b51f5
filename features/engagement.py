"""Engagement: touches by kind and direction, their trend, and whether the buyer answers."""

from __future__ import annotations

import polars as pl

from features.aggregate import count, days_between, days_since, first, last, total
from features.feature import Feature, feature
from features.streams import changes, entered_stage, incoming, kind, outgoing, touches

met = kind.is_in(["meeting", "visit", "demo"])
called = kind == "call"
wrote = kind == "email"
sent = wrote & outgoing
internal = kind.is_in(["review", "task"])
with_buyer = ~internal
"""A review or a task of ours is recorded work, not a touch."""


def _touches(name: str, where: pl.Expr | None, days: int | None, en: str, zh: str) -> Feature:
    within_en = "" if days is None else f" in {days} days"
    within_zh = "" if days is None else f"近 {days} 天"
    return feature(
        name,
        count(touches, where, days),
        unit="touches",
        group="engagement",
        en=f"{en}{within_en}",
        zh=f"{within_zh}{zh}次数",
        reason_en=f"{en[:1].upper()}{en[1:]}{within_en}: {{value:.0f}}",
        reason_zh=f"{within_zh}{zh} {{value:.0f}} 次",
    )


recent = count(touches, with_buyer, 30)
before = count(touches, with_buyer, 60) - recent


def _mail_rate(flag: str) -> pl.Expr:
    """The share of emails sent within 90 days for which `flag` is yes, of those for which it is on record."""
    told = count(touches, sent & pl.col(flag).is_not_null(), 90)
    return count(touches, sent & pl.col(flag), 90) / pl.when(told > 0).then(told)


FEATURES = (
    _touches("touches_7d", with_buyer, 7, "touches", "互动"),
    _touches("touches_30d", with_buyer, 30, "touches", "互动"),
    _touches("touches_90d", with_buyer, 90, "touches", "互动"),
    _touches("touches_all", with_buyer, None, "touches", "累计互动"),
    _touches("inbound_30d", incoming, 30, "touches from the buyer", "来自客户的互动"),
    _touches("inbound_90d", incoming, 90, "touches from the buyer", "来自客户的互动"),
    _touches("outbound_30d", outgoing, 30, "touches to the buyer", "我方联系"),
    _touches("meetings_30d", met, 30, "meetings, visits and demos", "会议、拜访与演示"),
    _touches("meetings_90d", met, 90, "meetings, visits and demos", "会议、拜访与演示"),
    _touches("calls_30d", called, 30, "calls", "电话"),
    _touches("emails_30d", wrote, 30, "emails", "邮件"),
    _touches("internal_30d", internal, 30, "reviews and tasks", "内部评审与任务"),
    feature(
        "touch_trend",
        (recent + 1) / (before + 1),
        unit="ratio",
        group="engagement",
        en="touches of the last 30 days over the 30 before, each plus one",
        zh="近 30 天互动与此前 30 天之比（各加一）",
        reason_en="Touches of the last 30 days are about {value:.1f} times those of the 30 days before",
        reason_zh="近 30 天互动约为此前 30 天的 {value:.1f} 倍",
    ),
    feature(
        "days_since_touch",
        days_since(touches, with_buyer),
        unit="days",
        group="engagement",
        en="days since the last touch with the buyer; our own reviews and tasks do not count",
        zh="距上次与客户互动的天数，内部评审与任务不计",
        reason_en="Last touch with the buyer {value:.0f} days ago",
        reason_zh="上次与客户互动在 {value:.0f} 天前",
        none_en="No touch with the buyer on record",
        none_zh="没有与客户互动的记录",
        zero_en="Last touch with the buyer within the last day",
        zero_zh="一天内与客户有过互动",
    ),
    feature(
        "days_since_inbound",
        days_since(touches, incoming),
        unit="days",
        group="engagement",
        en="days since the buyer last wrote or called",
        zh="距客户上次来信或来电的天数",
        reason_en="No reply from the buyer for {value:.0f} days",
        reason_zh="对方 {value:.0f} 天没有回复",
        fresh_en="The buyer last wrote or called {value:.0f} days ago",
        fresh_zh="客户上次来信或来电在 {value:.0f} 天前",
        fresh_below=7,
        none_en="No word from the buyer on record",
        none_zh="没有客户来信或来电的记录",
        zero_en="The buyer wrote or called within the last day",
        zero_zh="客户一天内来信或来电",
    ),
    feature(
        "days_since_outbound",
        days_since(touches, outgoing),
        unit="days",
        group="engagement",
        en="days since we last reached out",
        zh="距我方上次联系的天数",
        reason_en="We last reached out {value:.0f} days ago",
        reason_zh="我方上次联系在 {value:.0f} 天前",
        none_en="No outreach of ours on record",
        none_zh="没有我方联系的记录",
        zero_en="We reached out within the last day",
        zero_zh="我方一天内联系过客户",
    ),
    feature(
        "days_since_first_outbound",
        days_between(pl.col("as_of"), first(touches, "happened_at", outgoing)),
        unit="days",
        group="engagement",
        en="days since we first reached out",
        zh="距我方首次联系的天数",
        reason_en="We first reached out {value:.0f} days ago",
        reason_zh="我方首次联系在 {value:.0f} 天前",
        none_en="No outreach of ours on record",
        none_zh="没有我方联系的记录",
    ),
    feature(
        "days_since_meeting",
        days_since(touches, met),
        unit="days",
        group="engagement",
        en="days since the last meeting, visit or demo",
        zh="距上次会议、拜访或演示的天数",
        reason_en="Last meeting {value:.0f} days ago",
        reason_zh="上次会面在 {value:.0f} 天前",
        none_en="No meeting on record",
        none_zh="没有会面记录",
    ),
    feature(
        "buyer_share",
        count(touches, incoming, 90)
        / pl.when(count(touches, incoming | outgoing, 90) > 0).then(count(touches, incoming | outgoing, 90)),
        unit="share",
        group="engagement",
        en="share of touches that came from the buyer in 90 days",
        zh="近 90 天来自客户的互动占比",
        reason_en="{value:.0%} of touches in 90 days came from the buyer",
        reason_zh="近 90 天 {value:.0%} 的互动来自客户",
        none_en="No touch with a direction in 90 days",
        none_zh="近 90 天没有带方向的互动记录",
    ),
    feature(
        "call_minutes_30d",
        total(touches, "minutes", called, 30),
        unit="minutes",
        group="engagement",
        en="minutes on the phone in 30 days",
        zh="近 30 天通话分钟数",
        reason_en="{value:.0f} minutes on the phone in 30 days",
        reason_zh="近 30 天通话 {value:.0f} 分钟",
        zero_en="No minutes on the phone on record in 30 days",
        zero_zh="近 30 天没有通话时长记录",
    ),
    feature(
        "touch_minutes_all",
        total(touches, "minutes"),
        unit="minutes",
        group="engagement",
        en="minutes of all touches",
        zh="累计互动分钟数",
        reason_en="{value:,.0f} minutes of touches in all",
        reason_zh="累计互动 {value:,.0f} 分钟",
        zero_en="No minutes of touches on record",
        zero_zh="没有互动时长记录",
    ),
    feature(
        "effective_touches_90d",
        count(touches, pl.col("effective"), 90),
        unit="touches",
        group="engagement",
        en="touches marked effective in 90 days",
        zh="近 90 天有效互动次数",
        reason_en="Effective touches in 90 days: {value:.0f}",
        reason_zh="近 90 天有效互动 {value:.0f} 次",
    ),
    feature(
        "open_rate_90d",
        _mail_rate("opened"),
        unit="share",
        group="engagement",
        en="share of our emails in 90 days that were opened, of those of which it is on record",
        zh="近 90 天邮件打开率",
        reason_en="{value:.0%} of our emails in 90 days were opened",
        reason_zh="近 90 天邮件打开率 {value:.0%}",
        none_en="Whether our emails of 90 days were opened is not on record",
        none_zh="近 90 天没有邮件打开情况的记录",
    ),
    feature(
        "reply_rate_90d",
        _mail_rate("replied"),
        unit="share",
        group="engagement",
        en="share of our emails in 90 days that were answered, of those of which it is on record",
        zh="近 90 天邮件回复率",
        reason_en="{value:.0%} of our emails in 90 days were answered",
        reason_zh="近 90 天邮件回复率 {value:.0%}",
        none_en="Whether our emails of 90 days were answered is not on record",
        none_zh="近 90 天没有邮件回复情况的记录",
    ),
    feature(
        "reply_lag_days",
        days_between(last(touches, "happened_at", incoming), last(touches, "happened_at", outgoing)),
        unit="days",
        group="engagement",
        en="days from our last outreach to the buyer's last word; negative while unanswered",
        zh="从我方上次联系到客户上次回应的天数，负数表示尚未回应",
        reason_en="The buyer's last word came {value:.0f} days after our last outreach",
        reason_zh="客户上次回应在我方上次联系后 {value:.0f} 天",
        none_en="No exchange in both directions on record",
        none_zh="没有双向往来的记录",
        zero_en="The buyer's last word and our last outreach came within a day",
        zero_zh="客户上次回应与我方上次联系相隔不到一天",
        negative_en="No word from the buyer since our last outreach, {value:.0f} days after the buyer's last",
        negative_zh="我方上次联系后客户尚未回应，距客户上次回应 {value:.0f} 天",
    ),
    feature(
        "last_touch_subject",
        last(touches, "subject_code"),
        unit="category",
        group="engagement",
        en="kind and subject of the last touch",
        zh="上次互动的类型与主题",
        reason_en="Last touch: {value}",
        reason_zh="上次互动：{value}",
        none_en="No touch on record",
        none_zh="没有互动记录",
        categorical=True,
    ),
    feature(
        "touched_since_stage",
        days_between(last(touches, "happened_at", with_buyer), last(changes, "happened_at", entered_stage)),
        unit="days",
        group="engagement",
        en="days from entering the stage to the last touch; negative when none since",
        zh="从进入阶段到上次互动的天数，负数表示此后无互动",
        reason_en="Last touch came {value:.0f} days after entering the stage",
        reason_zh="上次互动在进入阶段后 {value:.0f} 天",
        none_en="No touch, or no stage, on record",
        none_zh="没有互动或阶段的记录",
        zero_en="Last touch came as the stage was entered",
        zero_zh="上次互动在进入阶段时",
        negative_en="No touch since entering the stage; the last came {value:.0f} days before",
        negative_zh="进入阶段后没有互动，上次互动在此前 {value:.0f} 天",
    ),
)
