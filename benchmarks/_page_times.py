"""How long each page takes to come, for somebody who sees everything, one after the other."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks._http_load import Measured, closed_loop, get
from history.workspace import Workspace
from serving.access import session_cookie
from serving.people.roll import add_person
from serving.people.sessions import open_session
from serving.store import open_tables
from serving.tokens import utc_now

SECONDS = 4.0
BAR_MS = 300.0


def page_times(workspace: Workspace, port: int, deal_id: str, rep_id: str) -> dict[str, Measured]:
    """What came of asking for each page again and again over one connection, by the page's path."""
    engine = open_tables(workspace.store_url)
    person = add_person(engine, f"benchmark {time.time():.0f}", "analyst", utc_now())
    cookie = f"{session_cookie(False)}={open_session(engine, person, utc_now())}"
    engine.dispose()
    shown = {
        "pipeline": "/",
        "pipeline, at risk, by amount": "/?band=at_risk&sort=amount",
        "deal": f"/deals/{deal_id}",
        "forecast": "/forecast",
        "people": "/people",
        "person": f"/people/{rep_id}",
        "funnel": "/funnel",
        "models": "/models",
        "data": "/data",
    }
    found = {}
    for name, path in shown.items():
        closed_loop(port, [get(path, cookie=cookie)], 4, 2.0)
        found[name] = closed_loop(port, [get(path, cookie=cookie)], 1, SECONDS)
        if found[name].statuses != {200}:
            raise SystemExit(f"{path} was answered with {sorted(found[name].statuses)}; expected 200 every time.")
    return found


def page_table(found: dict[str, Measured]) -> Iterator[str]:
    """A line for each page."""
    yield "| page | p50 ms | p95 ms | longest ms | answers |"
    yield "|---|---|---|---|---|"
    for name, load in found.items():
        figures = " | ".join(f"{value:,.0f}" for value in (*map(load.quantile, (0.5, 0.95)), load.milliseconds.max()))
        yield f"| {name} | {figures} | {len(load.milliseconds):,} of {' '.join(map(str, sorted(load.statuses)))} |"


def slowest_ms(found: dict[str, Measured]) -> float:
    """The largest p95 of all pages, in milliseconds."""
    return max(load.quantile(0.95) for load in found.values())
