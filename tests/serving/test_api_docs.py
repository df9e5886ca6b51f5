"""docs/api.md names every route, and its client works against the service."""

import contextlib
import io
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import uvicorn

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.S)


def test_every_route_of_the_api_is_on_the_page(api):
    text = PAGE.read_text(encoding="utf-8")
    for path, methods in api.get("/v1/openapi.json").json()["paths"].items():
        if path.startswith("/v1/accuracy/"):
            assert f"`{path.removeprefix('/v1/accuracy')}`" in text, path
        elif path.startswith("/v1/"):
            for method in methods:
                assert f"`{method.upper()} {path}`" in text, (method, path)


def test_every_filter_and_table_is_on_the_page(api):
    from serving.exports import TOLD

    text = PAGE.read_text(encoding="utf-8")
    parameters = api.get("/v1/openapi.json").json()["paths"]["/v1/deals"]["get"]["parameters"]
    for name in [*(entry["name"] for entry in parameters if entry["name"] != "limit"), *TOLD]:
        assert f"`{name}`" in text, name


@pytest.fixture
def url(shop):
    """The service on a port of its own. Without its lifespan: what the other tests hold open stays open."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(shop.app, port=port, lifespan="off", log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


def test_the_client_reads_every_deal_and_its_reasons(shop, url):
    client, example = BLOCKS
    names = {"__name__": "client"}
    sys.modules.setdefault("client", type(sys)("client"))
    exec(compile(client, "docs/api.md", "exec"), names)
    said = io.StringIO()
    example = example.replace("http://127.0.0.1:8000", url)
    with contextlib.redirect_stdout(said):
        exec(compile(example, "docs/api.md", "exec"), {**names, "token": shop.token})
    critical = shop.standing.board.filter(shop.standing.board["band"] == "critical")
    assert len(said.getvalue().splitlines()) == critical.height > 0
    dealcast = names["Dealcast"](url, shop.token)
    assert len(list(dealcast.deals(limit="7"))) == shop.standing.board.height
    refused = dealcast.send([{"type": "contact", "event_id": "docs", "deal_id": "nobody's", "contact_id": "c",
                              "added_at": "2026-06-01T00:00:00Z"}])  # fmt: skip
    assert [one["outcome"] for one in refused] == ["refused"]
    with pytest.raises(names["Refused"], match="expected one of") as caught:
        dealcast.get("/v1/deals", sort="nonsense")
    assert caught.value.status == 422


def test_the_client_is_typed(tmp_path):
    path = tmp_path / "client.py"
    path.write_text(BLOCKS[0], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--config-file=", str(path)],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
