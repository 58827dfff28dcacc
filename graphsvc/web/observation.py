"""What is noted of each request: by the middleware around everything, and by the routes.

Observers are told of a request when its answer has been handed over as a whole, has failed, or is no longer
wanted.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from flask import Flask, request

from graphsvc import tracing
from graphsvc.outcomes import ABANDONED, outcome, outcome_of_status

_KEY = "graphsvc.record"
# What is taken over of who asks; anything else is answered under a name of our own.
_SANE = re.compile(r"[A-Za-z0-9._-]{1,128}")
# The route of what no rule fits.
NO_ROUTE = "(none)"


@dataclass(slots=True)
class Record:
    """One request: `route` is the template that answered, `seconds` are to the last byte, `size` is in bytes."""

    request_id: str
    method: str
    path: str
    client: str
    trace: tracing.Trace | None
    began: float
    route: str = NO_ROUTE
    status: int = 0
    size: int = 0
    seconds: float = 0.0
    epoch: str = ""
    outcome: str = ""
    query: str | None = None

    def of_query(self, query: str, epoch: str) -> Record:
        """The same of another query, answered in the state `epoch`."""
        return Record(
            self.request_id,
            self.method,
            self.path,
            self.client,
            self.trace,
            self.began,
            self.route,
            self.status,
            self.size,
            self.seconds,
            epoch,
            self.outcome,
            query,
        )

    def failed(self, error: BaseException) -> None:
        """Note why the answer is none."""
        self.outcome = outcome(error)


Observer = Callable[[Record], None]
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def noted() -> Record:
    """The record of the present request."""
    return cast(Record, request.environ[_KEY])


def of(environ: dict[str, Any]) -> Record:
    """The record of a request before, or without, the framework."""
    return cast(Record, environ[_KEY])


def request_id(given: str) -> str:
    """What a request is called: as who asks says, if that is fit to be a name."""
    return given if given and _SANE.fullmatch(given) else f"{random.getrandbits(96):024x}"


def note_routes(app: Flask) -> None:
    """Have the framework note which rule a request fits."""

    @app.before_request
    def note_route() -> None:
        if request.url_rule is not None:
            noted().route = request.url_rule.rule


class Observed:
    """Middleware that names each request, and tells the observers of it; they must not raise.

    The name comes from `X-Request-ID` where that is fit to be one. With `traces`, a request that belongs to
    no trace begins one.
    """

    def __init__(self, application: Application, observers: list[Observer], *, traces: bool = False) -> None:
        self._application = application
        self.observers = observers
        self._traces = traces

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request. https://peps.python.org/pep-3333/"""
        record = Record(
            request_id(environ.get("HTTP_X_REQUEST_ID", "")),
            environ["REQUEST_METHOD"],
            environ.get("PATH_INFO", ""),
            environ.get("REMOTE_ADDR", ""),
            self.trace(environ.get("HTTP_TRACEPARENT"), environ.get("HTTP_TRACESTATE", "")),
            time.perf_counter(),
        )
        environ[_KEY] = record
        tracing.enter(record.trace)

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            record.status = int(status[:3])
            for name, value in headers:
                if name == "Graph-Epoch":
                    record.epoch = value
            headers.append(("X-Request-ID", record.request_id))
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        return _Watched(self._application(environ, start), record, self.observers)

    def trace(self, parent: str | None, state: str) -> tracing.Trace | None:
        """The place in a trace of a request with these headers."""
        found = tracing.continued(parent, state) if parent else None
        return found if found is not None or not self._traces else tracing.begun()


class _Watched:
    """The body of an answer, counted while it is taken."""

    def __init__(self, body: Iterable[bytes], record: Record, observers: list[Observer]) -> None:
        self._body = body
        self._chunks = iter(body)
        self._record = record
        self._observers: list[Observer] | None = observers

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            chunk = next(self._chunks)
        except StopIteration:
            self._end(self._record.outcome or outcome_of_status(self._record.status))
            raise
        except BaseException as error:
            self._end(outcome(error))
            raise
        self._record.size += len(chunk)
        return chunk

    def close(self) -> None:
        """The answer is no longer wanted, or has ended."""
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._end(ABANDONED)

    def _end(self, how: str) -> None:
        observers, self._observers = self._observers, None
        if observers is None:
            return
        record = self._record
        record.outcome = how
        record.seconds = time.perf_counter() - record.began
        for observer in observers:
            observer(record)
