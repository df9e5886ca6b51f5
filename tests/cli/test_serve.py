"""The service, started as a person would start it."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from history import errors
from tests.cli.calling import call, done


@pytest.fixture
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_that_is_taken_is_said_and_no_token_is_made(shop, taken_port):
    said = call("--workspace", shop, "serve", "--port", taken_port, "--print-token")
    assert said.code == errors.PortTaken.exit_code
    assert str(taken_port) in said.complaint
    assert "No token yet" in done("--workspace", shop, "user", "list").out


def test_a_token_is_not_shown_for_a_service_that_others_can_reach(shop):
    said = call("--workspace", shop, "serve", "--host", "0.0.0.0", "--print-token")
    assert said.code == errors.RequestInvalid.exit_code
    assert "expected 127.0.0.1" in said.complaint


def test_the_service_answers_to_the_printed_token_and_to_nobody_else(shop):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "cli", "--workspace", str(shop), "serve", "--port", str(port), "--print-token"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            assert f"http://127.0.0.1:{port}/" in server.stderr.readline()
            token = re.search(r"dealcast_\S+", server.stderr.readline())[0]
            wait_for(f"http://127.0.0.1:{port}/healthz")
            with pytest.raises(urllib.error.HTTPError, match="401"):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/deals")
            asked = urllib.request.Request(
                f"http://127.0.0.1:{port}/v1/deals", headers={"Authorization": f"Bearer {token}"}
            )
            with urllib.request.urlopen(asked) as answer:
                assert "D3" in json.dumps(json.load(answer))
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(20)


def wait_for(url: str, seconds: float = 60) -> None:
    ends = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url).close()
            return
        except (urllib.error.URLError, ConnectionError):
            assert time.monotonic() < ends, f"{url} did not answer"
            time.sleep(0.2)


def test_tokens_are_made_listed_and_revoked(shop):
    token = done("--workspace", shop, "user", "token", "ann", "--days", 3).out.strip()
    assert token.startswith("dealcast_")
    listed = done("--workspace", shop, "user", "list").out
    assert "ann" in listed
    assert "works" in listed
    assert token not in listed
    done("--workspace", shop, "user", "revoke", "ann")
    assert "ended" in done("--workspace", shop, "user", "list").out


def test_a_second_token_of_one_name_is_refused(shop):
    done("--workspace", shop, "user", "token", "ann")
    said = call("--workspace", shop, "user", "token", "ann")
    assert said.code == errors.RequestInvalid.exit_code
    assert "'ann'" in said.complaint


def test_revoking_what_is_not_there_is_said(shop):
    said = call("--workspace", shop, "user", "revoke", "nobody")
    assert said.code == errors.RequestInvalid.exit_code
    assert "'nobody'" in said.complaint
