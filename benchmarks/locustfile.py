"""Mixed load on a running service: people who look through deals and forecasts, a CRM that sends what happened.

DEALCAST_TOKEN=... locust -f benchmarks/locustfile.py --host http://127.0.0.1:8000 --headless -u 32 -r 8 -t 10m

The token needs the rights to read, to export and to feed. Any answer but 200, 304 and 429 counts as a failure.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import uuid
from typing import Any

from locust import HttpUser, between, task

FINE = (200, 304, 429)
ACKNOWLEDGED = os.environ.get("DEALCAST_ACKNOWLEDGED")
"""A file into which the ids of events go that the service said it has."""
SORTS = ("risk", "-amount", "win_probability", "health", "close_date")
BANDS = ("critical", "at_risk", "watch", "healthy")


class Caller(HttpUser):
    """Somebody with a token who remembers the tags of what was answered."""

    abstract = True

    def on_start(self) -> None:
        self.client.headers["Authorization"] = f"Bearer {os.environ['DEALCAST_TOKEN']}"
        self.tags: dict[str, str] = {}
        self.deals: list[str] = []

    def ask(self, path: str, name: str) -> Any:
        """The answer as JSON; None where it is known already or was put off."""
        headers = {"If-None-Match": self.tags[path]} if path in self.tags else {}
        with self.client.get(path, name=name, headers=headers, catch_response=True) as answer:
            if answer.status_code not in FINE:
                answer.failure(f"{answer.status_code}: {answer.text[:200]}")
                return None
            answer.success()
            self.tags[path] = answer.headers.get("ETag", "")
            return answer.json() if answer.status_code == 200 and "json" in answer.headers["Content-Type"] else None


class Manager(Caller):
    """Looks through the list, opens deals, and looks where the quarter will land."""

    weight = 6
    wait_time = between(0.2, 1.0)

    @task(6)
    def look_through(self) -> None:
        path = f"/v1/deals?limit=50&sort={random.choice(SORTS)}&band={random.choice(BANDS)}"
        found = self.ask(path, "/v1/deals")
        if found:
            self.deals = [deal["deal_id"] for deal in found["deals"]]
            if found["next_cursor"]:
                self.ask(f"{path}&cursor={found['next_cursor']}", "/v1/deals, next page")

    @task(4)
    def open_a_deal(self) -> None:
        if self.deals:
            self.ask(f"/v1/deals/{random.choice(self.deals)}", "/v1/deals/{deal_id}")

    @task(1)
    def look_ahead(self) -> None:
        self.ask(f"/v1/forecast?by={random.choice(('team', 'rep', 'company'))}", "/v1/forecast")

    @task(1)
    def look_at_people(self) -> None:
        self.ask(random.choice(("/v1/accuracy", "/v1/funnel", "/v1/cues", "/v1/scorecard")), "people")


class Crm(Caller):
    """Sends a change or a touch of some deal, at times the same one twice, and reads the deal's score."""

    weight = 1
    wait_time = between(0.5, 2.0)

    @task
    def send(self) -> None:
        if not self.deals:
            found = self.ask("/v1/deals?limit=100", "/v1/deals")
            self.deals = [deal["deal_id"] for deal in found["deals"]] if found else []
            return
        event = self.event(random.choice(self.deals))
        for _ in range(random.choice((1, 1, 2))):
            with self.client.post("/v1/events", json={"events": [event]}, catch_response=True) as answer:
                kept = answer.status_code == 200 and answer.json()["refused"] == 0
                (answer.success if kept or answer.status_code == 429 else lambda: answer.failure(answer.text[:200]))()
                if kept and ACKNOWLEDGED:
                    with open(ACKNOWLEDGED, "a", encoding="utf-8") as file:
                        file.write(f"{event['event_id']}\n")
        self.ask(f"/v1/deals/{event['deal_id']}", "/v1/deals/{deal_id}")

    def event(self, deal_id: str) -> dict[str, Any]:
        """A touch that took place just now."""
        now = dt.datetime.now(dt.UTC).isoformat()
        own = str(uuid.uuid4())
        kind = random.choice(("call", "email", "meeting"))
        told = {"type": "activity", "event_id": own, "activity_id": own, "deal_id": deal_id, "kind": kind}
        return {**told, "happened_at": now, "direction": random.choice(("in", "out"))}


class Analyst(Caller):
    """Takes a table away now and then."""

    weight = 1
    wait_time = between(5.0, 20.0)

    @task
    def take_away(self) -> None:
        name, form = random.choice(("deals", "scores", "forecast")), random.choice(("csv", "parquet", "json"))
        self.ask(f"/v1/export/{name}?format={form}", "/v1/export/{table}")
