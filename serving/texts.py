"""Every word of the pages, in one place and in both languages. The first text is English, the second Chinese."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from string import Formatter

from serving.words import access, data, deal, forecast, funnel, models, people, pipeline, records, review

HAN = re.compile("[一-鿿]")
LATIN_START = re.compile("[A-Za-z]")
LATIN_END = re.compile("[A-Za-z][A-Za-z0-9_.-]*$")
"""Where a word in Latin letters ends a text; figures alone are set as the sentence has them."""
LANGUAGES = ("zh-CN", "en")
Translator = Callable[..., str]

TEXTS: dict[str, tuple[str, str]] = {
    "product": ("Dealcast", "Dealcast"),
    "nav.pipeline": ("Pipeline", "销售管道"),
    "nav.places": ("Pages", "页面"),
    "nav.forecast": ("Forecast", "预测"),
    "nav.people": ("People", "人员"),
    "nav.funnel": ("Funnel", "漏斗"),
    "nav.models": ("Models", "模型"),
    "nav.data": ("Data", "数据"),
    "nav.skip": ("Skip to content", "跳到正文"),
    "nav.sign_out": ("Sign out", "退出"),
    "nav.other_language": ("中文", "English"),
    "footer.known": (
        "As known at the start of {day}. Model {version}.",
        "以{day}零点所知为准。模型 {version}。",
    ),
    "footer.causal": (
        "Reasons say what deals like this have in common, not what causes a win.",
        "原因反映同类商机的共同点，不代表因果关系。",
    ),
    "advice.404": (
        "No such page, or no such deal by the day shown. Check the address, or look for the deal in the list.",
        "没有这个页面，或截至所示日期没有这个商机。请检查地址，或在列表中查找。",
    ),
    "advice.422": (
        "Something in the address cannot be read. Start again from the list.",
        "地址中有无法识别的内容，请从列表重新进入。",
    ),
    "advice.503": (
        "Try again in a moment. If it stays so, tell your administrator.",
        "请稍后再试；如仍无法打开，请联系管理员。",
    ),
    "advice.other": (
        "Go back and try again. If it stays so, tell your administrator.",
        "请返回重试；如仍然如此，请联系管理员。",
    ),
    "failure.detail": ("For the administrator:", "供管理员参考："),
    "failure.back": ("Back to the pipeline", "返回销售管道"),
    "failure.400": ("The request could not be read", "无法读取请求"),
    "failure.404": ("Not found", "没有找到"),
    "failure.405": ("Not possible here", "此处不支持该操作"),
    "failure.413": ("Too large", "内容过大"),
    "failure.422": ("That cannot be used", "输入无法使用"),
    "failure.500": ("Something went wrong", "出错了"),
    "failure.503": ("Not ready yet", "尚未就绪"),
    "pipeline.title": ("Open deals by risk", "按风险排列的在途商机"),
    "pipeline.at_risk": ("Value at risk", "风险金额"),
    "pipeline.at_risk_share": (
        "{share} of the open pipeline, {count} deals at risk or critical",
        "占在途金额的 {share}，共 {count} 个商机处于有风险或危急",
    ),
    "pipeline.open": ("Open pipeline", "在途金额"),
    "pipeline.open_count": ("{count} deals", "{count} 个商机"),
    "pipeline.no_amount": ("{count} of them without an amount", "其中 {count} 个未填金额"),
    "pipeline.expected": ("Expected wins before {day}", "{day}前预计赢单"),
    "pipeline.expected_count": ("about {count} deals", "约 {count} 单"),
    "pipeline.health": ("Health of the pipeline", "管道健康度"),
    "pipeline.all": ("All", "全部"),
    "pipeline.apply": ("Show", "筛选"),
    "pipeline.reset": ("Clear filters", "清除筛选"),
    "pipeline.filters": ("Filters", "筛选条件"),
    "pipeline.none": (
        "No open deal matches. Clear a filter to see more.",
        "没有符合条件的在途商机，请放宽筛选条件。",
    ),
    "pipeline.shown": ("{first}–{last} of {total}", "第 {first}–{last} 个，共 {total} 个"),
    "pipeline.next": ("Next page", "下一页"),
    "pipeline.first": ("First page", "第一页"),
    "column.deal": ("Deal", "商机"),
    "column.team": ("Team", "团队"),
    "column.owner": ("Owner", "负责人"),
    "column.stage": ("Stage", "阶段"),
    "column.band": ("Band", "健康等级"),
    "column.amount": ("Amount", "金额"),
    "column.health": ("Health", "健康度"),
    "column.win": ("Win chance", "赢单概率"),
    "column.in_stage": ("time in stage", "停留时间"),
    "column.in_the_end": ("in the end", "最终"),
    "column.typical": ("50 is typical", "50 为典型水平"),
    "column.win_by": ("before {day}", "{day}前"),
    "column.flags": ("Risk flags", "风险信号"),
    "column.days_in_stage": ("in stage for {days}", "已停留 {days}"),
    "column.close_date": ("Close date", "预计成交日"),
    "band.healthy": ("Healthy", "健康"),
    "band.watch": ("Watch", "关注"),
    "band.at_risk": ("At risk", "有风险"),
    "band.critical": ("Critical", "危急"),
    "health.meaning": (
        "50 is typical for a deal at this stage and age",
        "50 为同阶段、同账龄商机的典型水平",
    ),
    "deal.win": ("Win chance", "赢单概率"),
    "deal.win_meaning": (
        "in the end; {typical} for a typical open deal at this stage",
        "最终赢单的可能性；同阶段典型在途商机为 {typical}",
    ),
    "deal.horizon": ("Before {day}", "{day}之前"),
    "deal.won": ("won", "赢单"),
    "deal.open": ("still open", "仍在跟进"),
    "deal.lost": ("lost", "输单"),
    "deal.reasons": ("Why this number", "为什么是这个数"),
    "deal.reasons_intro": (
        "From the typical open deal at this stage to this one, in percentage points, with each bar's largest parts.",
        "从同阶段典型在途商机到本商机，逐类列出增减的百分点，并注明最大的两项。",
    ),
    "deal.typical": ("Typical open deal at this stage", "同阶段典型在途商机"),
    "deal.this": ("This deal", "本商机"),
    "deal.flags": ("Risk flags", "风险信号"),
    "deal.no_flags": ("No risk flag is raised.", "没有触发风险信号。"),
    "deal.problems": ("Data to put right", "需要补正的数据"),
    "deal.timeline": ("What happened", "经过"),
    "deal.timeline_more": ("Only the newest {count} are shown.", "仅显示最近 {count} 条。"),
    "deal.closed": (
        "This deal is {outcome}; closed deals have no forecast.",
        "该商机{outcome}，已关闭的商机不再预测。",
    ),
    "deal.created": ("Created", "创建"),
    "deal.account": ("Account", "客户"),
    "deal.small_data": (
        "Counted from past deals by stage and age: no trained model covers this day.",
        "按阶段与账龄由历史商机统计得出：尚无已训练的模型覆盖此日期。",
    ),
    "deal.in_sample": (
        "The model was trained after this day and has seen what followed.",
        "所用模型在此日期之后训练，已见过之后的结果。",
    ),
    "deal.history": ("Win chance over time", "赢单概率走势"),
    "deal.history_intro": (
        "What the present model says of each week, from what was known then. Rings are scores as they were given.",
        "现用模型按各周当时所知重新评分；圆环为当时给出的评分。",
    ),
    "deal.moved": ("What moved it since {day}", "自{day}以来的变化"),
    "deal.moved_total": ("From {before} to {after}: {points} points", "从 {before} 到 {after}：{points} 个百分点"),
    "deal.moved_none": ("Nothing moved by 0.1 point or more.", "没有达到 0.1 个百分点的变化。"),
    "deal.moved_new": ("It was not open a week before.", "一周前该商机尚未在途。"),
    "moved.typical": ("Stage", "阶段"),
    "moved.typical_told": (
        "From {then} ({before} of typical open deals are won) to {now} ({after})",
        "由“{then}”（典型在途商机赢率 {before}）变为“{now}”（{after}）",
    ),
    "moved.model": ("Another model", "模型更换"),
    "moved.model_told": (
        "Given by version {other}; retold here with version {version}",
        "原评分由版本 {other} 给出，此处以版本 {version} 重新计算",
    ),
    "moved.record": ("Data added since", "数据补录"),
    "moved.record_told": (
        "The record of a day already scored has been added to since",
        "已评分日期的数据此后有补录",
    ),
    "moved.was": ("{now} (before: {then})", "{now}（此前：{then}）"),
    "moved.part": ("{name}: {sentence}, {points} points", "{name}：{sentence}，{points} 个百分点"),
    "score.evidence": (
        "Counted from {n} closed deals that were once at this stage and age; the true chance may well lie between {low}"
        " and {high}.",
        "由 {n} 个曾处于同阶段、同账龄的已关闭商机统计得出，实际赢率可能在 {low} 到 {high} 之间。",
    ),
    "score.no_evidence": (
        "No deal that was once at this stage and age has closed yet, so this is a general guess; the true chance may"
        " lie between {low} and {high}.",
        "尚无曾处于同阶段、同账龄的商机关闭，仅为一般估计，实际赢率可能在 {low} 到 {high} 之间。",
    ),
    "flag.record": (
        "Of {n} past deals flagged so, {flagged} were won within {days} days; of others at the same stages {other}.",
        "此前 {n} 个带此信号的商机，{days} 天内赢单 {flagged}；同阶段其他商机为 {other}。",
    ),
    "flag.record_alone": (
        "Of {n} past deals flagged so, {flagged} were won within {days} days; there is nothing to compare with.",
        "此前 {n} 个带此信号的商机，{days} 天内赢单 {flagged}；暂无可比商机。",
    ),
    "flag.record_winning": (
        "So deals with it were won more often: it is no warning sign here.",
        "可见带此信号的商机赢单更多，在此并非预警。",
    ),
    "flag.record_neither": (
        "That is as often, as far as can be told: it is no warning sign here so far.",
        "目前看来两者相当，暂不构成预警。",
    ),
    "flag.no_record": ("No past deal was flagged so yet.", "此前尚无商机带此信号。"),
    "event.change": ("{field}: {old} → {new}", "{field}：{old} → {new}"),
    "event.first": ("{field}: {new}", "{field}：{new}"),
    "event.cleared": ("{field}: {old} removed", "{field}：清除 {old}"),
    "event.minutes": ("{minutes} min", "{minutes} 分钟"),
    "direction.in": ("from the buyer", "客户发起"),
    "direction.out": ("to the buyer", "我方发起"),
    "activity.call": ("Call", "电话"),
    "activity.email": ("Email", "邮件"),
    "activity.meeting": ("Meeting", "会议"),
    "activity.visit": ("Visit", "拜访"),
    "activity.demo": ("Demo", "演示"),
    "activity.message": ("Message", "即时消息"),
    "activity.review": ("Review", "复盘"),
    "activity.task": ("Task", "任务"),
    "field.stage": ("Stage", "阶段"),
    "field.amount": ("Amount", "金额"),
    "field.close_date": ("Close date", "预计成交日"),
    "field.owner_id": ("Owner", "负责人"),
    "field.forecast_category": ("Forecast category", "预测类别"),
    "field.next_step": ("Next step", "下一步"),
    "field.probability": ("Probability in the CRM", "CRM 概率"),
    "field.account_id": ("Account", "客户"),
    "field.kind": ("Kind", "类型"),
    "field.product_line": ("Product line", "产品线"),
    "field.region": ("Region", "区域"),
    "field.segment": ("Segment", "客户分层"),
    "field.competitor": ("Competitor", "竞争对手"),
    "field.loss_reason": ("Loss reason", "输单原因"),
    "reason.short": ("{sentence} ({points})", "{sentence}（{points}）"),
    "reason.points": ("{sentence}, {points} points", "{sentence}，赢率 {points} 个百分点"),
    "problem.no_stage": ("No stage is set", "未填写阶段"),
    "problem.unknown_stage": ("The stage is not one of the workspace's", "阶段不在工作区的阶段清单中"),
    "problem.no_amount": ("No amount is set", "未填写金额"),
    "problem.no_rate": ("No exchange rate is known for its currency", "缺少该币种的汇率"),
    "problem.no_close_date": ("No close date is set", "未填写预计成交日"),
    "problem.close_date_far": (
        "The close date lies more than two years ahead",
        "预计成交日在两年以后",
    ),
    "problem.close_date_old": (
        "The close date passed more than a year ago",
        "预计成交日已过一年以上",
    ),
    "problem.no_activity": ("No touch with the buyer is on record", "没有与客户互动的记录"),
    "problem.future_activity": (
        "A touch is dated after this day; it does not count yet",
        "有互动的日期晚于当日，暂不计入",
    ),
    "problem.future_change": (
        "A change is dated after this day; it does not count yet",
        "有变更的日期晚于当日，暂不计入",
    ),
    "problem.tied_changes": (
        "Two changes of one field carry the same time, and which came last cannot be told",
        "同一字段有两次变更时间相同，无法判断先后",
    ),
    "problem.changes_out_of_order": (
        "A change does not start from the value that stood before it",
        "有变更的原值与此前的值不一致",
    ),
    "problem.no_owner": ("No owner is set", "未指定负责人"),
    "problem.unknown_owner": ("The owner is not among the people known", "负责人不在人员名单中"),
    "changed.won": ("Won", "赢单"),
    "changed.lost": ("Lost", "输单"),
    "changed.reopened": ("Reopened", "重新打开"),
    "changed.created": ("Created", "新建"),
    "changed.pulled_in": ("Pulled in", "移入本期"),
    "changed.pushed_out": ("Pushed out", "推迟出本期"),
    "changed.won_before": ("Won before the period", "期前已赢单"),
    "changed.re_scored": ("Re-scored", "赢率变化"),
    "changed.amount_up": ("Amount up", "金额增加"),
    "changed.amount_down": ("Amount down", "金额减少"),
    "changed.revalued": ("Exchange rate or norm", "汇率或参考金额"),
    "changed.owner_moved": ("Moved between scopes", "归属变更"),
    "changed.new_model": ("Another model", "模型更换"),
    "changed.still_to_come": ("Still to come", "尚待新增"),
    "changed.handover": ("Expected to change hands", "预计归属变更"),
    "pace.working": (
        "{scope}: {gap} missing / ({conversion} of new pipeline won, {deals} deals{whose}, × {share} of that within the"
        " period, {within} of {wins} wins) = {required} of new pipeline beyond the {usual} that usually comes from this"
        " day on.",
        "{scope}：缺口 {gap} ÷（新增商机转化 {conversion}，{deals} 单{whose} × 其中本期内成交 {share}，"
        "{wins} 单赢单中的 {within} 单）= 需在通常新增的 {usual} 之外再新增 {required} 商机。",
    ),
    "pace.out_of_reach": (
        "{scope}: {gap} missing, not reachable with new pipeline in {period}: it would take {required} beyond the"
        " {usual} that usually comes from this day on, and {most} is the most that ever came ({conversion} of new"
        " pipeline won, {deals} deals{whose}, × {share} of that within the period, {within} of {wins} wins).",
        "{scope}：缺口 {gap}，{period} 内靠新增商机无法补足：需在通常新增的 {usual} 之外再新增 {required}，"
        "而历来同期最多新增 {most}（新增商机转化 {conversion}，{deals} 单{whose} × 其中本期内成交 {share}，"
        "{wins} 单赢单中的 {within} 单）。",
    ),
    "pace.company": (" of the whole company", "，取全公司数据"),
    "pace.unknown": (
        "{scope}: {gap} missing; how much new pipeline it takes is not known, as none created so late in an earlier"
        " period was won within it.",
        "{scope}：缺口 {gap}；以往同期之后新增的商机均未在当期赢单，无法推算所需新增商机。",
    ),
    "pace.enough": ("{scope}: expected to reach its target.", "{scope}：预计可达成目标。"),
    "pace.over": ("{scope}: {gap} missing; the period is over.", "{scope}：缺口 {gap}；期间已结束。"),
    "pace.no_quota": ("{scope}: no target is set.", "{scope}：未设定目标。"),
    "standing.unknown": ("not known yet", "尚未录入"),
    "standing.booked": ("won", "已赢单"),
    "standing.lost": ("lost", "已输单"),
    "standing.won_before": ("won before the period", "期前已赢单"),
    "standing.slipped": ("still open when the period ended", "期末仍未关闭"),
    "standing.open": ("open, {chance}", "在途，{chance}"),
    **access.WORDS,
    **data.WORDS,
    **deal.WORDS,
    **forecast.WORDS,
    **funnel.WORDS,
    **models.WORDS,
    **people.WORDS,
    **pipeline.WORDS,
    **records.WORDS,
    **review.WORDS,
}
"""Placeholders in braces are filled by the caller; both languages have the same ones."""


def translator(language: str) -> Translator:
    """A function that gives the text of a key in `language` ("en", "zh-CN"), its placeholders filled.

    >>> translator("zh-CN")("pipeline.open_count", count=3)
    '3 个商机'
    """
    position = 1 if language == "zh-CN" else 0

    def text(key: str, **values: object) -> str:
        template = TEXTS[key][position]
        return spaced(template, values) if position and values else template.format(**values)

    return text


def spaced(template: str, values: Mapping[str, object]) -> str:
    """A Chinese text with its blanks filled, and a space where a Latin word of a blank meets a Chinese character.

    >>> spaced("{scope}预计达成 {mean}", {"scope": "T04", "mean": "¥5万"}), spaced("{day}前", {"day": "7月1日"})
    ('T04 预计达成 ¥5万', '7月1日前')
    """
    told = ""
    for literal, name, _, _ in _parts(template):
        told += (" " if HAN.match(literal) and LATIN_END.search(told) else "") + literal
        if name is not None:
            value = str(values[name])
            told += (" " if LATIN_START.match(value) and HAN.match(told[-1:]) else "") + value
    return told


@cache
def _parts(template: str) -> tuple[tuple[str, str | None, str | None, str | None], ...]:
    return tuple(Formatter().parse(template))


def text_or(language: str, key: str, otherwise: str) -> str:
    """The text of `key`, or `otherwise` where the word is the company's own and has no text."""
    return translator(language)(key) if key in TEXTS else otherwise


def joined(sentences: Iterable[str], language: str) -> str:
    """Sentences one after the other, as the language sets them.

    >>> joined(["One.", "Two."], "en"), joined(["一。", "二。"], "zh-CN")
    ('One. Two.', '一。二。')
    """
    return ("" if language == "zh-CN" else " ").join(sentences)
