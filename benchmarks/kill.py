"""What is left after a kill -9 of the server, an import and a scoring run at random moments.

Each time the store has to be whole, everything that was acknowledged there, and the same work done again complete.
Leaves with 1 when that did not hold once.

python -m benchmarks.kill [--rounds 50] [--seed 1]
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import sqlalchemy as sa

from benchmarks._server_process import ROOT, kill, started, stop
from history.synthetic import generate, write_folder
from history.workspace import Workspace, open_workspace
from serving.deeds import DEEDS
from serving.people.audit import read as audit_lines
from serving.store import open_tables
from serving.tokens import create_token

DEALS = 150
CHANGES_IMPORTED = 60_000
CALLERS = 3
WORKERS = 2
LONGEST_SERVED_SECONDS = 2.0
"""After the first acknowledgement; the kill comes at a random moment before."""
PATIENCE_SECONDS = 60.0
DAY = "2026-07-01"


@dataclass
class Tried:
    """One workspace with a way in, a source of chance, and how long the work takes when nobody kills it."""

    workspace: Workspace
    folder: Path
    token: str
    chance: random.Random
    seconds: dict[str, float] = field(default_factory=dict)
    rounds: int = 0

    def next(self) -> int:
        self.rounds += 1
        return self.rounds


def prepared(folder: Path, seed: int) -> Tried:
    """A small company's workspace, without a model: tables of past deals score it."""
    write_folder(generate(DEALS, seed), folder / "crm")
    path = folder / "workspace"
    done(path, "import", "canonical", str(folder / "crm"), "--allow-quarantine")
    workspace = open_workspace(path)
    token = create_token(workspace.store_url, "kill", scopes=DEEDS)
    return Tried(workspace, folder, token, random.Random(seed))


def command(workspace: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "cli", "--workspace", str(workspace), *words]


def done(workspace: Path, *words: str) -> None:
    """A verb that has to succeed."""
    result = subprocess.run(command(workspace, *words), cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def killed(tried: Tried, *words: str) -> bool:
    """Starts a verb and kills it at a random moment of its life; whether it was still running then."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    usual = tried.seconds[words[0]]
    process = subprocess.Popen(command(tried.workspace.path, *words), cwd=ROOT, start_new_session=True, **quiet)
    time.sleep(tried.chance.uniform(0.2, 1.05) * usual)
    alive = process.poll() is None
    if alive:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(30)
    return alive


def timed(tried: Tried, name: str, action: Callable[[], None]) -> None:
    """Notes how long a piece of work takes."""
    begins = time.monotonic()
    action()
    tried.seconds[name] = time.monotonic() - begins


def whole(tried: Tried) -> None:
    """The database says that it is sound, and the history can be read."""
    engine = open_tables(tried.workspace.store_url)
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.execute(sa.text("PRAGMA integrity_check")).scalar() == "ok"
    engine.dispose()
    history = tried.workspace.history()
    strangers = history["deal_changes"].join(history["deals"], on="deal_id", how="anti")
    assert strangers.is_empty(), "changes of deals that are not there"


def import_round(tried: Tried) -> bool:
    """Kills an import: all of it is there or nothing; done again, all of it."""
    number = tried.next()
    folder = new_export(tried, number)
    words = ("import", "canonical", str(folder))
    if "import" not in tried.seconds:
        timed(tried, "import", lambda: done(tried.workspace.path, *words))
        folder = new_export(tried, number := tried.next())
        words = ("import", "canonical", str(folder))
    hit = killed(tried, *words)
    whole(tried)
    assert imported(tried, number) in (0, CHANGES_IMPORTED), "part of an import"
    done(tried.workspace.path, *words)
    assert imported(tried, number) == CHANGES_IMPORTED
    return hit


def new_export(tried: Tried, number: int) -> Path:
    """Deals and changes that no import brought before."""
    folder = tried.folder / f"export-{number}"
    folder.mkdir()
    deals = [f"K{number}-{at}" for at in range(CHANGES_IMPORTED // 100)]
    start = dt.datetime(2026, 5, 1)
    pl.DataFrame({"deal_id": deals, "created_at": [start] * len(deals)}).write_csv(folder / "deals.csv")
    at = [start + dt.timedelta(minutes=minute) for minute in range(100)]
    changes = {
        "deal_id": [deal for deal in deals for _ in at],
        "changed_at": at * len(deals),
        "field": ["amount"] * CHANGES_IMPORTED,
        "new_value": [str(value) for value in range(CHANGES_IMPORTED)],
    }
    pl.DataFrame(changes).write_csv(folder / "deal_changes.csv")
    return folder


def imported(tried: Tried, number: int) -> int:
    changes = tried.workspace.store().read("deal_changes")
    return changes.filter(pl.col("deal_id").str.starts_with(f"K{number}-")).height


def scoring_round(tried: Tried) -> bool:
    """Kills a run that records scores: all of the day's are there or none; done again, all of them."""
    day = dt.date.fromisoformat(DAY) - dt.timedelta(days=tried.next())
    words = ("score", "--record", "--top", "1", "--as-of", f"{day}")
    if "score" not in tried.seconds:
        timed(tried, "score", lambda: done(tried.workspace.path, *words))
        words = (*words[:-1], f"{day - dt.timedelta(days=200)}")
        day -= dt.timedelta(days=200)
    hit = killed(tried, *words)
    whole(tried)
    before = scores_of(tried, day)
    done(tried.workspace.path, *words)
    after = scores_of(tried, day)
    assert after.height > 0
    assert before.is_empty() or before.equals(after), "part of a day's scores"
    return hit


def scores_of(tried: Tried, day: dt.date) -> pl.DataFrame:
    instant = tried.workspace.settings.start_of(day)
    return tried.workspace.store().read("scores").filter(pl.col("as_of") == instant).drop("recorded_at").sort("deal_id")


def server_round(tried: Tried) -> bool:
    """Kills the server under events: every one that was acknowledged is there, its line in the audit log too."""
    number = tried.next()
    deal = tried.workspace.store().deal_ids().sort()[0]
    server = started(tried.workspace.path, tried.folder, "--workers", str(WORKERS), DEALCAST_REQUESTS_A_MINUTE="0")
    server.wait_until_ready()
    sent: list[dict[str, object]] = []
    acknowledged: list[dict[str, object]] = []

    def call(caller: int) -> None:
        for at in range(100_000):
            event = new_event(deal, f"{number}-{caller}-{at}", at)
            sent.append(event)
            try:
                status, answer = server.post("/v1/events", tried.token, {"events": [event]})
            except OSError:
                return
            except ValueError:
                return
            assert status == 200, answer
            acknowledged.append(event)

    callers = [threading.Thread(target=call, args=(caller,)) for caller in range(CALLERS)]
    for caller in callers:
        caller.start()
    ends = time.monotonic() + PATIENCE_SECONDS
    while not acknowledged and time.monotonic() < ends:
        time.sleep(0.01)
    time.sleep(tried.chance.uniform(0.0, LONGEST_SERVED_SECONDS))
    kill(server)
    for caller in callers:
        caller.join()
    whole(tried)
    assert acknowledged, "nothing was acknowledged before the kill"
    assert values_of(tried, deal) >= {event["new_value"] for event in acknowledged}, "an acknowledged event is lost"
    assert changes_noted(tried) >= len(acknowledged), "a line of the audit log is lost"
    finish(tried, sent, deal)
    return True


def new_event(deal: str, name: str, at: int) -> dict[str, object]:
    when = dt.datetime(2026, 6, 1) + dt.timedelta(seconds=at)
    return {
        "type": "change",
        "event_id": f"kill-{name}",
        "deal_id": deal,
        "changed_at": when.isoformat() + "Z",
        "field": "next_step",
        "new_value": f"step {name}",
    }


def finish(tried: Tried, sent: list[dict[str, object]], deal: str) -> None:
    """A server started again takes everything that was sent: what it has already is repeated, nothing is refused."""
    server = started(tried.workspace.path, tried.folder, DEALCAST_REQUESTS_A_MINUTE="0")
    server.wait_until_ready()
    for at in range(0, len(sent), 500):
        status, answer = server.post("/v1/events", tried.token, {"events": sent[at : at + 500]})
        assert status == 200, answer
        assert answer["refused"] == 0, answer
    assert stop(server) in (0, -signal.SIGTERM)
    assert values_of(tried, deal) >= {event["new_value"] for event in sent}


def values_of(tried: Tried, deal: str) -> set[object]:
    changes = tried.workspace.store().read("deal_changes")
    return set(changes.filter((pl.col("deal_id") == deal) & (pl.col("field") == "next_step"))["new_value"])


def changes_noted(tried: Tried) -> int:
    engine = open_tables(tried.workspace.store_url)
    found = audit_lines(engine, deed="changed").height
    engine.dispose()
    return found


ROUNDS: dict[str, Callable[[Tried], bool]] = {
    "server": server_round,
    "import": import_round,
    "scoring run": scoring_round,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    killed_at_work, failures = dict.fromkeys(ROUNDS, 0), []
    with tempfile.TemporaryDirectory(prefix="dealcast-kill-") as folder:
        tried = prepared(Path(folder), options.seed)
        for number in range(options.rounds):
            name = list(ROUNDS)[number % len(ROUNDS)]
            try:
                hit = ROUNDS[name](tried)
                killed_at_work[name] += hit
                print(f"{number + 1:3} {name}: {'whole' if hit else 'had ended before'}", file=sys.stderr, flush=True)
            except AssertionError as error:
                failures.append({"round": number + 1, "killed": name, "found": str(error)[:500]})
                print(f"{number + 1:3} {name}: {error}", file=sys.stderr, flush=True)
    for name, hits in killed_at_work.items():
        print(f"{name}: killed at work {hits} times")
    for failure in failures:
        print(json.dumps(failure))
    print(f"{options.rounds} rounds, {len(failures)} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
