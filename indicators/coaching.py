"""What can be coached, and the next step to try: plain words for a conversation, never a cause."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """The next step that an indicator suggests to look at together."""

    en: str
    zh: str


STEPS: dict[str, Step] = {
    "win_rate": Step(
        "go through these lost deals together: who decided, and what was asked for last.",
        "一起复盘这些输单：谁做的决定，客户最后提出了什么。",
    ),
    "discount_depth": Step(
        "prepare the value talk and a give-and-take list before the next price talk.",
        "下次谈价前先准备价值说明和交换条件清单。",
    ),
    "lead_response_in_time": Step("set aside a fixed time each day for new leads.", "每天固定时段处理新线索。"),
    "lead_conversion": Step(
        "look at a few leads together and agree when one is a deal.", "一起看几条线索，明确何时转为商机。"
    ),
    "data_hygiene": Step(
        "fill in next step, amount, contact and a date that is not past on these deals.",
        "为这些商机补全下一步、金额、联系人与未过期的预计成交日。",
    ),
    "decision_chain_coverage": Step(
        "plan for each of these deals how to reach who decides and who supports us.",
        "为这些商机逐一规划如何接触决策人与内部支持者。",
    ),
    "profile_fit": Step(
        "talk about which of these deals deserve the time, by the customers that were won before.",
        "参照以往赢单客户的画像，讨论这些商机各值得投入多少时间。",
    ),
    "effective_visit_rate": Step(
        "agree before each visit what it is to achieve, and note after it whether it did.",
        "每次拜访前约定目标，拜访后记录是否达成。",
    ),
    "visit_coverage": Step("plan visits to the target accounts not yet seen.", "为尚未拜访的目标客户安排拜访。"),
    "email_open_rate": Step(
        "compare subject lines with those of the team that are opened.", "对照团队中打开率高的邮件标题。"
    ),
    "email_reply_rate": Step(
        "end each mail with one question that is easy to answer.", "每封邮件以一个易于回答的问题结尾。"
    ),
    "follow_up_timeliness": Step(
        "answer these buyers first, and keep a slot each day for what came in.",
        "先回复这些客户，并每天留出时间处理来信来电。",
    ),
    "need_foresight": Step(
        "listen to the first talks of these deals together: which need was named?",
        "一起回顾这些商机的首次沟通：客户当时提的是什么需求？",
    ),
    "contract_fulfilment": Step(
        "check delivery dates with the delivering team before promising them.", "承诺交付日之前先与交付团队确认。"
    ),
    "process_compliance": Step(
        "go through the rules on the contracts of these deals.", "对照规则逐一检查这些商机的合同。"
    ),
    "training_pass": Step(
        "book the test again and study the parts that were missed.", "重新预约考核，复习未通过的部分。"
    ),
    "support_timeliness": Step("agree dates with colleagues when they ask.", "同事提出请求时当场约定完成时间。"),
    "retention": Step("plan a talk with customers that have not bought for long.", "为久未购买的客户安排沟通。"),
    "repeat_and_upsell": Step("review what existing customers could need next.", "梳理现有客户下一步可能的需求。"),
}
"""By indicator. Each is a share or mean of cases that stand for themselves, so that a difference has an interval."""
