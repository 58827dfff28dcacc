"""What Prometheus reads at `/metrics`, on a listener of its own.

https://prometheus.io/docs/instrumenting/exposition_formats/

No label has what a client sent: routes are templates, methods and outcomes are from small sets. The parts of
the service are asked when the metrics are; one that does not answer is shown as not being up, and its figures
are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    make_wsgi_app,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from graphsvc import __version__
from graphsvc.errors import GraphsvcError
from graphsvc.figures import BOUNDS, Figure, Source
from graphsvc.web.observation import Application, Record

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"})
_OTHER = "other"
# Gives what a pool has done (`graphsvc.workers.tally`) and says of itself; raises GraphsvcError where it is
# not there.
Pool = Callable[[], Mapping[str, Any]]
# Of each pool: the name of the number, what it is, and where it stands in what the pool tells.
_STATE = (
    ("workers", "Processes that queries and validations run in.", "workers"),
    ("workers_busy", "Those of them that are at work.", "busy"),
    ("workers_long", "Those of them that have a place for long work.", "long"),
    ("jobs_waiting", "Work that waits for a process.", "waiting"),
    ("writes_waiting", "Writes that wait for their turn.", "writes_waiting"),
    ("pool_memory_bytes", "Resident memory of the process that forks the others.", "memory"),
)


class Metrics:
    """Counts requests, and asks `pools` and its `sources` for their figures when the metrics are read."""

    def __init__(self, pools: Mapping[str, Pool]) -> None:
        # What other parts of this process count; asked for when the metrics are.
        self.sources: Sequence[Source] = ()
        self._registry = CollectorRegistry()
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._requests = Counter(
            "graphsvc_requests", "Requests answered.", ("method", "route", "status"), registry=self._registry
        )
        self._sizes = Counter(
            "graphsvc_response_bytes", "Bytes of the bodies of answers.", ("route",), registry=self._registry
        )
        self._seconds = Histogram(
            "graphsvc_request_seconds",
            "From the request to the last byte of its answer.",
            ("route", "outcome"),
            buckets=BOUNDS,
            registry=self._registry,
        )
        self._known: dict[tuple[str, str, int, str], tuple[Any, Any, Any]] = {}
        ProcessCollector(registry=self._registry)
        self._registry.register(_Parts(pools, lambda: self.sources))

    def observe(self, record: Record) -> None:
        """Count a request."""
        method = record.method if record.method in _METHODS else _OTHER
        key = (method, record.route, record.status, record.outcome)
        found = self._known.get(key)
        if found is None:
            self._known[key] = found = (
                self._requests.labels(method, record.route, str(record.status)),
                self._sizes.labels(record.route),
                self._seconds.labels(record.route, record.outcome),
            )
        requests, sizes, seconds = found
        requests.inc()
        sizes.inc(record.size)
        seconds.observe(record.seconds)

    @property
    def application(self) -> Application:
        """Serves the metrics at `/metrics`, and nothing else."""
        metrics = make_wsgi_app(self._registry)

        def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            if environ.get("PATH_INFO") == "/metrics":
                found: Iterable[bytes] = metrics(environ, start_response)
                return found
            start_response("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
            return [b"The metrics are at /metrics.\n"]

        return serve


class _Parts(Collector):
    """The figures of the other processes, and of other parts of this one."""

    def __init__(self, pools: Mapping[str, Pool], sources: Callable[[], Sequence[Source]]) -> None:
        self._pools = pools
        self._sources = sources

    def collect(self) -> Iterator[Metric]:
        told: dict[str, Mapping[str, Any]] = {}
        up = GaugeMetricFamily("graphsvc_pool_up", "Whether a pool of processes answers.", labels=("pool",))
        for name, pool in self._pools.items():
            try:
                told[name] = pool()
            except GraphsvcError:
                up.add_metric((name,), 0)
            else:
                up.add_metric((name,), 1)
        yield up
        yield InfoMetricFamily("graphsvc_build", "The release.", {"version": __version__})
        yield from _pool_families(told)
        yield from _state(told)
        yield from _families(figure for source in self._sources() for figure in source())

    def describe(self) -> Iterator[Metric]:
        """Nothing: what there is, only asking can tell."""
        return iter(())


def _pool_families(told: Mapping[str, Mapping[str, Any]]) -> Iterator[Metric]:
    for name, text, key in _STATE:
        family = GaugeMetricFamily(f"graphsvc_{name}", text, labels=("pool",))
        for pool, says in told.items():
            family.add_metric((pool,), says[key])
        yield family
    started = CounterMetricFamily("graphsvc_workers_started", "Processes started for work.", labels=("pool",))
    ended = CounterMetricFamily(
        "graphsvc_workers_ended", "Processes that ended, and why.", labels=("pool", "reason")
    )
    jobs = HistogramMetricFamily(
        "graphsvc_job_seconds",
        "How long queries, reads, writes and validations were at work.",
        labels=("pool", "kind", "outcome"),
    )
    for pool, says in told.items():
        started.add_metric((pool,), says["started"])
        for reason, number in says["ended"].items():
            ended.add_metric((pool, reason), number)
        for job in says["jobs"]:
            labels = (pool, job["kind"].replace(" ", "_"), job["outcome"])
            jobs.add_metric(labels, _cumulated(job["counts"]), job["sum"])
    yield from (started, ended, jobs)


def _cumulated(counts: Iterable[int]) -> list[tuple[str, float]]:
    total, buckets = 0, []
    for bound, number in zip((*map(str, BOUNDS), "+Inf"), counts, strict=True):
        total += number
        buckets.append((bound, float(total)))
    return buckets


def _state(told: Mapping[str, Mapping[str, Any]]) -> Iterator[Metric]:
    """The present state of the data, as the keeper of the store tells it."""
    for says in told.values():
        if "epoch" in says:
            yield InfoMetricFamily("graphsvc_epoch", "The state of the data.", {"epoch": says["epoch"]})
            yield GaugeMetricFamily(
                "graphsvc_changes", "How many changes led to the state of the data.", value=says["number"]
            )


def _families(figures: Iterable[Figure]) -> Iterator[Metric]:
    """Figures of one name together."""
    found: dict[str, Any] = {}
    for each in figures:
        family = found.get(each.name)
        if family is None:
            kind = CounterMetricFamily if each.counter else GaugeMetricFamily
            found[each.name] = family = kind(f"graphsvc_{each.name}", each.help, labels=tuple(each.labels))
        family.add_metric(tuple(each.labels.values()), each.value)
    yield from found.values()
