"""What several indicators need, under one name each."""

from __future__ import annotations

from indicators.indicator import Need

AMOUNT = Need("deal_changes", "field", "amount")
STAGE = Need("deal_changes", "field", "stage")
CLOSE_DATE = Need("deal_changes", "field", "close_date")
REP_QUOTA = Need("quotas", "scope_kind", "rep")
CUSTOMER = Need("deals", "account_id", instead=Need("deal_changes", "field", "account_id"))
SAID = Need("forecast_calls", instead=CLOSE_DATE)
VISITS = Need("activities", "kind", "visit")
CALLS = Need("activities", "kind", "call")
MAILS = Need("activities", "kind", "email")
