"""Figures for Prometheus: counts and times, never who, where or what."""

from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.app import App

CONTENT_TYPE = CONTENT_TYPE_LATEST


def figures(app: App) -> bytes:
    """All there is to know now, as Prometheus reads it."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures(app))
    return generate_latest(registry)


class Figures(Collector):
    """Reads the counters of a running app when somebody asks."""

    def __init__(self, app: App) -> None:
        self._app = app

    def collect(self) -> Iterator[Metric]:
        counts, dispatcher = self._app.turns.counts, self._app.dispatcher
        yield CounterMetricFamily("ntswatch_events", "Events handled, repetitions included", counts.events)
        yield CounterMetricFamily("ntswatch_events_new", "Events handled for the first time", counts.new)
        yield CounterMetricFamily("ntswatch_batches", "Transactions that took events", counts.batches)
        yield CounterMetricFamily("ntswatch_turn_seconds", "Time spent in those transactions", counts.seconds)
        yield CounterMetricFamily("ntswatch_quarantined", "Events set aside", counts.quarantined)
        yield CounterMetricFamily("ntswatch_sent", "Requests that a platform took", dispatcher.sent)
        yield CounterMetricFamily("ntswatch_send_failures", "Requests that a platform did not take", dispatcher.failed)
        stopped = float(bool(self._app.schedule.stopped))
        yield GaugeMetricFamily("ntswatch_retention_stopped", "Whether nothing is deleted, see `check`", stopped)
        ready = GaugeMetricFamily("ntswatch_channel_ready", "Whether a channel is registered", labels=["channel"])
        for name in self._app.channels:
            ready.add_metric([name], float(name in self._app.ready - dispatcher.denied))
        yield ready
