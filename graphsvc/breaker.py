"""A circuit breaker: a server that does not answer is left alone for a while, and tried again with care."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from graphsvc.errors import GraphsvcError, OutOfService

# So many failures in a row, with no answer between, open it.
FAILURES = 5
# For so many seconds nothing is sent then; twice as many each time that the trial fails, up to the last.
REST, MOST_REST = 2, 60


def out_of_service(message: str, retry_after: int) -> OutOfService:
    """The error that says when to come back, in seconds."""
    error = OutOfService(message)
    error.retry_after = retry_after
    return error


class Breaker:
    """Counts the failures of one server; safe to use from several threads.

    `trial` asks the server something that costs it nothing, and raises if it has no answer: it decides whether a
    server that failed is used again, and whether one that was only slow, several times in a row, is there at all.
    """

    def __init__(self, trial: Callable[[], object], now: Callable[[], float] = time.monotonic) -> None:
        self._trial = trial
        self._now = now
        self._lock = threading.Lock()
        self._failures = 0
        self._slow = 0
        self._rest = REST
        self._until: float | None = None
        self._trying = False

    def admit(self) -> None:
        """Let a request pass. Raises OutOfService while the server is left alone."""
        with self._lock:
            if self._until is None and self._slow < FAILURES:
                return
            left = max(0.0, self._until - self._now()) if self._until is not None else 0.0
            if left or self._trying:
                raise out_of_service("The remote store does not answer just now.", max(1, round(left + 0.5)))
            self._trying = True
        try:
            self._trial()
        except GraphsvcError as error:
            with self._lock:
                self._open()
                self._rest = min(2 * self._rest, MOST_REST)
            raise out_of_service(f"The remote store does not answer: {error}", self._rest // 2) from error
        finally:
            with self._lock:
                self._trying = False
        self.succeeded()

    def succeeded(self) -> None:
        """The server answered."""
        with self._lock:
            self._failures = self._slow = 0
            self._rest, self._until = REST, None

    def failed(self) -> None:
        """The server did not answer, or broke off."""
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES and self._until is None:
                self._open()

    def was_slow(self) -> None:
        """There was no answer in time: which may be the fault of what was asked."""
        with self._lock:
            self._slow += 1

    def _open(self) -> None:
        self._until = self._now() + self._rest
