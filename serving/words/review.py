"""The words of the review pack."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "review.weekly": ("Weekly review", "周例会"),
    "review.monthly": ("Monthly review", "月度复盘"),
    "review.quarterly": ("Quarterly review", "季度复盘"),
    "review.title": ("{cadence}: {scope}, {period}", "{cadence}：{scope}，{period}"),
    "review.known": (
        "As known at the start of {day}; compared with {since}. Model {version}, trained on what was known on "
        "{trained}.",
        "以{day}零点所知为准，与{since}对比。模型 {version}，训练截至{trained}。",
    ),
    "review.answer_changed": (
        "On {since} it was {before}; the expected result has moved by {change}.",
        "{since}时预计 {before}，此后变动 {change}。",
    ),
    "review.to_do": ("What to settle today", "今天要定下来的事"),
    "review.do_deals": (
        "{count} deals dated in {period} are at risk, {value} together. Start with {name}{why}.",
        "{period} 内预计成交的商机中有 {count} 个有风险，合计 {value}。先谈“{name}”{why}。",
    ),
    "review.do_deals_one": (
        "One deal dated in {period} is at risk: {name}, {value}{why}.",
        "{period} 内预计成交的商机中有 1 个有风险：“{name}”，{value}{why}。",
    ),
    "review.because": (": {reason}", "：{reason}"),
    "review.do_no_deals": (
        "No open deal dated in {period} is at risk.",
        "{period} 内预计成交的在途商机暂无风险。",
    ),
    "review.do_gap": (
        "{gap} are missing to the target; at the usual rates it takes {needed} of new pipeline.",
        "距目标还差 {gap}；按通常的转化，需新增管道 {needed}。",
    ),
    "review.do_gap_far": (
        "{gap} are missing to the target; not reachable with new pipeline in {period}: at the usual rates it takes"
        " {needed} beyond the usual, more than ever came in the time that is left.",
        "距目标还差 {gap}；{period} 内靠新增商机无法补足：按通常的转化，"
        "需在通常之外再新增管道 {needed}，历来同期从未达到。",
    ),
    "review.do_gap_only": ("{gap} are missing to the target.", "距目标还差 {gap}。"),
    "review.do_short": (
        "{names}: two periods in a row below the line; talk of an improvement plan.",
        "{names}：连续两期低于及格线，请商讨改进计划。",
    ),
    "review.landing": ("Forecast against target", "预测与目标"),
    "review.changed": ("What changed since {since}", "自{since}以来的变化"),
    "review.deals": ("Deals to talk about", "需要讨论的商机"),
    "review.deals_note": (
        "At risk and dated before the period ends; the most at stake first. Reasons say what deals like this have in "
        "common, not what causes a loss; points of win probability beside a typical deal at that stage.",
        "有风险且预计在期末前成交的商机，按涉及金额排序。原因反映同类商机的共同点，不代表因果；数字为相对同阶段典型商机的"
        "赢率百分点。",
    ),
    "review.deal_figures": (
        "{amount} · {chance} to be won by {end} · dated {close} · {stay} in this stage",
        "{amount} · {end}前赢单概率 {chance} · 预计成交 {close} · 本阶段已 {stay}",
    ),
    "review.no_deals": ("None.", "暂无。"),
    "review.accuracy": ("How good people's own forecasts have been", "个人预测的准确度"),
    "review.funnel": ("Where deals get stuck", "商机卡在哪里"),
    "review.funnel_size": (
        "Size of it: {short} wins short over the last 12 months, 8 in 10 chance: {low} to {high} "
        "({ended} stays ended there).",
        "影响：近 12 个月约少赢 {short} 单，八成把握区间 {low} 至 {high}（该阶段已结束停留 {ended} 次）。",
    ),
    "review.held_up": (
        "{stage} is where it is held up: {own} of stays there went on, {others} elsewhere.",
        "卡在“{stage}”阶段：仅 {own} 向前推进，其他组为 {others}。",
    ),
    "review.even": (
        "No stage is behind the others of the company by more than chance would do.",
        "没有哪个阶段明显落后于公司其他组。",
    ),
    "review.actions": ("Goals agreed and how they stand", "已约定的目标与进展"),
    "review.shown_in": ("Language", "语言"),
    "review.english": ("English", "English"),
    "review.chinese": ("中文", "中文"),
    "review.company": ("the company", "全公司"),
}
