"""The words of the deal page beside those it shares with other pages."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "deal.answer": (
        "{band}: {win} to win in the end, {typical} is typical at this stage.",
        "{band}：最终赢单概率 {win}，同阶段典型值为 {typical}。",
    ),
    "deal.answer_against": ("What weighs most against it: {reason}.", "最不利的因素：{reason}。"),
    "deal.answer_moved": ("{points} points in a week.", "一周内 {points} 个百分点。"),
    "deal.health_line": ("Health", "健康度"),
    "deal.chance_line": ("Win chance", "赢单概率"),
    "deal.chart": (
        "Win chance and health from {first} to {last}: the chance went from {from_chance} to {to_chance}, health from"
        " {from_health} to {to_health}.",
        "{first}至{last}的赢单概率与健康度：概率由 {from_chance} 变为 {to_chance}，健康度由 {from_health} 变为"
        " {to_health}。",
    ),
    "deal.people": ("People on the buyer's side", "客户方联系人"),
    "deal.people_note": (
        "{covered} of {roles} key roles are covered. Nobody yet as: {missing}.",
        "{roles} 个关键角色已覆盖 {covered} 个，尚缺：{missing}。",
    ),
    "deal.people_all": ("All {roles} key roles are covered.", "{roles} 个关键角色均已覆盖。"),
    "deal.nobody": (
        "Nobody of the buyer is on record. Key roles to find: {missing}.",
        "没有客户方联系人记录。待找到的关键角色：{missing}。",
    ),
    "deal.person": ("Person", "联系人"),
    "deal.role": ("Role", "角色"),
    "deal.since": ("On the deal since", "加入时间"),
    "deal.last_touch": ("Last touch", "最近互动"),
    "deal.touches": ("Touches", "互动次数"),
    "deal.never": ("none on record", "无记录"),
    "role.decision_maker": ("decision maker", "决策人"),
    "role.champion": ("champion", "支持者"),
    "role.influencer": ("influencer", "影响者"),
    "role.user": ("user", "使用者"),
    "role.blocker": ("blocker", "反对者"),
    "role.unknown": ("not known", "未知"),
    "odds.title": ("What would change the odds", "哪些变化会改变赢率"),
    "odds.note": (
        "What the model says of deals like this one that differ in one thing. It compares deals; it does not say that"
        " doing it would win this one.",
        "模型对仅此一点不同的同类商机的评分。这是商机之间的比较，并不表示这样做就能赢下本商机。",
    ),
    "odds.lever": ("Where this holds", "若满足"),
    "odds.chance": ("Win chance", "赢单概率"),
    "odds.range": ("four in five of them: {low} to {high}", "其中五分之四：{low} 至 {high}"),
    "odds.points": ("Difference", "差异"),
    "odds.points_unit": ("points", "个百分点"),
    "odds.deals": ("Deals like it", "参照商机数"),
    "odds.nothing": (
        "Nothing that can be done and was seen often enough goes with other odds.",
        "在样本足够的可行事项中，没有与赢率差异相关的。",
    ),
    "odds.held": ("Holds already: {levers}.", "已满足：{levers}。"),
    "odds.unsupported": (
        "Too few deals at this stage to say anything of: {levers}.",
        "同阶段样本过少，无法判断：{levers}。",
    ),
    "lever.reply": ("the buyer wrote within 10 days", "客户在 10 天内有回复"),
    "lever.meeting": ("a meeting in the last 30 days", "近 30 天内有会议"),
    "lever.decision_maker": ("a decision maker is on the deal", "商机上有决策人"),
    "lever.people": ("three people or more on the deal", "至少三位联系人"),
    "lever.next_step": ("a next step is written down", "已填写下一步"),
    "lever.date": ("the close date lies ahead", "预计成交日未过"),
}
