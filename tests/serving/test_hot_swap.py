"""Real worker processes under load take up a promotion and a roll-back; no request fails and none is lost."""

from __future__ import annotations

import shutil
import threading
import time

from benchmarks._server_process import serving
from history.workspace import Workspace
from training.registry import Registry

CALLERS, PAUSE_SECONDS = 3, 0.05
STEADY = 30
"""So many answers in a row by one version: every worker has taken it up."""


def test_two_workers_swap_the_champion_under_load_without_a_failed_request(shop, tmp_path):
    shutil.copytree(shop.workspace.path, tmp_path / "workspace")
    shutil.copytree(shop.workspace.path.parent / "mlruns", tmp_path / "mlruns")
    workspace = Workspace(tmp_path / "workspace")
    newer = Registry(workspace.path, workspace.store().workspace_id).log(
        shop.folder / "bundle", shop.standing.as_of, params={}, metrics={}, figures={}, tags={}
    )
    seen, ended = [], threading.Event()
    with serving(workspace.path, tmp_path, "--workers", "2", DEALCAST_REFRESH_SECONDS="1") as server:

        def keep_asking():
            while not ended.is_set():
                status, answer = server.get("/v1/deals?limit=1", shop.token)
                seen.append((status, answer.get("model_version")))
                time.sleep(PAUSE_SECONDS)

        def steady(version, seconds=300):
            ends = time.monotonic() + seconds
            while [one for _, one in seen[-STEADY:]] != [version] * STEADY:
                assert time.monotonic() < ends, seen[-5:]
                time.sleep(0.1)

        callers = [threading.Thread(target=keep_asking) for _ in range(CALLERS)]
        for caller in callers:
            caller.start()
        try:
            steady(shop.version)
            for version, body in (
                (newer, {"reason": "better"}),
                (shop.version, {"reason": "worse", "roll_back": True}),
            ):
                status, told = server.post(f"/v1/models/{version}/promote", shop.token, body)
                assert (status, told["champion"]) == (200, version)
                steady(version)
        finally:
            ended.set()
            for caller in callers:
                caller.join()
        assert len({line["process"] for line in server.lines() if line.get("route") == "/v1/deals"}) == 2
    assert {status for status, _ in seen} == {200}
    assert {version for _, version in seen} == {shop.version, newer}
    assert "Traceback" not in server.log.read_text()
