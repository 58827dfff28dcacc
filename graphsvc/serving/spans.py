"""Spans for OpenTelemetry: one for each request, with the name by which it was passed on.

https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from graphsvc import __version__
from graphsvc.errors import ProjectError
from graphsvc.web.observation import Record
from graphsvc.web.request_log import query_hash

_NS = 1_000_000_000


def spans_to(url: str) -> tuple[Callable[[Record], None], Callable[[], None]]:
    """An observer that sends spans to the collector at `url`, and what sends the rest when the service stops.

    Raises ProjectError where OpenTelemetry is not installed.
    """
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise ProjectError(
            "tracing is set, and OpenTelemetry is not installed: pip install 'graphsvc[tracing]'"
        ) from None
    given = _Given()
    resource = Resource.create({"service.name": "graphsvc", "service.version": __version__})
    provider = TracerProvider(id_generator=given, resource=resource, shutdown_on_exit=False)  # type: ignore[arg-type]
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url, timeout=5)))
    tracer = provider.get_tracer("graphsvc", __version__)

    def observe(record: Record) -> None:
        here = record.trace
        if here is None:
            return
        given.take(here.trace, here.span)
        context: Any = None
        if here.parent:
            flags = trace.TraceFlags(int(here.flags, 16))
            parent = trace.SpanContext(
                int(here.trace, 16), int(here.parent, 16), is_remote=True, trace_flags=flags
            )
            context = trace.set_span_in_context(trace.NonRecordingSpan(parent))
        end = time.time_ns()
        span = tracer.start_span(
            f"{record.method} {record.route}",
            context,
            kind=trace.SpanKind.SERVER,
            attributes=_attributes(record),
            start_time=end - int(record.seconds * _NS),
        )
        if record.status >= 500:
            span.set_status(trace.StatusCode.ERROR)
        span.end(end)

    return observe, provider.shutdown


def _attributes(record: Record) -> dict[str, str | int]:
    found: dict[str, str | int] = {
        "http.request.method": record.method,
        "http.route": record.route,
        "http.response.status_code": record.status,
        "http.response.body.size": record.size,
        "graphsvc.outcome": record.outcome,
        "graphsvc.request_id": record.request_id,
    }
    if record.epoch:
        found["graphsvc.epoch"] = record.epoch
    if record.query is not None:
        found["graphsvc.query_hash"] = query_hash(record.query)
    return found


class _Given(threading.local):
    """Names the next span of this thread as the request was named before it was known how it ends."""

    trace = 1
    span = 1

    def take(self, trace: str, span: str) -> None:
        """Name the next span."""
        self.trace, self.span = int(trace, 16), int(span, 16)

    def generate_span_id(self) -> int:
        """See opentelemetry.sdk.trace.id_generator."""
        return self.span

    def generate_trace_id(self) -> int:
        """See opentelemetry.sdk.trace.id_generator."""
        return self.trace

    def is_trace_id_random(self) -> bool:
        """Newer versions of OpenTelemetry ask."""
        return True
