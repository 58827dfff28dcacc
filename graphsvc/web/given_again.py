"""Answers that are given again without asking the application: they are noted, and limited, like all others."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from graphsvc.outcomes import outcome_of_status
from graphsvc.web.clients import Buckets, Forwarded, client_of
from graphsvc.web.observation import Observed, Record, request_id

# Where the application has its GivenAgain, among its extensions.
GIVEN_AGAIN = "graphsvc.given_again"
# Headers that tell requests apart which get the same answer.
TOLD_APART = frozenset({"X_REQUEST_ID", "TRACEPARENT", "TRACESTATE", "X_FORWARDED_FOR"})


class GivenAgain:
    """What stands before the application, for answers that need it no more; safe to use from several threads."""

    def __init__(self, observed: Observed, forwarded: Forwarded | None, buckets: Buckets | None) -> None:
        self._observed = observed
        self._forwarded = forwarded
        self._buckets = buckets

    def note(
        self,
        first: Record,
        method: str,
        headers: Mapping[str, str],
        address: str,
        status: int,
        size: int,
        began: float,
    ) -> str | None:
        """Tell the observers that an answer is given again, of which `first` is the record; the request's name.

        None where the client is beyond its rate: then the application is to say so. `headers` are named as in
        CGI, without HTTP_.
        """
        if self._forwarded is not None:
            address = self._forwarded.client(address, headers.get("X_FORWARDED_FOR", ""))
        if self._buckets is not None and not self._buckets.take(client_of(address), time.monotonic())[1]:
            return None
        named = request_id(headers.get("X_REQUEST_ID", ""))
        observers = self._observed.observers
        if observers:
            trace = self._observed.trace(headers.get("TRACEPARENT"), headers.get("TRACESTATE", ""))
            record = replace(
                first,
                request_id=named,
                method=method,
                client=address,
                trace=trace,
                began=began,
                status=status,
                size=size,
                seconds=time.perf_counter() - began,
                outcome=outcome_of_status(status),
            )
            for observer in observers:
                observer(record)
        return named
