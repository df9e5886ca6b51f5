"""Every indicator of the sheet a second time, in plain Python, written from the formulas in words."""

from __future__ import annotations

import datetime as dt
import statistics
from collections import defaultdict
from collections.abc import Callable

from tests.indicators.plain_company import DAY, HOUR, LATER_HALF, MINUTE, WEEK, Company, Row, instant

Case = tuple[str, float | None, float, int]
"""Who, numerator (unknown where an amount is), denominator, whether it counts as a case."""


def case(rep: str, num: float | None, den: float = 1.0, n: int = 1) -> Case:
    return rep, num, den, n


def grown(c: Company, base_start: dt.datetime, base_end: dt.datetime) -> list[Case]:
    if min(row["recorded_at"] for row in c.known["deal_changes"]) > base_start:
        return []
    now = [case(one["rep"], one["amount"], 0.0) for one in c.won() if one["amount"] is not None]
    then = c.won(base_start, base_end)
    return now + [case(one["rep"], -one["amount"], one["amount"]) for one in then if one["amount"] is not None]


def strategic(c: Company) -> list[Case]:
    accounts = {row["account_id"]: row for row in c.known["accounts"]}
    out = []
    for one in c.won():
        if one["amount"] is None:
            continue
        customer = accounts.get(c.account(one["deal"]), {})
        facts = {**customer, "product_line": c.at(one["deal"], "product_line", one["at"])}
        inside = any(facts.get(key) in names for key, names in c.strategic.items())
        out.append(case(one["rep"], one["amount"] if inside else 0.0, one["amount"]))
    return out


def discounts(c: Company) -> list[Case]:
    out = []
    for one in c.won():
        deal = one["deal"]
        offered = [stay["from"] for stay in c.stays if stay["deal"] == deal and stay["stage"] in LATER_HALF]
        amounts = [row["new_value"] for row in c.log[deal]["amount"] if row["new_value"] is not None]
        quote = (c.at(deal, "amount", min(offered)) if offered else None) or (amounts[0] if amounts else None)
        close = c.at(deal, "amount", one["at"])
        if one["from_open"] and quote and close and float(quote) > 0:
            out.append(case(one["rep"], 1 - float(close) / float(quote)))
    return out


def cohort(c: Company) -> list[Case]:
    first, end = instant(c.year_first), instant(c.year_end)
    born = [deal for deal in c.owners if first <= c.deals[deal]["created_at"] < end]
    return [case(c.owners[deal], float(c.outcome(deal, c.upto)[0] == "won")) for deal in born]


def invoices(c: Company, column: str) -> list[tuple[str, Row]]:
    return [(c.owners[row["deal_id"]], row) for row in c.within("invoices", column) if row["deal_id"] in c.owners]


def lifetime(c: Company) -> list[Case]:
    before, now = c.customers(c.upto - 365 * DAY), c.customers(c.upto)
    margins: dict[tuple[str, str], float] = defaultdict(float)
    for row in c.known["invoices"]:
        if c.upto - 365 * DAY <= row["issued_at"] < c.upto and row["cost"] is not None and row["deal_id"] in c.owners:
            margins[c.owners[row["deal_id"]], str(c.account(row["deal_id"]))] += row["amount"] - row["cost"]
    churn = 1 - sum(name in now for name in before) / len(before)
    years = min(1 / churn, 10.0) if churn else 10.0
    return [case(rep, margin * years) for (rep, _), margin in margins.items()]


def new_customers(c: Company) -> list[Case]:
    firsts: dict[str, Row] = {}
    for one in sorted(c.closings, key=lambda one: (one["at"], one["deal"])):
        if one["outcome"] == "won" and one["at"] < c.upto and not (one["reopened"] and one["reopened"] < c.upto):
            firsts.setdefault(str(c.account(one["deal"])), one)
    return [case(one["rep"], 1.0) for one in firsts.values() if one["at"] >= c.start]


def acquisition(c: Company) -> list[Case]:
    months = months_of(c) if (c.end_day - c.first).days > 7 else []
    born: dict[str, list[str]] = defaultdict(list)
    for deal, owner in c.owners.items():
        if c.deals[deal]["created_at"] >= c.start:
            born[c.deals[deal]["source"]].append(owner)
    out = [case(rep, 0.0, 1.0) for rep, *_ in new_customers(c)]
    for row in c.known["costs"]:
        if row["period"] in months and row["rep_id"]:
            out.append(case(row["rep_id"], row["amount"], 0.0, 0))
        elif row["period"] in months:
            out += [case(rep, row["amount"] / len(born[row["channel"]]), 0.0, 0) for rep in born[row["channel"]]]
    return out


def retention(c: Company) -> list[Case]:
    now = c.customers(c.upto)
    return [case(wins[-1]["rep"], float(name in now)) for name, wins in c.customers(c.start).items()]


def complaints(c: Company) -> list[Case]:
    out = [case(row["rep_id"], 1.0, 0.0, 0) for row in c.within("complaints", "opened_at")]
    return out + [case(wins[-1]["rep"], 0.0, 1.0) for wins in c.customers(c.upto).values()]


def leads_in_time(c: Company) -> list[Case]:
    out = []
    for row in c.within("leads", "created_at"):
        deadline = row["created_at"] + 4 * HOUR
        good = row["first_response_at"] is not None and row["first_response_at"] <= deadline
        if good or deadline < c.as_of:
            out.append(case(row["rep_id"], float(good)))
    return out


def created(c: Company) -> list[str]:
    return [deal for deal in c.owners if c.deals[deal]["created_at"] >= c.start]


def target(c: Company, rep: str, period: str) -> float | None:
    """The target set for the period, else for all of its months."""
    own = set_target(c, rep, period)
    if own is not None or len(period) > 6:
        return own
    months = [set_target(c, rep, month) for month in months_of(c)]
    return sum(months) if all(month is not None for month in months) else None


def months_of(c: Company) -> list[str]:
    days = [c.first + at * DAY for at in range((c.end_day - c.first).days)]
    return sorted({f"{day:%Y-%m}" for day in days})


def set_target(c: Company, rep: str, period: str) -> float | None:
    rows = [
        row
        for row in c.known["quotas"]
        if (row["scope_kind"], row["scope_id"], row["period"], row["measure"]) == ("rep", rep, period, "amount")
        and row["set_at"] < c.as_of
    ]
    return max(rows, key=lambda row: row["set_at"])["target"] if rows else None


def coverage(c: Company, period: str) -> list[Case]:
    """Against the target of the period; for a week, that of the quarter in which it ends."""
    first, end_day, start, when = c.first, c.end_day, c.start, c.as_of if c.as_of < c.end else c.start + DAY
    if "W" in period:
        last = c.end_day - DAY
        quarter = (last.month - 1) // 3
        first, when, period = dt.date(last.year, 3 * quarter + 1, 1), c.upto, f"{last.year}Q{quarter + 1}"
        end_day, start = (first + 100 * DAY).replace(day=1), instant(first)
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for deal in c.existing(when):
        outcome, since = c.outcome(deal, when)
        amount = c.number(c.standing(deal, "amount", when)) or 0.0
        date = c.standing(deal, "close_date", when)
        dated = date is not None and first <= dt.date.fromisoformat(date) < end_day
        if outcome is None and dated:
            sums[c.owner(deal, when)][0] += amount
        if outcome == "won" and since is not None and since >= start:
            sums[c.owner(deal, when)][1] += amount
    reps = {row["rep_id"] for row in c.known["reps"]}
    wanted = {rep: aim for rep in reps if (aim := target(c, rep, period)) is not None}
    return [case(rep, sums[rep][0], aim - sums[rep][1]) for rep, aim in wanted.items() if aim > sums[rep][1]]


def hygiene(c: Company) -> list[Case]:
    people = {row["deal_id"] for row in c.known["contacts"] if row["added_at"] < c.upto}
    out = []
    for deal in c.open_deals:
        date = c.standing(deal, "close_date", c.upto)
        fresh = date is not None and instant(dt.date.fromisoformat(date)) > c.upto - DAY
        step = (c.standing(deal, "next_step", c.upto) or "").strip() != ""
        clean = fresh and step and c.standing(deal, "amount", c.upto) is not None and deal in people
        out.append(case(c.owners[deal], float(clean)))
    return out


def chain(c: Company) -> list[Case]:
    roles: dict[str, set[str]] = defaultdict(set)
    for row in c.known["contacts"]:
        if row["added_at"] < c.upto:
            roles[row["deal_id"]].add(row["role"])
    late = [deal for deal in c.open_deals if c.standing(deal, "stage", c.upto) in LATER_HALF]
    return [case(c.owners[deal], float({"decision_maker", "champion"} <= roles[deal])) for deal in late]


def fit(c: Company) -> list[Case]:
    grade = {row["account_id"]: row["fit_grade"] for row in c.known["accounts"]}
    outcomes = {deal: c.outcome(deal, c.upto)[0] for deal in c.owners}
    closed: dict[str, list[bool]] = defaultdict(list)
    for deal, outcome in outcomes.items():
        if outcome is not None:
            closed[grade[c.account(deal)]].append(outcome == "won")
    usual = statistics.mean(won for rows in closed.values() for won in rows)
    like = {name for name, rows in closed.items() if len(rows) >= 10 and statistics.mean(rows) > usual}
    out = []
    for deal in c.open_deals:
        amount = c.number(c.standing(deal, "amount", c.upto))
        if amount is not None:
            out.append(case(c.owners[deal], amount if grade[c.account(deal)] in like else 0.0, amount))
    return out


def scored(c: Company) -> list[tuple[str, float | None, Row]]:
    newest: dict[str, Row] = {}
    for row in sorted(c.known["scores"], key=lambda row: row["as_of"]):
        if c.upto - 31 * DAY <= row["as_of"] <= c.upto:
            newest[row["deal_id"]] = row
    deals = [deal for deal in c.open_deals if deal in newest]
    return [(c.owners[deal], c.number(c.standing(deal, "amount", c.upto)), newest[deal]) for deal in deals]


def stay_cases(c: Company) -> list[Case]:
    """Who, days, and in place of a denominator how it ended: 1 moved on, 2 left, 0 still there."""
    out = []
    for stay in c.stays:
        if c.upto - 180 * DAY <= stay["from"] < c.upto:
            over = stay["till"] is not None and stay["till"] < c.upto
            how = (1 if stay["how"] in ("forward", "won") else 2) if over else 0
            days = (min(stay["till"] or c.upto, c.upto) - stay["from"]) / DAY
            out.append((c.at(stay["deal"], "owner_id", stay["from"]), days, float(how), 1))
    return out


def cycles(c: Company, since: Callable[[str], dt.datetime | None]) -> list[Case]:
    rows = [(one, since(one["deal"])) for one in c.won() if one["from_open"]]
    return [case(one["rep"], (one["at"] - began) / DAY) for one, began in rows if began is not None]


def lead_of(c: Company) -> Callable[[str], dt.datetime | None]:
    came: dict[str, dt.datetime] = {}
    for row in c.known["leads"]:
        if row["deal_id"]:
            came[row["deal_id"]] = min(row["created_at"], came.get(row["deal_id"], row["created_at"]))
    return came.get


def visited(c: Company) -> list[Case]:
    targets = {row["account_id"] for row in c.known["accounts"] if row["fit_grade"] == "A"}
    pairs = set()
    for deal, owner in c.owners.items():
        outcome, since = c.outcome(deal, c.upto)
        if c.account(deal) in targets and (outcome is None or (since is not None and since >= c.start)):
            pairs.add((owner, c.account(deal)))
    seen = {row["account_id"] for row in c.within("activities", "happened_at") if row["kind"] == "visit"}
    return [case(owner, float(account in seen)) for owner, account in pairs]


def long_calls(c: Company) -> list[tuple[str, Row]]:
    return [(rep, row) for rep, row in c.touches("call") if (row["duration_minutes"] or 0) >= 3]


def work_days(c: Company) -> int:
    days = [c.first + at * DAY for at in range((c.end_day - c.first).days)]
    return sum(day.weekday() < 5 and instant(day) < c.upto for day in days)


def mails(c: Company, mark: str) -> list[Case]:
    sent = [(rep, row) for rep, row in c.touches("email") if row["direction"] == "out" and row[mark] is not None]
    return [case(rep, float(row[mark])) for rep, row in sent]


def touch_rate(c: Company) -> list[Case]:
    out = []
    for row in c.within("activities", "happened_at"):
        two_way = row["direction"] == "in" or row["kind"] in ("meeting", "visit", "demo") or row["replied"]
        two_way = two_way or (row["kind"] == "call" and (row["duration_minutes"] or 0) >= 3)
        if two_way and row["deal_id"] in c.owners:
            out.append(case(c.owners[row["deal_id"]], 1.0, 0.0))
    for deal, owner in c.owners.items():
        until = min(c.outcome(deal, c.upto)[1] or c.upto, c.upto)
        weeks = (until - max(c.deals[deal]["created_at"], c.start)) / WEEK
        if weeks > 0:
            out.append(case(owner, 0.0, weeks, 0))
    return out


def follow_ups(c: Company) -> list[Case]:
    sent: dict[str, list[dt.datetime]] = defaultdict(list)
    for row in c.known["activities"]:
        if row["direction"] == "out" and row["happened_at"] < c.as_of:
            sent[row["deal_id"]].append(row["happened_at"])
    asks = [
        (row["deal_id"], row["happened_at"])
        for row in c.within("activities", "happened_at")
        if row["direction"] == "in" and row["deal_id"]
    ]
    asks += [(stay["deal"], stay["from"]) for stay in c.stays if not stay["first"] and c.start <= stay["from"] < c.upto]
    out = []
    for deal, when in asks:
        done = any(when < answer <= when + 3 * DAY for answer in sent[deal])
        if deal in c.owners and (done or when + 3 * DAY < c.as_of):
            out.append(case(c.owners[deal], float(done)))
    return out


def contracts(c: Company) -> list[tuple[str, Row, dt.datetime]]:
    rows = [row for row in c.within("contracts", "promised_at") if row["deal_id"] in c.owners]
    told = [(c.owners[row["deal_id"]], row, row["promised_at"] + DAY) for row in rows]
    return [one for one in told if one[2] <= c.as_of or one[1]["delivered_at"]]


def slips(c: Company) -> list[Case]:
    out = []
    for one in c.won():
        stated = c.at(one["deal"], "close_date", one["at"] - 30 * DAY)
        if one["from_open"] and stated is not None:
            out.append(case(one["rep"], (one["at"] - instant(dt.date.fromisoformat(stated))) / DAY))
    return out


def foresight(c: Company) -> list[Case]:
    out = []
    for one in c.won():
        first = [row["new_value"] for row in c.log[one["deal"]]["product_line"]]
        won = c.at(one["deal"], "product_line", one["at"])
        if won is not None:
            out.append(case(one["rep"], float(first[0] == won)))
    return out


def skill_growth(c: Company) -> list[Case]:
    def last(before: dt.datetime) -> dict[tuple[str, str], float]:
        rows = sorted(c.known["assessments"], key=lambda row: row["assessed_at"])
        return {(row["rep_id"], row["dimension"]): row["score"] for row in rows if row["assessed_at"] < before}

    now, then = last(c.upto), last(c.start)
    return [case(key[0], score - then[key]) for key, score in now.items() if key in then]


def answers(c: Company, kind: str) -> list[Row]:
    return [row for row in c.within("surveys", "happened_at") if row["kind"] == kind and row["rep_id"]]


def told(c: Company, table: str, column: str, number: Callable[[Row], float | None]) -> list[Case]:
    rows = [(row["rep_id"], number(row)) for row in c.within(table, column) if row["rep_id"]]
    return [case(rep, value) for rep, value in rows if value is not None]


def flag(value: bool | None) -> float | None:
    return None if value is None else float(value)


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
