"""The load generator asks what it should, counts every answer, and counts lateness from when a request was due."""

import socket
import threading
import time

import pytest
import uvicorn

from benchmarks._empty_service import app
from benchmarks._http_load import closed_loop, get, open_loop, post


@pytest.fixture(scope="module")
def port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield port
    server.should_exit = True
    thread.join(10)


def test_a_request_is_written_as_http_has_it():
    assert get("/x", "secret") == b"GET /x HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer secret\r\n\r\n"
    assert post("/x", "secret", b"{}").endswith(b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")


def test_connections_ask_again_and_again_and_every_answer_counts(port):
    found = closed_loop(port, [get("/")], 4, 0.3)
    assert found.statuses == {200}
    assert found.a_second == pytest.approx(len(found.milliseconds) / found.seconds)
    assert 0 < found.quantile(0.5) <= found.quantile(0.99)


def test_every_sort_of_answer_is_told(port):
    assert closed_loop(port, [get("/"), get("/nothing")], 2, 0.2).statuses == {200, 404}


def test_requests_come_when_they_are_due(port):
    found = open_loop(port, [get("/")], 50, 0.4)
    assert len(found.milliseconds) == 20
    assert found.seconds >= 0.38
