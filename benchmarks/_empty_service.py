"""A FastAPI app that does nothing, served as Dealcast is: what the framework itself costs.

python -m benchmarks._empty_service PORT WORKERS
"""

from __future__ import annotations

import sys

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from serving.run import listen

app = FastAPI()


@app.get("/")
def empty() -> dict[str, str]:
    """An empty JSON object."""
    return {}


def main(port: int, workers: int) -> None:
    listener = listen("127.0.0.1", port)
    listener.listen(2048)
    config = uvicorn.Config("benchmarks._empty_service:app", workers=workers, log_config=None, access_log=False)
    Multiprocess(config, [listener]).run()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
