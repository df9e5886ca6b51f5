"""The cases of indicators of deals, customers and money, in plain Python, from the formulas in words."""

from __future__ import annotations

import datetime as dt
import statistics
from collections import defaultdict
from collections.abc import Callable

from tests.indicators.plain_company import DAY, HOUR, LATER_HALF, Company, Row, instant

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
