"""The words of the pipeline page beside those it shares with other pages."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "pipeline.answer": (
        "{risk} of {open} open is at risk, in {count} of {total} deals; {expected} is expected to be won before {day}.",
        "在途 {open} 中有 {risk} 存在风险（{total} 个商机中的 {count} 个）；预计 {day}前赢单 {expected}。",
    ),
    "pipeline.answer_empty": ("No open deal matches.", "没有符合条件的在途商机。"),
    "pipeline.fallen": (
        "{count} deals lost {points} points of win chance or more since {day}.",
        "自{day}以来，{count} 个商机的赢单概率下降 {points} 个百分点或更多。",
    ),
    "pipeline.expected_basis": (
        "at today's amounts; the forecast also fills in missing amounts and learns from past quarters",
        "按当前金额计；预测另补未填金额，并参照以往季度",
    ),
    "pipeline.region": ("Region", "区域"),
    "pipeline.flag": ("Risk flag", "风险信号"),
    "pipeline.problem": ("To put right", "待补正"),
    "pipeline.search": ("Name or number", "名称或编号"),
    "pipeline.sort": ("Order", "排序"),
    "pipeline.sort_risk": ("most at risk", "风险最高"),
    "pipeline.sort_fell": ("fell most in a week", "一周内下降最多"),
    "pipeline.sort_amount": ("largest amount", "金额最大"),
    "pipeline.sort_date": ("closing soonest", "最早成交"),
    "pipeline.sort_chance": ("least win chance", "赢单概率最低"),
    "pipeline.views": ("Views", "视图"),
    "pipeline.view_all": ("all deals", "全部"),
    "pipeline.view_critical": ("critical", "危急"),
    "pipeline.view_fell": ("fell in a week", "本周下降"),
    "pipeline.view_quiet": ("no recent touch", "近期未互动"),
    "pipeline.view_overdue": ("overdue", "已逾期"),
    "pipeline.view_pushed": ("pushed repeatedly", "多次推迟"),
    "pipeline.save": (
        "The address of this page holds the filters and the order: bookmark it to keep this view.",
        "本页网址包含筛选与排序，收藏网址即可保存此视图。",
    ),
    "pipeline.csv": ("Download as CSV", "下载 CSV"),
    "pipeline.week_ago": ("{win} a week ago ({points})", "一周前 {win}（{points}）"),
    "pipeline.new_week": ("new this week", "本周新增"),
    "pipeline.table": ("Open deals, {shown}", "在途商机，{shown}"),
}
