"""W3C Trace Context: which trace a request belongs to, taken in and passed on.

https://www.w3.org/TR/trace-context/#traceparent-header
"""

from __future__ import annotations

import random
import re
from contextvars import ContextVar
from dataclasses import dataclass

_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?"
)
# https://www.w3.org/TR/trace-context/#tracestate-header
_TRACESTATE = re.compile(r"[\x20-\x7e\t]{1,512}")


@dataclass(frozen=True, slots=True)
class Trace:
    """The place of one request in a trace: `parent` is the span of who asked, empty at its beginning."""

    trace: str
    span: str
    parent: str = ""
    flags: str = "01"
    state: str = ""

    def headers(self) -> dict[str, str]:
        """What to send along to others that are asked for the sake of this request."""
        sent = {"traceparent": f"00-{self.trace}-{self.span}-{self.flags}"}
        return sent | {"tracestate": self.state} if self.state else sent


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def continued(traceparent: str, tracestate: str = "") -> Trace | None:
    """A new span in the trace of a header; None where it is none, which is to be ignored."""
    found = _TRACEPARENT.fullmatch(traceparent)
    if found is None or (traceparent.startswith("00") and len(traceparent) != 55):
        return None
    state = tracestate if _TRACESTATE.fullmatch(tracestate) else ""
    return Trace(found[1], _identifier(64), found[2], f"{int(found[3], 16) & 1:02x}", state)


def begun() -> Trace:
    """A trace that begins here."""
    return Trace(_identifier(128), _identifier(64))


def _identifier(bits: int) -> str:
    return f"{random.getrandbits(bits) or 1:0{bits // 4}x}"


def enter(trace: Trace | None) -> None:
    """What this thread does from now on belongs to a trace, or to none."""
    _current.set(trace)


def outgoing() -> dict[str, str]:
    """The headers by which a request that is sent now says to what trace it belongs, if to any."""
    trace = _current.get()
    return trace.headers() if trace is not None else {}
