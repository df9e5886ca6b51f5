"""A small company in text tables: what a sales leader can work out by hand."""

from __future__ import annotations

from history.record import History
from tests.indicators.text import table
from tests.lib.deal_log import at, deal, quotas, told

AS_OF = at("2026-04-10")

DEALS = [
    # 2026Q1: ann won 100 and 300 and lost one; bo lost two and won one that was reopened.
    deal("a1", "2026-01-05", ("Won", "2026-01-25"), owner_id="ann", amount=100, account_id="old"),
    deal("a2", "2026-01-05", ("Won", "2026-03-06"), owner_id="ann", amount=300, account_id="new"),
    deal("a3", "2026-01-15", ("Lost", "2026-02-06"), owner_id="ann", amount=50),
    deal("b1", "2025-11-05", ("Lost", "2026-02-06"), owner_id="bo", amount=50),
    deal("b2", "2025-11-05", ("Lost", "2026-02-16"), owner_id="bo", amount=50),
    deal("b3", "2025-11-05", ("Won", "2026-02-01"), ("Offer", "2026-02-20"), owner_id="bo", amount=900),
    # Open at the end of the quarter, and the quarter before.
    deal("a4", "2026-02-01", owner_id="ann", amount=70, close_date="2026-06-30", next_step="call"),
    deal("a5", "2025-12-01", owner_id="ann", amount=200, close_date="2026-03-20", next_step="call"),
    deal("a0", "2025-10-01", ("Won", "2025-11-01"), owner_id="ann", amount=80, account_id="old"),
]
CONTACTS = table("""
| deal_id | contact_id | added_at   |
| a4      | p          | 2026-02-02 |
| a5      | q          | 2026-02-02 |
""")
ACTIVITIES = table("""
| activity_id | happened_at | kind  | rep_id | deal_id | effective | duration_minutes |
| t1          | 2026-01-10  | visit | ann    | a1      | yes       |                  |
| t2          | 2026-01-11  | visit | ann    | a1      | no        |                  |
| t3          | 2026-03-31  | visit |        | a2      |           |                  |
| t4          | 2026-04-01  | visit | ann    | a2      | yes       |                  |
| t5          | 2026-02-01  | call  | ann    | a2      |           | 2.5              |
| t6          | 2026-02-01  | call  | ann    | a2      |           | 3.0              |
| t7          | 2026-02-01  | visit | cy     |         | yes       |                  |
""")
INVOICES = table("""
| invoice_id | deal_id | issued_at  | due_at     | amount | cost | paid_at    | paid_amount |
| i1         | a1      | 2026-01-26 | 2026-02-26 | 100    | 60   | 2026-02-20 | 90          |
| i2         | a2      | 2026-03-07 | 2026-04-07 | 300    | 150  | 2026-04-02 | 300         |
| i3         | a0      | 2025-12-07 | 2026-01-07 | 80     |      |            |             |
""")
LEADS = table("""
| lead_id | created_at | rep_id | first_response_at   | qualified_at |
| l1      | 2026-01-10 | ann    | 2026-01-10T00:30:00 | 2026-01-20   |
| l2      | 2026-01-11 | ann    | 2026-01-11T01:00:00 |              |
| l3      | 2026-01-12 | ann    | 2026-01-12T10:00:00 | 2026-04-05   |
| l4      | 2025-12-12 | ann    | 2025-12-12T00:01:00 | 2026-01-05   |
""")
SURVEYS = table("""
| survey_id | kind     | rep_id | score | happened_at |
| s1        | internal | ann    | 4     | 2026-02-01  |
| s2        | internal | ann    | 5     | 2026-03-01  |
| s3        | csat     | ann    | 2     | 2026-03-01  |
| s4        | csat     |        | 1     | 2026-03-01  |
""")
ASSESSMENTS = table("""
| rep_id | dimension | score | assessed_at |
| ann    | discovery | 3     | 2026-02-01  |
| ann    | closing   | 4     | 2026-02-01  |
| ann    | closing   | 1     | 2025-12-01  |
""")
CALLS = table(
    """
| scope_id | period | called_at  | value | forecaster_id |
| ann      | 2025Q4 | 2025-11-10 | 100   | ann           |
| ann      | 2026Q1 | 2026-02-10 | 350   | ann           |
| ann      | 2026Q1 | 2026-03-10 | 400   | ann           |
""",
    scope_kind="rep",
    forecaster_kind="rep",
    category="most_likely",
    measure="amount",
)
QUOTAS = quotas(
    ("rep", "ann", "2026Q1", "amount", 999, "2025-12-01"),
    ("rep", "ann", "2026Q1", "amount", 500, "2025-12-20"),
    ("rep", "bo", "2026-01", "amount", 100, "2025-12-01"),
    ("rep", "bo", "2026-02", "amount", 100, "2025-12-01"),
    ("rep", "bo", "2026-03", "amount", 200, "2025-12-01"),
    ("rep", "cy", "2026-03", "amount", 200, "2025-12-01"),
)


def small_company() -> History:
    return told(
        *DEALS,
        contacts=CONTACTS,
        activities=ACTIVITIES,
        invoices=INVOICES,
        leads=LEADS,
        surveys=SURVEYS,
        assessments=ASSESSMENTS,
        forecast_calls=CALLS,
        quotas=QUOTAS,
    )
