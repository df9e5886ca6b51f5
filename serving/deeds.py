"""The roles of people, and what each may do."""

from __future__ import annotations

ROLES = ("rep", "manager", "planner", "analyst", "admin")
PROGRAM = "program"
DEEDS = ("read", "export", "state", "coach", "plan", "promote", "intake", "metrics", "people")
"""Everything a route may ask a caller to be allowed; the scopes of a token are taken from the same list."""

RIGHTS: dict[str, frozenset[str]] = {
    "rep": frozenset({"read", "export", "state"}),
    "manager": frozenset({"read", "export", "state", "coach"}),
    "planner": frozenset({"read", "export", "state", "coach", "plan"}),
    "analyst": frozenset({"read", "export", "state", "promote", "intake", "metrics"}),
    "admin": frozenset(DEEDS),
    PROGRAM: frozenset(DEEDS) - {"state", "coach", "people"},
}
OWN_SUBTREE = ("rep", "manager")
