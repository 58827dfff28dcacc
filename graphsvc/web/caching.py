"""Which answers may be kept and given again, by who calls this application."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

# Who may keep the answer puts a `Caching` here in the environment of a request.
ENVIRON = "graphsvc.caching"


@dataclass
class Caching:
    """What the application says of an answer: whether its bytes and headers depend on nothing but the request's
    target, body and headers and the epoch of the store."""

    allowed: bool = False


def allow() -> None:
    """Say that the answer to the present request may be given again, to anybody, as long as the epoch is the same.

    Never for what depends on who asks, on files that may change, on the time, or on what could be had in time.
    """
    caching = request.environ.get(ENVIRON)
    if isinstance(caching, Caching):
        caching.allowed = True
