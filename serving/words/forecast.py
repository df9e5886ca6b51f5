"""The words of the forecast page."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "forecast.title": ("Forecast {period}", "{period} 预测"),
    "forecast.answer": (
        "{scope} is expected to land at {mean}, with 8 in 10 chance between {low} and {high}.",
        "{scope}预计达成 {mean}，八成把握在 {low} 至 {high} 之间。",
    ),
    "forecast.answer_quota": (
        "That is {attainment} of the target of {quota}; the chance to reach it is {chance}.",
        "为目标 {quota} 的 {attainment}，达成概率 {chance}。",
    ),
    "forecast.answer_no_quota": ("No target is set yet.", "尚未设定目标。"),
    "forecast.answer_began": (
        "{period} begins on the day shown, {day}.",
        "所示日期{day}是 {period} 的第一天。",
    ),
    "forecast.answer_began_bare": (
        "{period} begins on the day shown, {day}, and no targets are on record for it yet.",
        "所示日期{day}是 {period} 的第一天，尚无目标记录。",
    ),
    "forecast.ended": ("{period} has just ended: see what it came to.", "{period} 刚刚结束，查看实际达成。"),
    "forecast.answer_over": ("{scope} came to {mean}; the period is over.", "{scope}实际达成 {mean}，期间已结束。"),
    "forecast.answer_changed": ("A week ago it was {before} ({change}).", "一周前为 {before}（{change}）。"),
    "forecast.answer_none": (
        "Nothing is booked, open or targeted here in this period.",
        "本期间没有赢单、在途商机或目标。",
    ),
    "forecast.company": ("The company", "全公司"),
    "forecast.period": ("Period", "期间"),
    "forecast.by": ("By", "按"),
    "forecast.measure": ("Measure", "口径"),
    "forecast.booked": ("Booked", "已签"),
    "forecast.open": ("From open deals", "在途预计"),
    "forecast.new": ("Still to come", "尚待新增"),
    "forecast.mean": ("Expected", "预计"),
    "forecast.range": ("8 in 10 chance", "八成把握区间"),
    "forecast.middle": ("Middle", "中位"),
    "forecast.quota": ("Target", "目标"),
    "forecast.attainment": ("Of target", "达成率"),
    "forecast.chance": ("Chance to reach it", "达成概率"),
    "forecast.coverage": ("Coverage", "覆盖倍数"),
    "forecast.coverage_note": ("open ÷ missing", "在途 ÷ 缺口"),
    "forecast.gap": ("Gap", "缺口"),
    "forecast.times": ("{value} ×", "{value} 倍"),
    "forecast.parts": (
        "{open} from {deals} open deals, {new} still to come",
        "{deals} 个在途商机预计 {open}，尚待新增 {new}",
    ),
    "forecast.spread": ("{low} to {high}", "{low} 至 {high}"),
    "forecast.of_target": ("{attainment} of the target", "目标的 {attainment}"),
    "forecast.missing": ("{gap} missing", "缺口 {gap}"),
    "forecast.beyond": ("{gap} beyond it", "超出 {gap}"),
    "forecast.day": ("day {day} of {days}", "第 {day} 天，共 {days} 天"),
    "forecast.no_target": ("no target", "未设目标"),
    "forecast.scope": ("Scope", "范围"),
    "forecast.table": ("Where each lands", "各范围落点"),
    "forecast.table_note": (
        "Expected values add up to the whole; ranges do not, as not everything goes wrong at once. The line marks the"
        " target.",
        "预计值可相加得到总数；区间不可相加，因为不会同时全部落空。竖线为目标。",
    ),
    "forecast.deals_of": ("deals", "商机"),
    "forecast.bridge": ("What changed since {day}: {scope}", "自{day}以来的变化：{scope}"),
    "forecast.bridge_note": (
        "Each day is forecast as it was then; the lines add up to the difference. All that changed a deal's chance "
        "stands in one line, the first that applies of: won, lost, won before the period, reopened, created, pulled "
        "in, pushed out, re-scored. So a line's sign need not be that of its name: a deal pushed out may have become "
        "likelier.",
        "每一天均按当时所知预测，各行相加等于差额。一个商机的赢率无论因何变化，都只计入最先符合的一行：赢单、输单、期前已赢单、"
        "重新打开、新建、移入本期、推迟出本期、赢率变化。因此一行的正负未必与其名称一致：推迟出本期的商机，赢率也可能上升。",
    ),
    "forecast.before": ("On {day}", "{day}"),
    "forecast.after": ("Now", "现在"),
    "forecast.line": ("What happened", "变化"),
    "forecast.deals": ("Deals", "商机数"),
    "forecast.contribution": ("Difference", "差额"),
    "forecast.no_bridge": (
        "Nothing to compare with: no week lies before this day.",
        "没有可比较的前一周。",
    ),
    "forecast.behind": ("Deals behind “{line}”", "“{line}”对应的商机"),
    "forecast.deal": ("Deal", "商机"),
    "forecast.stood": ("Before", "此前"),
    "forecast.stands": ("Now", "现在"),
    "forecast.ways": ("The other ways to forecast, and how each has done", "其他预测方法及其表现"),
    "forecast.ways_note": (
        "Each asked at the same point of earlier periods, from what was known then. Miss: all misses as a share of what"
        " came.",
        "在以往期间的同一时点、以当时所知计算。误差：全部误差占实际的比例。",
    ),
    "forecast.way": ("Way", "方法"),
    "forecast.says": ("Says now", "现在给出"),
    "forecast.against": ("Against ours", "与本预测相比"),
    "forecast.miss": ("Miss so far", "以往误差"),
    "forecast.lean": ("Lean", "偏向"),
    "forecast.periods": ("Periods", "期间数"),
    "way.model_forecast": ("Dealcast", "Dealcast"),
    "way.stage_weights": ("Stage weights", "阶段加权"),
    "way.last_years_pace": ("Last year's pace", "去年同期节奏"),
    "way.rep_commits": ("The reps' commits", "销售承诺之和"),
    "way.manager_number": ("The managers' number", "主管数字"),
    "forecast.pace": ("What it would take", "达成所需"),
    "forecast.said": ("What people said of {period}", "各人对 {period} 的预测"),
    "forecast.submit": ("Submit a forecast", "提交预测"),
    "forecast.submit_note": (
        "About yourself it is your own call, about others an override. Nothing said before is replaced.",
        "对本人为个人预测，对他人为主管修正；此前的内容不会被覆盖。",
    ),
    "forecast.submit_over": (
        "{period} is over today, so what you say now is about a later period.",
        "截至今天 {period} 已结束，此处提交的是之后期间的预测。",
    ),
    "forecast.send": ("Submit", "提交"),
    "forecast.commit": ("Commit", "承诺"),
    "forecast.most_likely": ("Most likely", "最可能"),
    "forecast.best_case": ("Best case", "最佳情况"),
    "forecast.note": ("Note", "备注"),
    "forecast.myself": ("myself", "本人"),
    "forecast.submitted": (
        "Your forecast is on record; it counts in your accuracy once the period is over.",
        "预测已记录，期间结束后计入准确度。",
    ),
    "forecast.refused": ("It was not taken: {why}", "未能提交：{why}"),
    "forecast.csv": ("Download as CSV", "下载 CSV"),
}
