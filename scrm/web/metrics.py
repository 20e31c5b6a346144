"""What Prometheus reads of this process and of the work that waits in the database."""

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
# Names of `Stores.stats()`; others it may give are shown under their own name.
_HELP = {
    "journal_pending": "Webhook requests stored and not yet read",
    "journal_failed": "Webhook requests that could not be read",
    "outbox_waiting": "Outgoing messages on their way",
    "tasks_waiting": "Tasks to do after messages",
    "tasks_failed": "Tasks given up",
}


class Metrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self.requests = Histogram(
            "scrm_http_request_seconds",
            "Time to answer, by route",
            ["method", "route", "status"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.webhooks = Counter(
            "scrm_webhooks", "Webhook requests by what became of them", ["outcome"], registry=registry
        )
        self.webhook_seconds = Histogram(
            "scrm_webhook_seconds", "Time to answer a webhook request", buckets=_SECONDS, registry=registry
        )
        self.sockets = Gauge("scrm_realtime_sockets", "Open realtime sockets", registry=registry)
        self.dropped = Counter(
            "scrm_realtime_dropped_frames", "Frames dropped for readers who fell behind", registry=registry
        )
        self._waiting = {name: Gauge(f"scrm_{name}", help_text, registry=registry) for name, help_text in _HELP.items()}

    def show(self, stats: "dict[str, int]", sockets: int) -> bytes:
        for name, number in stats.items():
            if name not in self._waiting:
                self._waiting[name] = Gauge(f"scrm_{name}", name.replace("_", " "), registry=self._registry)
            self._waiting[name].set(number)
        self.sockets.set(sockets)
        return generate_latest(self._registry)


CONTENT_TYPE = CONTENT_TYPE_LATEST
METRICS = web.AppKey("metrics", Metrics)
