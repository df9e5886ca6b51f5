"""The words of the funnel page."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "funnel.title": ("Funnel", "漏斗"),
    "funnel.by": ("By", "按"),
    "funnel.months": ("Deals that entered a stage in the last", "进入阶段的时间"),
    "funnel.months_3": ("3 months", "近 3 个月"),
    "funnel.months_6": ("6 months", "近 6 个月"),
    "funnel.months_12": ("12 months", "近 12 个月"),
    "funnel.answer_held": (
        "{group} is held up at {stage}: {own} of stays there went on, {others} elsewhere; at the rate of the others it"
        " would be about {short} more wins.",
        "{group}卡在“{stage}”阶段：仅 {own} 向前推进，其他组为 {others}；若与其他组相同，约可多赢 {short} 单。",
    ),
    "funnel.answer_more": ("{count} more are held up, see below.", "另有 {count} 组受阻，见下表。"),
    "funnel.answer_even": (
        "No group is behind the others by more than chance would do. The fewest go on from {stage}: {share} within 90"
        " days.",
        "没有哪一组明显落后于其他组。推进最少的是“{stage}”阶段：90 天内推进 {share}。",
    ),
    "funnel.answer_company": (
        "Of {entered} deals that entered {first}, {share} go on within 90 days; the fewest go on from {stage}: "
        "{least}.",
        "进入“{first}”的 {entered} 个商机中，90 天内推进 {share}；推进最少的是“{stage}”阶段：{least}。",
    ),
    "funnel.answer_empty": (
        "No deal entered a stage in this time; ask for a longer one.",
        "此期间没有商机进入任何阶段，请选择更长的时间。",
    ),
    "funnel.stages": ("From stage to stage", "各阶段的进与出"),
    "funnel.stages_note": (
        "A deal counts once each time it enters a stage. Shares and days allow for deals that are still there.",
        "商机每进入一次阶段计一次。比例与天数已考虑仍停留的商机。",
    ),
    "funnel.stage": ("Stage", "阶段"),
    "funnel.entered": ("Entered", "进入"),
    "funnel.onward": ("Went on", "推进"),
    "funnel.won": ("Won", "赢单"),
    "funnel.back": ("Went back", "退回"),
    "funnel.lost": ("Lost", "输单"),
    "funnel.still": ("Still there", "仍在"),
    "funnel.conversion": ("Go on within 90 days", "90 天内推进"),
    "funnel.conversion_note": ("to a later stage or a win", "进入后续阶段或赢单"),
    "funnel.dwell": ("Half leave within", "半数停留不超过"),
    "funnel.dwell_note": ("four in five: {days}", "五分之四：{days}"),
    "funnel.won_dwell": ("Deals that were won", "赢单商机"),
    "funnel.groups": ("Who is held up where", "谁卡在哪一步"),
    "funnel.groups_note": (
        "The share of ended stays that went on or were won, with how many they are. Marked: the stage where a group is"
        " behind the others by more than chance would do.",
        "已结束的停留中向前推进或赢单的比例及数量。标记处为该组明显落后于其他组的阶段。",
    ),
    "funnel.of": ("of {n}", "共 {n}"),
    "funnel.few": ("too few", "样本过少"),
    "funnel.short": (
        "{short} wins short, 8 in 10 chance: {low} to {high}",
        "少赢 {short} 单，八成把握区间：{low} 至 {high}",
    ),
    "funnel.chart": ("Share that goes on within 90 days, by stage", "各阶段 90 天内推进的比例"),
    "funnel.nothing": ("Nothing entered a stage in this time.", "此期间没有商机进入阶段。"),
    "by.company": ("company", "公司"),
    "by.team": ("team", "团队"),
    "by.rep": ("person", "人员"),
    "by.region": ("region", "区域"),
    "by.product_line": ("product line", "产品线"),
    "by.segment": ("segment", "客户分层"),
    "by.source": ("source", "来源"),
    "by.none": ("(not set)", "（未填写）"),
}
