"""The way to a remote store: who we say we are, what is tried again, and when it is left alone."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

from graphsvc.breaker import Breaker, out_of_service
from graphsvc.credentials import Credentials
from graphsvc.errors import GraphsvcError, OutOfService, OutOfTime, RemoteFailure
from graphsvc.exchange import Connections, Message, Reply, exchange
from graphsvc.store.dialects import Dialect
from graphsvc.store.port import Limits

# So often something that changes nothing is sent, with a growing pause between.
_TRIES = 3
_PAUSE = 0.1
# By which a server, or a proxy before it, says that it may do better in a moment.
_BUSY = frozenset({429, 502, 503, 504})
_TRIAL_TIME = 2.0
_MOST_RETRY_AFTER = 120


@dataclass(frozen=True)
class Remote:
    """Where a remote store answers; without `update` and `graph_store` it is read-only.

    `freshness` is for how many seconds what is known of its state may be taken for the present one. `epoch_graph`
    is the graph that every writer marks a change in; without one nobody says when the data change.
    """

    query: str
    update: str = ""
    graph_store: str = ""
    credentials: Credentials = field(default_factory=Credentials)
    dialect: Dialect = field(default_factory=Dialect)
    freshness: float = 2.0
    epoch_graph: str = ""


class Link:
    """Sends requests to one remote store; safe to use from several threads.

    A request has `timeout` seconds unless its limits give it less.
    """

    def __init__(self, remote: Remote, timeout: float) -> None:
        self._remote = remote
        self._timeout = timeout
        self._connections = Connections()
        self.breaker = Breaker(self._try_out)

    def close(self) -> None:
        """Close what is idle."""
        self._connections.close()

    @contextmanager
    def reading(self, message: Message, limits: Limits) -> Iterator[Reply]:
        """The answer to what changes nothing, until the end of the block; it is asked again where there is none.

        Raises RemoteFailure, OutOfTime, OutOfService.
        """
        with self._admitted(message, limits, _TRIES) as reply:
            yield reply

    @contextmanager
    def writing(self, message: Message, limits: Limits) -> Iterator[Reply]:
        """The answer to a change, which is sent once, on a connection of its own. Raises as `reading`."""
        with self._admitted(message, limits, 1) as reply:
            yield reply

    @contextmanager
    def _admitted(self, message: Message, limits: Limits, tries: int) -> Iterator[Reply]:
        given = self._timeout if limits.timeout is None else min(limits.timeout, self._timeout)
        deadline = time.monotonic() + given
        self.breaker.admit()
        with ExitStack() as stack:
            reply = self._persistent(stack, message, deadline, limits, tries)
            try:
                yield reply
            finally:
                if isinstance(reply.failure, RemoteFailure):
                    self.breaker.failed()
        if reply.failure is None and reply.status not in _BUSY:
            self.breaker.succeeded()

    def _persistent(
        self, stack: ExitStack, message: Message, deadline: float, limits: Limits, tries: int
    ) -> Reply:
        for number in range(tries):
            last = number == tries - 1
            failure: GraphsvcError | None = None
            attempt = ExitStack()
            try:
                reply = self._identified(attempt, message, deadline, limits, again=tries > 1)
            except OutOfTime:
                if not limits.cancelled():
                    self.breaker.was_slow()
                raise
            except RemoteFailure as error:
                self.breaker.failed()
                failure = error
            else:
                if reply.status in _BUSY:
                    self.breaker.failed()
                pause = _pause(number)
                if reply.status not in _BUSY or last or time.monotonic() + pause > deadline:
                    stack.push(attempt.pop_all())
                    return reply
                attempt.close()
                time.sleep(pause)
                continue
            pause = _pause(number)
            if last or time.monotonic() + pause > deadline or limits.cancelled():
                raise failure
            time.sleep(pause)
        raise AssertionError("the last try returns or raises")

    def _identified(
        self, stack: ExitStack, message: Message, deadline: float, limits: Limits, *, again: bool
    ) -> Reply:
        """One answer; a challenge to say who we are is answered once."""
        known = self._remote.credentials
        pool = self._connections if again else None

        def sent(header: str) -> Reply:
            headers = {**message.headers, "Authorization": header} if header else message.headers
            asked = replace(message, headers=headers)
            return stack.enter_context(exchange(asked, deadline, limits.cancelled, pool))

        reply = sent(known.header(message.method, message.url))
        if reply.status != 401:
            return reply
        challenge = next((each for each in reply.challenges if each.lower().startswith("digest")), "")
        header = known.header(message.method, message.url, challenge)
        if not header:
            return reply
        reply.read()
        stack.pop_all().close()
        return sent(header)

    def _try_out(self) -> None:
        """Whether the store answers at all. Raises as `exchange` does."""
        url = f"{self._remote.query}{'&' if '?' in self._remote.query else '?'}query=ASK%20%7B%7D"
        message = Message("GET", url, {"Accept": self._remote.dialect.rows.media_type})
        deadline = time.monotonic() + min(_TRIAL_TIME, self._timeout)
        with ExitStack() as stack:
            reply = self._identified(stack, message, deadline, Limits(), again=True)
            if reply.status in _BUSY:
                raise RemoteFailure(f"it answered {reply.status}")


def busy(reply: Reply) -> OutOfService | None:
    """What a server means that says it is overloaded."""
    if reply.status not in (429, 503):
        return None
    said = next((value for name, value in reply.headers.items() if name.lower() == "retry-after"), "")
    seconds = int(said) if said.isascii() and said.isdigit() and len(said) < 6 else 2
    return out_of_service("The remote store says that it is busy.", min(max(1, seconds), _MOST_RETRY_AFTER))


def _pause(number: int) -> float:
    """Full jitter, so that many who failed together do not come back together."""
    return random.uniform(0, _PAUSE * 2**number)  # noqa: S311 - nothing secret
