"""What the service counts of itself, in the form that Prometheus reads; sums over all workers of one machine."""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable by which workers find the folder they count in together; `dealcast serve` sets it."""

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The counters of one process. Labels are routes, never paths: a path may name a deal or a person."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "dealcast_requests",
            "Requests answered, by method, route and status.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "dealcast_request_seconds",
            "Seconds until a request was answered, by route.",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.open_deals = self._gauge("dealcast_open_deals", "Open deals in what is served.")
        self.model_version = self._gauge("dealcast_model_version", "Version of the model that is served; 0: tables.")
        self.standing_made = self._gauge(
            "dealcast_standing_made_timestamp_seconds", "When what is served was last made, seconds since 1970."
        )

    def _gauge(self, name: str, told: str) -> Gauge:
        return Gauge(name, told, registry=self.registry, multiprocess_mode="mostrecent")

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts one request."""
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def standing(self, open_deals: int, version: str, made_at_seconds: float) -> None:
        """Notes what is served from now on."""
        self.open_deals.set(open_deals)
        self.model_version.set(int(version) if version.isdigit() else 0)
        self.standing_made.set(made_at_seconds)

    def text(self) -> bytes:
        """Everything counted: by this process, or by all workers where they count together."""
        if not os.environ.get(SHARED_FOLDER):
            return generate_latest(self.registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)
        return generate_latest(together)
