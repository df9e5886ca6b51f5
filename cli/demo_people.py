"""Sign-ins of the demo workspace: one person of each role, with a new password every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cli.user import tables
from serving.deeds import OWN_SUBTREE, ROLES

if TYPE_CHECKING:
    from cli.options import Session
    from history.record import History


def demo_people(session: Session) -> list[dict[str, str]]:
    """An account `demo-ROLE` for each role, made or renewed: role, name, password and who it is in the history.

    Reps and managers are left out where the history knows nobody who reports to somebody.
    """
    from serving.people.passwords import made_password
    from serving.people.roll import add_person, find_person, set_password
    from serving.tokens import utc_now

    chosen = chosen_people(session.workspace().history())
    rows = []
    with tables(session) as engine:
        for role in (role for role in ROLES if role in chosen or role not in OWN_SUBTREE):
            name, password, now = f"demo-{role}", made_password(), utc_now()
            found = find_person(engine, name)
            if found is None or found.ended_at is not None:
                add_person(engine, name, role, now, chosen.get(role), password)
            else:
                set_password(engine, found, password, now)
            rows.append({"role": role, "name": name, "password": password, "rep_id": chosen.get(role, "")})
    return rows


def chosen_people(history: History) -> dict[str, str]:
    """The rep who was given the most deals and is still there, and that rep's manager."""
    from history.leading import people_at
    from serving.served_day import serving_instant
    from serving.tokens import utc_now

    present = people_at(history, serving_instant(history, None, utc_now())).filter(pl.col("manager_id").is_not_null())
    given = history["deal_changes"].filter(pl.col("field") == "owner_id")
    counts = given.group_by(rep_id="new_value").agg(pl.len())
    first = present.join(counts, on="rep_id").sort("len", "rep_id", descending=[True, False]).head(1)
    if first.is_empty():
        return {}
    return {"rep": first["rep_id"].item(), "manager": first["manager_id"].item()}
