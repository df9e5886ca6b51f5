"""Every indicator of the sheet a second time, in plain Python, written from the formulas in words."""

from __future__ import annotations

import statistics
from collections import defaultdict

from tests.indicators.plain_company import DAY, HOUR, MINUTE, Company, instant
from tests.indicators.plain_deals import (
    Case,
    acquisition,
    case,
    chain,
    cohort,
    complaints,
    coverage,
    created,
    cycles,
    discounts,
    fit,
    grown,
    hygiene,
    invoices,
    lead_of,
    leads_in_time,
    lifetime,
    new_customers,
    retention,
    scored,
    stay_cases,
    strategic,
    target,
)
from tests.indicators.plain_work import (
    answers,
    contracts,
    flag,
    follow_ups,
    foresight,
    long_calls,
    mails,
    skill_growth,
    slips,
    told,
    touch_rate,
    visited,
    work_days,
)


def cases(c: Company, period: str) -> dict[str, list[Case]]:
    """The cases of every indicator but those of forecasts, which have a second road of their own."""
    won, amounts = c.won(), [one for one in c.won() if one["amount"] is not None]
    closed = c.closed(c.start, c.end)
    paid, billed = invoices(c, "paid_at"), invoices(c, "issued_at")
    reps = {row["rep_id"] for row in c.known["reps"]}
    booked: dict[str, float] = defaultdict(float)
    for one in amounts:
        booked[one["rep"]] += one["amount"]
    aims = {rep: aim for rep in reps if (aim := target(c, rep, period)) is not None}
    sold = [case(one["rep"], one["amount"]) for one in amounts]
    visits = c.touches("visit")
    kept = retention(c)
    delivered = [row for row in c.within("contracts", "delivered_at") if row["deal_id"] in c.owners]
    demos = [row for row in c.known["activities"] if row["kind"] == "demo" and c.start <= row["happened_at"] < c.end]
    days = [((row["paid_at"] - row["issued_at"]) / DAY, rep, row) for rep, row in paid]
    return {
        "won_amount": [case(one["rep"], one["amount"]) for one in won],
        "attainment": [case(rep, booked[rep], aim) for rep, aim in aims.items()],
        "growth": grown(c, instant(c.before_first), c.start),
        "growth_year_on_year": grown(c, instant(c.year_first), instant(c.year_end)),
        "share_of_strategic_sales": strategic(c),
        "discount_depth": discounts(c),
        "average_deal": sold,
        "median_deal": sold,
        "win_rate": [case(one["rep"], float(one["outcome"] == "won")) for one in closed],
        "win_rate_by_amount": [
            case(one["rep"], one["amount"] * (one["outcome"] == "won"), one["amount"])
            for one in closed
            if one["amount"] is not None
        ],
        "win_rate_of_cohort": cohort(c),
        "collection_rate": [case(rep, row["paid_amount"] or 0.0, 0.0, 0) for rep, row in paid]
        + [case(rep, 0.0, row["amount"]) for rep, row in invoices(c, "due_at")],
        "days_to_collect": [case(rep, day) for day, rep, _ in days],
        "days_to_collect_by_amount": [
            case(rep, day * row["paid_amount"], row["paid_amount"]) for day, rep, row in days
        ],
        "gross_margin": [case(rep, row["amount"] - row["cost"], row["amount"]) for rep, row in billed],
        "lifetime_value": lifetime(c),
        "acquisition_cost": acquisition(c),
        "new_customers": new_customers(c),
        "retention": kept,
        "churn": [case(rep, 1 - stays) for rep, stays, *_ in kept],
        "repeat_and_upsell": [case(wins[-1]["rep"], float(len(wins) > 1)) for wins in c.customers(c.upto).values()],
        "nps": [case(row["rep_id"], 100.0 * ((row["score"] >= 9) - (row["score"] <= 6))) for row in answers(c, "nps")],
        "csat": [case(row["rep_id"], row["score"]) for row in answers(c, "csat")],
        "complaint_rate": complaints(c),
        "response_time": told(
            c, "complaints", "resolved_at", lambda row: (row["resolved_at"] - row["opened_at"]) / HOUR
        ),
        "leads_created": told(c, "leads", "created_at", lambda row: 1.0),
        "lead_response_time": told(
            c,
            "leads",
            "created_at",
            lambda row: row["first_response_at"] and (row["first_response_at"] - row["created_at"]) / MINUTE,
        ),
        "lead_response_in_time": leads_in_time(c),
        "lead_conversion": told(
            c,
            "leads",
            "created_at",
            lambda row: float(row["qualified_at"] is not None and row["qualified_at"] < c.upto),
        ),
        "pipeline_created": [case(c.owners[deal], c.number(c.standing(deal, "amount", c.upto))) for deal in created(c)],
        "deals_created": [case(c.owners[deal], 1.0) for deal in created(c)],
        "pipeline_coverage": coverage(c, period),
        "data_hygiene": hygiene(c),
        "decision_chain_coverage": chain(c),
        "profile_fit": fit(c),
        "healthy_pipeline": [
            case(rep, None if amount is None else amount * row["win_probability"]) for rep, amount, row in scored(c)
        ],
        "healthy_share": [
            case(rep, amount * (row["band"] == "healthy"), amount)
            for rep, amount, row in scored(c)
            if amount is not None
        ],
        "stage_conversion": stay_cases(c),
        "stage_dwell": stay_cases(c),
        "stage_dwell_p80": stay_cases(c),
        "sales_cycle": cycles(c, lambda deal: c.deals[deal]["created_at"]),
        "sales_cycle_from_lead": cycles(c, lead_of(c)),
        "visits": [case(rep, 1.0) for rep, _ in visits],
        "visits_onsite": [case(rep, 1.0) for rep, row in visits if row["channel"] == "onsite"],
        "visits_online": [case(rep, 1.0) for rep, row in visits if row["channel"] == "online"],
        "effective_visit_rate": [
            case(rep, float(row["effective"])) for rep, row in visits if row["effective"] is not None
        ],
        "visit_coverage": visited(c),
        "effective_calls": [case(rep, 1.0) for rep, _ in long_calls(c)],
        "effective_call_minutes": [case(rep, row["duration_minutes"] / work_days(c)) for rep, row in long_calls(c)],
        "email_open_rate": mails(c, "opened"),
        "email_reply_rate": mails(c, "replied"),
        "touch_rate": touch_rate(c),
        "demos_booked": [case(row["rep_id"], 1.0) for row in demos],
        "follow_up_timeliness": follow_ups(c),
        "contract_fulfilment": [
            case(rep, float(row["delivered_at"] is not None and row["delivered_at"] < deadline))
            for rep, row, deadline in contracts(c)
        ],
        "contract_days_late": [
            case(rep, max(0.0, ((row["delivered_at"] or c.as_of) - deadline) / DAY))
            for rep, row, deadline in contracts(c)
        ],
        "process_compliance": [
            case(c.owners[row["deal_id"]], float(row["compliant"])) for row in delivered if row["compliant"] is not None
        ],
        "close_date_slip": slips(c),
        "need_foresight": foresight(c),
        "skill_score": told(c, "assessments", "assessed_at", lambda row: row["score"]),
        "skill_growth": skill_growth(c),
        "training_pass": told(c, "trainings", "taken_at", lambda row: flag(row["passed"])),
        "learning_hours": told(c, "trainings", "taken_at", lambda row: row["hours"]),
        "knowledge_shared": [
            case(row["rep_id"], 1.0) for row in c.within("contributions", "happened_at") if row["kind"] == "shared"
        ],
        "knowledge_used": [
            case(row["rep_id"], 1.0) for row in c.within("contributions", "happened_at") if row["kind"] == "used"
        ],
        "collaboration_score": [case(row["rep_id"], row["score"]) for row in answers(c, "internal")],
        "support_timeliness": told(
            c,
            "support_tasks",
            "due_at",
            lambda row: float(row["done_at"] is not None and row["done_at"] <= row["due_at"]),
        ),
    }


def value(rule: str, rows: list[Case]) -> float | None:
    """One number from the cases of one person."""
    nums, den = [row[1] for row in rows if row[1] is not None], sum(row[2] for row in rows)
    if not nums:
        return 0.0 if rule == "sum" and not rows else None
    if rule == "sum":
        return sum(nums)
    if rule == "mean":
        return statistics.mean(nums)
    if rule == "median":
        return statistics.median(nums)
    if rule == "ratio":
        return sum(nums) / den if den > 0 else None
    return stay_value(rule, list(zip(nums, (row[2] for row in rows), strict=True)))


def stay_value(rule: str, stays: list[tuple[float, float]]) -> float | None:
    """Life tables by hand: at each day on which stays end, those still there then are at risk."""
    remains, moved = 1.0, 0.0
    for day in sorted({days for days, how in stays if how}):
        risk = sum(days >= day for days, _ in stays)
        on = sum(days == day and how == 1 for days, how in stays)
        over = sum(days == day and how > 0 for days, how in stays)
        moved += remains * on / risk if day <= 90 else 0.0
        remains *= 1 - over / risk
        if rule != "incidence" and remains <= (0.5 if rule == "median_stay" else 0.2) + 1e-9:
            return day
    return moved if rule == "incidence" else None
