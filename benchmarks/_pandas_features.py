"""The compared features as a good pandas user writes them: running columns by deal, looked up as of each row.

Read from the same frozen files as the engine. It knows one time only, when things happened, and takes no row twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

DAY = pd.Timedelta(days=1)
MET = ["meeting", "visit", "demo"]
INTERNAL = ["review", "task"]


def read(folder: Path, spine: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Changes and touches by time, and the rows to fill, each with the deal as a number."""
    rows = pd.read_parquet(spine)
    changes = pd.read_parquet(
        folder / "deal_changes.parquet", columns=["deal_id", "changed_at", "field", "old_value", "new_value"]
    ).rename(columns={"changed_at": "at"})
    touches = pd.read_parquet(
        folder / "activities.parquet",
        columns=["deal_id", "happened_at", "kind", "direction", "duration_minutes", "contact_id"],
    ).rename(columns={"happened_at": "at"})
    deals = pd.Index(pd.concat([rows["deal_id"], changes["deal_id"]]).unique())
    touches = touches[touches["deal_id"].notna()]
    for frame in (rows, changes, touches):
        frame["deal"] = deals.get_indexer(frame["deal_id"])
    return changes.drop(columns="deal_id"), touches.drop(columns="deal_id"), rows


def sorted_by_time(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values("at", kind="stable", ignore_index=True)


def looked_up(rows: pd.DataFrame, state: pd.DataFrame, days: int = 0) -> pd.DataFrame:
    """The state of each row's deal just before its date, or so many days earlier."""
    asked = rows[["deal", "as_of"]].assign(as_of=rows["as_of"] - days * DAY)
    return pd.merge_asof(
        asked, state, left_on="as_of", right_on="at", by="deal", allow_exact_matches=False, direction="backward"
    )


def days_between(later: pd.Series, earlier: pd.Series) -> pd.Series:
    return (later - earlier).dt.total_seconds() / 86_400


def change_state(changes: pd.DataFrame, stages: Sequence[str]) -> pd.DataFrame:
    """What changes had made of each deal, after each change."""
    of_stage, of_amount = changes["field"] == "stage", changes["field"] == "amount"
    place = {name: float(number) for number, name in enumerate(stages)}
    new_place = changes["new_value"].where(of_stage).map(place).astype(float)
    old_place = changes["old_value"].where(of_stage).map(place).astype(float)
    new = pd.to_numeric(changes["new_value"].where(of_amount).astype(object), errors="coerce")
    same = changes["old_value"].astype(object) == changes["new_value"].astype(object)
    by_deal = changes["deal"]
    held = pd.DataFrame(
        {
            "stage": changes["new_value"].where(of_stage),
            "amount": new,
            "entered_at": changes["at"].where(of_stage & ~same),
            "owner_at": changes["at"].where(changes["field"] == "owner_id"),
        }
    )
    tallied = pd.DataFrame(
        {
            "changes": 1,
            "forward": new_place > old_place,
            "hand_overs": (changes["field"] == "owner_id") & changes["old_value"].notna(),
        }
    ).astype(float)
    return pd.concat(
        [
            changes[["deal", "at"]],
            held.groupby(by_deal).ffill(),
            tallied.groupby(by_deal).cumsum(),
            # A closed stage has no place, and hides the place that was held before it.
            new_place.where(~of_stage | new_place.notna(), -1.0)
            .groupby(by_deal)
            .ffill()
            .replace(-1.0, np.nan)
            .rename("place"),
            changes.groupby("deal")["at"].transform("first").rename("began_at"),
            new.groupby(by_deal).transform("first").rename("first_amount"),
            changes["at"].where(new.notna()).groupby(by_deal).transform("first").rename("first_amount_at"),
        ],
        axis=1,
    )


def touch_state(touches: pd.DataFrame) -> pd.DataFrame:
    """What touches had come to on each deal, after each touch."""
    internal, met = touches["kind"].isin(INTERNAL), touches["kind"].isin(MET)
    incoming, outgoing = touches["direction"] == "in", touches["direction"] == "out"
    called = touches["kind"] == "call"
    minutes = touches["duration_minutes"].fillna(0.0).astype(float)
    at = touches["at"]
    by_deal = touches["deal"]
    held = pd.DataFrame(
        {
            "touch_at": at.where(~internal),
            "in_at": at.where(incoming),
            "out_at": at.where(outgoing),
            "met_at": at.where(met),
        }
    )
    tallied = pd.DataFrame(
        {
            "touches": ~internal,
            "incoming": incoming,
            "meetings": met,
            "minutes": minutes,
            "call_minutes": minutes.where(called, 0.0),
        }
    ).astype(float)
    return pd.concat(
        [touches[["deal", "at"]], held.groupby(by_deal).ffill(), tallied.groupby(by_deal).cumsum()], axis=1
    )


def people_state(touches: pd.DataFrame, days: int) -> pd.DataFrame:
    """How many people had been touched within `days`: one more when first touched, one fewer when long untouched."""
    met = touches.loc[touches["contact_id"].notna(), ["deal", "contact_id", "at"]]
    met = (
        met.assign(contact=pd.factorize(met["contact_id"])[0])
        .drop(columns="contact_id")
        .sort_values(["deal", "contact", "at"])
    )
    who = met.groupby(["deal", "contact"])["at"]
    window = days * DAY
    comes = ~(met["at"] - who.shift(1) <= window)
    goes = ~(who.shift(-1) - met["at"] <= window)
    steps = pd.concat(
        [
            pd.DataFrame({"deal": met.loc[comes, "deal"], "at": met.loc[comes, "at"], "step": 1}),
            pd.DataFrame({"deal": met.loc[goes, "deal"], "at": met.loc[goes, "at"] + window, "step": -1}),
        ]
    )
    steps = sorted_by_time(steps)
    return steps.assign(people=steps.groupby("deal")["step"].cumsum()).drop(columns="step")


def build(changes: pd.DataFrame, touches: pd.DataFrame, rows: pd.DataFrame, stages: Sequence[str]) -> pd.DataFrame:
    """The compared features, row for row with `rows`."""
    changes, touches = sorted_by_time(changes), sorted_by_time(touches)
    moved, touched = change_state(changes, stages), touch_state(touches)
    now, then = (
        looked_up(rows, moved),
        {d: looked_up(rows, moved[["deal", "at", "changes", "amount", "place"]], d) for d in (30, 60)},
    )
    tallies = ["deal", "at", "touches", "incoming", "meetings", "call_minutes"]
    met, before = looked_up(rows, touched), {d: looked_up(rows, touched[tallies], d) for d in (7, 30, 90)}
    people = looked_up(rows, people_state(touches, 90))["people"]
    as_of = rows["as_of"]

    def since(frame: pd.DataFrame, column: str) -> pd.Series:
        return days_between(as_of, frame[column].where(frame[column] < as_of))

    def within(column: str, days: int) -> pd.Series:
        return met[column].fillna(0) - before[days][column].fillna(0)

    first_amount = now["first_amount"].where((now["first_amount_at"] < as_of) & (now["first_amount"] > 0))
    earlier = then[30]["amount"]
    found = {
        "stage": now["stage"],
        "amount": now["amount"],
        "age_days": since(now, "began_at"),
        "amount_against_first": now["amount"] / first_amount,
        "days_in_stage": since(now, "entered_at"),
        "days_since_touch": since(met, "touch_at"),
        "days_since_inbound": since(met, "in_at"),
        "days_since_outbound": since(met, "out_at"),
        "days_since_meeting": since(met, "met_at"),
        "days_with_owner": since(now, "owner_at"),
        "forward_moves": now["forward"].fillna(0),
        "owner_changes": now["hand_overs"].fillna(0),
        "touches_all": met["touches"].fillna(0),
        "changes_30d": now["changes"].fillna(0) - then[30]["changes"].fillna(0),
        "touches_7d": within("touches", 7),
        "touches_30d": within("touches", 30),
        "touches_90d": within("touches", 90),
        "inbound_90d": within("incoming", 90),
        "meetings_90d": within("meetings", 90),
        "touch_minutes_all": met["minutes"].fillna(0),
        "call_minutes_30d": within("call_minutes", 30),
        "contacts_touched_90d": people.fillna(0),
        "amount_against_30d_ago": now["amount"] / earlier.where(earlier > 0),
        "stages_gained_60d": now["place"] - then[60]["place"],
    }
    index = pd.MultiIndex.from_arrays([rows["deal_id"].astype("str"), as_of], names=["deal_id", "as_of"])
    return pd.DataFrame(found).set_axis(index, axis=0)
