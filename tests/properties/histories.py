"""Random small histories for property tests: rows come late, twice, at one instant or dated in the future."""

from __future__ import annotations

import datetime as dt

import polars as pl
from hypothesis import strategies as st

from history.record import History, make_history
from history.settings import Settings, Stage

START = dt.datetime(2026, 1, 1)
SETTINGS = Settings(
    timezone="Asia/Shanghai",
    stages=(Stage("Qualify"), Stage("Propose"), Stage("Commit"), Stage("Won", "won"), Stage("Lost", "lost")),
    feature_fields=("market", "用途"),
)
DEALS, REPS, ACCOUNTS = ("D1", "D2", "D3", "D4"), ("R1", "R2"), ("A1", "A2")

# A coarse grid of instants makes ties and equal windows likely, where engines differ.
instants = st.integers(0, 80).map(lambda half_days: START + dt.timedelta(hours=12 * half_days))
delays = st.sampled_from([dt.timedelta(0)] * 5 + [dt.timedelta(hours=1), dt.timedelta(days=3), dt.timedelta(days=20)])
texts = st.sampled_from(["x", "y", "z"])
_VALUES = {
    "stage": st.sampled_from([stage.name for stage in SETTINGS.stages]),
    "amount": st.integers(1, 50).map(lambda n: str(n * 100)),
    "close_date": st.integers(0, 90).map(lambda d: (START + dt.timedelta(days=d)).date().isoformat()),
    "owner_id": st.sampled_from(REPS),
    "account_id": st.sampled_from(ACCOUNTS),
    "forecast_category": st.sampled_from(["commit", "pipeline"]),
    "next_step": st.sampled_from(["", "call back"]),
    "segment": texts,
    "region": texts,
    "competitor": texts,
    "market": texts,
    "用途": texts,
}
changes = st.sampled_from(sorted(_VALUES)).flatmap(
    lambda field: st.tuples(
        st.sampled_from(DEALS), instants, delays, st.just(field), st.none() | _VALUES[field], _VALUES[field]
    )
)
touches = st.tuples(
    st.sampled_from(DEALS),
    instants,
    delays,
    st.sampled_from(["call", "email", "meeting", "task"]),
    st.sampled_from(["in", "out", None]),
    st.integers(0, 90),
    st.sampled_from([*REPS, None]),
)
people = st.tuples(
    st.sampled_from(DEALS),
    instants,
    delays,
    st.sampled_from(["P1", "P2", "P3"]),
    st.sampled_from(["decision_maker", "user"]),
)


def _history(change_rows: list, touch_rows: list, people_rows: list) -> History:
    return make_history(
        SETTINGS,
        deals=pl.DataFrame(
            [(deal, START, START, "web") for deal in DEALS],
            schema={"deal_id": str, "created_at": pl.Datetime("us"), "recorded_at": pl.Datetime("us"), "source": str},
            orient="row",
        ),
        deal_changes=pl.DataFrame(
            [(d, at, at + late, f, old, new) for d, at, late, f, old, new in change_rows],
            schema={
                "deal_id": str,
                "changed_at": pl.Datetime("us"),
                "recorded_at": pl.Datetime("us"),
                "field": str,
                "old_value": str,
                "new_value": str,
            },
            orient="row",
        ).unique(maintain_order=True),
        activities=pl.DataFrame(
            [
                (f"{d}-{i % 9}", d, at, at + late, k, way, float(m), r)
                for i, (d, at, late, k, way, m, r) in enumerate(touch_rows)
            ],
            schema={
                "activity_id": str,
                "deal_id": str,
                "happened_at": pl.Datetime("us"),
                "recorded_at": pl.Datetime("us"),
                "kind": str,
                "direction": str,
                "duration_minutes": float,
                "rep_id": str,
            },
            orient="row",
        ),
        contacts=pl.DataFrame(
            [(d, at, at + late, p, role) for d, at, late, p, role in people_rows],
            schema={
                "deal_id": str,
                "added_at": pl.Datetime("us"),
                "recorded_at": pl.Datetime("us"),
                "contact_id": str,
                "role": str,
            },
            orient="row",
        ),
        accounts=pl.DataFrame({"account_id": list(ACCOUNTS), "industry": ["x", "y"], "employees": [10, 200]}),
        reps=pl.DataFrame(
            {"rep_id": list(REPS), "team": ["T1", "T1"], "hired_at": [START - dt.timedelta(days=90)] * 2}
        ),
    )


histories = st.builds(
    _history,
    st.lists(changes, min_size=1, max_size=40),
    st.lists(touches, max_size=25),
    st.lists(people, max_size=6),
)


def spine(*half_days: int, deals: tuple[str, ...] = DEALS) -> pl.DataFrame:
    """Every deal at each instant, told in half days from START."""
    at = [START + dt.timedelta(hours=12 * n) for n in half_days]
    return pl.DataFrame(
        {"deal_id": [d for _ in at for d in deals], "as_of": [t for t in at for _ in deals]},
        schema={"deal_id": pl.String, "as_of": pl.Datetime("us")},
    )
