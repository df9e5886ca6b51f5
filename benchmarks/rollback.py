"""How long a rollback takes: the command, and until a service that runs answers with the older version.

Bar: the older version is champion within 5 seconds, and serves without a restart.

python -m benchmarks.rollback [--rounds 5]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks._big_workspace import make_workspace
from benchmarks._page import table_of_verdicts, verdict
from benchmarks._server_process import ServerProcess, serving
from history.workspace import Workspace
from serving.tokens import create_token
from training.registry import Registry

SECONDS, OPEN_DEALS, BUNDLES = 5.0, 500, 3
REFRESH = "5"
LONGEST_WAIT_SECONDS = 120.0


@dataclass(frozen=True)
class Took:
    """Seconds of one rollback: of the registry's work alone, of the command, and until the service gave its answer."""

    registry: float
    command: float
    served: float


def main(rounds: int) -> int:
    """Prints the section; gives 0 also where the bar is missed, which the section says."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        workspace = make_workspace(folder, OPEN_DEALS)
        registry = registry_of(workspace)
        more_versions(registry)
        token = create_token(workspace.store_url, "benchmark")
        with serving(workspace.path, folder, DEALCAST_REFRESH_SECONDS=REFRESH) as server:
            found = [rolled_back(server, token, workspace, registry) for _ in range(rounds)]
    print("\n".join(told(found)))
    return 0


def registry_of(workspace: Workspace) -> Registry:
    store = workspace.store()
    try:
        return Registry(workspace.path, store.workspace_id)
    finally:
        store.close()


def more_versions(registry: Registry) -> None:
    """Further versions of the first one's bundle; the newest serves."""
    first = registry.get("1")
    for _ in range(BUNDLES - 1):
        version = registry.log(registry.bundle_folder(first), first.trained_as_of, {}, {}, {}, {})
        registry.promote(version, "benchmark", "a newer one")


def rolled_back(server: ServerProcess, token: str, workspace: Workspace, registry: Registry) -> Took:
    """Rolls back to the first version by command, and forward again; the registry's own work is timed on the way."""
    until(lambda: served(server, token) == str(BUNDLES))
    command = [sys.executable, "-m", "cli", "--workspace", str(workspace.path), "rollback", "1", "--reason", "measured"]
    began = time.monotonic()
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environ)
    command_seconds = time.monotonic() - began
    until(lambda: served(server, token) == "1")
    served_seconds = time.monotonic() - began
    registry.promote(str(BUNDLES), "benchmark", "forward again")
    began = time.monotonic()
    registry.rollback("1", "benchmark", "measured")
    registry_seconds = time.monotonic() - began
    registry.promote(str(BUNDLES), "benchmark", "forward again")
    return Took(registry_seconds, command_seconds, served_seconds)


def served(server: ServerProcess, token: str) -> str:
    """The version that answers."""
    return str(server.get("/v1/models", token)[1]["serving_version"])


def until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + LONGEST_WAIT_SECONDS
    while not holds():
        if time.monotonic() > ends:
            raise SystemExit(f"the service did not take the version up in {LONGEST_WAIT_SECONDS:.0f} s")
        time.sleep(0.05)


def told(found: list[Took]) -> Iterator[str]:
    """The page's section, line by line."""
    yield f"{OPEN_DEALS} open deals, {BUNDLES} versions; a service of one process that looks for changes every"
    yield f"{REFRESH} s; n = {len(found)}."
    yield ""
    yield "| part | median s | longest s |"
    yield "|---|---|---|"
    middle, longest = {}, {}
    parts = {
        "registry": "the registry's work",
        "command": "`dealcast rollback`, from its start to its end",
        "served": "until the service that ran answered with the older version",
    }
    for name, part in parts.items():
        taken = [getattr(one, name) for one in found]
        middle[name], longest[name] = statistics.median(taken), max(taken)
        yield f"| {part} | {middle[name]:.2f} | {longest[name]:.2f} |"
    yield ""
    asked = f"longest `dealcast rollback`, s, under {SECONDS:.0f}"
    yield from table_of_verdicts([verdict(asked, longest["command"], longest["command"] < SECONDS)])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Time of a rollback.")
    parser.add_argument("--rounds", type=int, default=5)
    sys.exit(main(parser.parse_args().rounds))
