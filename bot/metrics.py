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
        yield from self._meter()
        ready = GaugeMetricFamily("ntswatch_channel_ready", "Whether a channel is registered", labels=["channel"])
        for name in self._app.channels:
            ready.add_metric([name], float(name in self._app.ready - dispatcher.denied))
        yield ready

    def _meter(self) -> Iterator[Metric]:
        """LINE's month, as this process saw it last; nothing where LINE is off, no limit where the plan has none."""
        if (gauge := self._app.gauge) is None:
            return
        meter = gauge.meter
        figures = {
            "used": ("Messages of this month that LINE has charged", meter.used),
            "limit": ("Messages that LINE's plan has this month", meter.limit),
            "forecast": ("Messages that will be used when the month ends", meter.forecast),
            "waiting": ("Messages that wait for the next to their chat, or for the next month", meter.waiting),
            "level": ("0 all leave, 1 news are folded, 2 only alerts, 3 LINE refuses", int(meter.level)),
        }
        for name, (text, value) in figures.items():
            if value is not None:
                yield GaugeMetricFamily(f"ntswatch_line_messages_{name}", text, float(value))
