"""The server listens where it is told, and a taken port is one line."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from history.errors import PortTaken
from serving.run import listen


def test_a_taken_port_is_said_in_one_line():
    with listen("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken) as caught:
            listen("127.0.0.1", port)
    assert str(caught.value).startswith(f"cannot listen on 127.0.0.1:{port} (address already in use)")
    assert "give another --port" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_second_part_of_an_answer_does_not_wait_for_the_caller_s_acknowledgement_of_the_first():
    with listen("127.0.0.1", 0) as listener:
        listener.listen()
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            # What asyncio looks at before it asks for the same.
            assert accepted.proto == socket.IPPROTO_TCP


def test_a_host_that_does_not_exist_is_said_in_one_line():
    with pytest.raises(PortTaken, match=r"cannot listen on no\.such\.host\.invalid:80"):
        listen("no.such.host.invalid", 80)


def test_a_served_workspace_answers_and_stops_when_told(shop):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = "from serving.run import serve; from serving.settings import settings_from_environment as s; serve(s())"
    environment = {**os.environ, "DEALCAST_WORKSPACE": str(shop.workspace.path), "DEALCAST_PORT": str(port)}
    server = subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE)
    try:
        assert answer_of(f"http://127.0.0.1:{port}/healthz", server) == b'{"status":"ok"}'
    finally:
        server.send_signal(signal.SIGTERM)
        _, said = server.communicate(timeout=30)
    assert b"Traceback" not in said


def answer_of(address, server):
    for _ in range(300):
        assert server.poll() is None, server.stderr.read().decode()
        try:
            return urllib.request.urlopen(address, timeout=5).read()
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server never answered")
