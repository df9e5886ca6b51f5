"""THE CANONICAL TABLES, declared once: validation, docs, CSV import, the synthetic CRM and the store read this."""

from __future__ import annotations

from history.money_tables import contracts, costs, fx_rates, invoices
from history.people_tables import accounts, assessments, complaints, reps, surveys
from history.pipeline_tables import activities, contacts, deal_changes, deals, leads
from history.schema import Table
from history.statement_tables import forecast_calls, model_calls, quotas, scores
from history.team_tables import coaching_plans, contributions, support_tasks, trainings

__all__ = [
    "KNOWN_FIELDS",
    "TABLES",
    "accounts",
    "activities",
    "assessments",
    "coaching_plans",
    "complaints",
    "contacts",
    "contracts",
    "contributions",
    "costs",
    "deal_changes",
    "deals",
    "forecast_calls",
    "fx_rates",
    "invoices",
    "leads",
    "model_calls",
    "quotas",
    "reps",
    "scores",
    "support_tasks",
    "surveys",
    "trainings",
]

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        deals,
        deal_changes,
        activities,
        contacts,
        accounts,
        reps,
        quotas,
        forecast_calls,
        model_calls,
        scores,
        fx_rates,
        leads,
        invoices,
        contracts,
        surveys,
        complaints,
        assessments,
        costs,
        trainings,
        contributions,
        support_tasks,
        coaching_plans,
    )
}

KNOWN_FIELDS = (
    "stage",
    "amount",
    "close_date",
    "owner_id",
    "forecast_category",
    "next_step",
    "probability",
    "account_id",
    "kind",
    "product_line",
    "region",
    "segment",
    "competitor",
    "loss_reason",
)
"""Fields of `deal_changes` that the product gives a meaning to; any other field is carried."""
