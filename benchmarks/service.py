"""How fast the service answers: pages of a long list of open deals, and deals sent to be scored.

Bars: `GET /v1/deals` of 50 rows of 50,000 open deals, 2 workers and 32 connections, p99 under 100 ms and 60 % of the
requests a second of an empty FastAPI route in the same run; `POST /v1/score` of one deal with 40 events, reasons
included, at 20 requests a second, p50 under 25 ms and p99 under 80 ms.

python -m benchmarks.service [--deals 50000] [--seconds 10] [--folder DIR]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks._big_workspace import last_day, make_workspace
from benchmarks._http_load import Measured, closed_loop, get, open_loop, post
from benchmarks._page import table_of_verdicts, verdict
from benchmarks._page_times import BAR_MS, page_table, page_times, slowest_ms
from benchmarks._server_process import wait_until_warm
from benchmarks.scoring import posted
from features.spine import open_spine
from history.record import History
from history.workspace import Workspace
from serving.tokens import create_token

CONNECTIONS, WORKERS, SCORES_A_SECOND = 32, 2, 20
EVENTS = 40
EMPTY = "benchmarks._empty_service"
FILTERS = (
    "",
    "&band=critical",
    "&sort=-amount",
    "&sort=win_probability",
    "&band=watch&sort=close_date",
    "&flag=overdue",
)


@contextlib.contextmanager
def running(command: list[str], port: int, path: str) -> Iterator[int]:
    """A server of `command` until it is no longer needed, its process number; waits until `path` is answered."""
    environ = {**os.environ, "DEALCAST_REQUESTS_A_MINUTE": "0"}
    process = subprocess.Popen([sys.executable, "-m", *command], env=environ, stderr=subprocess.DEVNULL)
    try:
        _wait(process, port, path)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def _wait(process: subprocess.Popen[bytes], port: int, path: str) -> None:
    for _ in range(1_200):
        if process.poll() is not None:
            raise SystemExit(f"the server ended with {process.returncode}")
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer,
        ):
            if answer.status == 200:
                return
        time.sleep(0.25)
    raise SystemExit("the server did not come up")


def empty_route(port: int, seconds: float) -> Costed:
    """The same load on a FastAPI app that answers every request with an empty JSON object."""
    command = [EMPTY, str(port), str(WORKERS)]
    with running(command, port, "/") as server:
        closed_loop(port, [get("/")], CONNECTIONS, 1)
        return costed(server, lambda: closed_loop(port, [get("/")], CONNECTIONS, seconds))


@dataclass(frozen=True)
class Costed:
    """A load and what each answer cost the server: milliseconds of the processor, whatever else the machine did."""

    load: Measured
    processor_ms: float


def costed(server: int, work: Callable[[], Measured]) -> Costed:
    """The load that `work` puts on the server of that process number and those it started."""
    before = processor_seconds(server)
    load = work()
    return Costed(load, (processor_seconds(server) - before) * 1e3 / len(load.milliseconds))


def processor_seconds(process: int) -> float:
    """What a process and all it started have used of the processor so far."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            words = path.read_text().rsplit(")", 1)[1].split()
            number = int(path.parent.name)
            parents[number] = int(words[1])
            used[number] = (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
    family = {process}
    while more := {number for number, parent in parents.items() if parent in family} - family:
        family |= more
    return sum(used.get(number, 0.0) for number in family)


def warmed(port: int, requests: list[bytes]) -> None:
    """Every worker has worked out what it does ahead and answered every question once, as far as chance shows it."""
    wait_until_warm(f"http://127.0.0.1:{port}")
    for _ in range(4):
        closed_loop(port, requests, CONNECTIONS, 1.5)


def many_pages(token: str) -> list[bytes]:
    """More pages than a worker keeps, each of another length, order and band, so that each is made when it is asked."""
    sizes, orders = range(40, 61), ("risk", "-amount", "win_probability", "-health", "close_date", "deal_id")
    told = [(size, sort, band) for size in sizes for sort in orders for band in ("critical", "at_risk", "watch")]
    return [get(f"/v1/deals?limit={size}&sort={sort}&band={band}", token) for size, sort, band in told]


def score_bodies(history: History, most: int = 40) -> list[bytes]:
    """Deals that are open at the end of the history, each with `EVENTS` events at most, as bodies of a request."""
    as_of = last_day(history)
    bodies = []
    for deal_id in open_spine(history, [as_of])["deal_id"].head(400):
        deal = json.loads(posted(history, deal_id).model_dump_json())
        told = len(deal["changes"])
        if told < EVENTS <= told + len(deal["activities"]):
            deal["activities"] = deal["activities"][-(EVENTS - told) :]
            bodies.append(json.dumps({"deals": [deal]}).encode())
        if len(bodies) == most:
            break
    return bodies


def asked(server: int, port: int, token: str, scores: list[bytes], seconds: float) -> list[Costed]:
    """The list in one order, in several, in ever other pages, and deals to score, put to a server that is warm."""
    lists = [get(f"/v1/deals?limit=50{part}", token) for part in FILTERS]
    warmed(port, lists)
    loads = [lists[:1], lists, many_pages(token)]
    pages = [costed(server, lambda load=load: closed_loop(port, load, CONNECTIONS, seconds)) for load in loads]
    open_loop(port, scores, SCORES_A_SECOND, 3)
    return [*pages, costed(server, lambda: open_loop(port, scores, SCORES_A_SECOND, 2 * seconds))]


def told(workspace: Workspace, seconds: float, port: int) -> Iterator[str]:
    """What was measured, in Markdown."""
    token = create_token(workspace.store_url, f"benchmark {time.time():.0f}")
    history = workspace.history()
    scores = [post("/v1/score", token, body) for body in score_bodies(history)]
    empty = empty_route(port, seconds)
    command = ["cli", "serve", "--workspace", str(workspace.path), "--port", str(port), "--workers", str(WORKERS)]
    with running(command, port, "/readyz") as server:
        plain, mixed, many, scored = asked(server, port, token, scores, seconds)
        shown = page_times(workspace, port, open_spine(history, [last_day(history)])["deal_id"][0], a_rep(history))
    open_deals = open_spine(history, [last_day(history)]).height
    yield f"{WORKERS} workers, {CONNECTIONS} connections from one process on the same machine, {seconds:g} s each; a"
    yield f"page is 50 of {open_deals:,} open deals. A deal to score has {EVENTS} changes and touches.\n"
    rows = {
        "an empty FastAPI route": empty,
        "GET /v1/deals, the worst first": plain,
        f"GET /v1/deals, {len(FILTERS)} filters and orders in turn": mixed,
        "GET /v1/deals, 378 pages in turn, more than are kept": many,
        f"POST /v1/score at {SCORES_A_SECOND} a second": scored,
    }
    yield from table(rows)
    yield ""
    yield from page_table(shown)
    yield ""
    slowest = verdict("p95 of the slowest page, ms, under 300", slowest_ms(shown), slowest_ms(shown) < BAR_MS)
    yield from table_of_verdicts([*verdicts(empty, plain, scored), slowest])


def a_rep(history: History) -> str:
    """Somebody whose page has something to show."""
    return str(history["reps"].filter(pl.col("manager_id").is_not_null())["rep_id"].sort()[0])


def table(rows: dict[str, Costed]) -> Iterator[str]:
    """A line for each load."""
    yield "| load | requests a second | p50 ms | p95 ms | p99 ms | processor ms an answer | answers |"
    yield "|---|---|---|---|---|---|---|"
    for name, one in rows.items():
        quantiles = " | ".join(f"{one.load.quantile(share):,.1f}" for share in (0.5, 0.95, 0.99))
        count = f"{len(one.load.milliseconds):,} of {' '.join(map(str, sorted(one.load.statuses)))}"
        yield f"| {name} | {one.load.a_second:,.0f} | {quantiles} | {one.processor_ms:,.2f} | {count} |"


def verdicts(emptied: Costed, plainly: Costed, scoring: Costed) -> Iterator[str]:
    """What was asked and what was found; a busy machine slows the service and the load alike."""
    empty, plain, scored = emptied.load, plainly.load, scoring.load
    p99, share = plain.quantile(0.99), 100 * plain.a_second / empty.a_second
    yield verdict("p99 of a page of the list, ms, under 100", p99, p99 < 100)
    yield verdict("requests a second, % of the empty route's, 60 or more", share, share >= 60)
    cost = 100 * emptied.processor_ms / plainly.processor_ms
    yield verdict("the same by processor time, %", cost, cost >= 60)
    p50, slow = scored.quantile(0.5), scored.quantile(0.99)
    yield verdict("p50 of one deal scored with reasons, ms, under 25", p50, p50 < 25)
    yield verdict("p99 of it, ms, under 80", slow, slow < 80)
    yield verdict("processor ms of it, under 25", scoring.processor_ms, scoring.processor_ms < 25)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--deals", type=int, default=50_000, help="open deals")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each load")
    parser.add_argument("--port", type=int, default=18_437)
    parser.add_argument("--folder", help="where the workspace is kept, so that it is made once")
    given = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(given.folder or stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        workspace = make_workspace(folder, given.deals)
        for line in told(workspace, given.seconds, given.port):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
