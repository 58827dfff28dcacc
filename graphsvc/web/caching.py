"""Which answers may be kept and given again, by who calls this application."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from graphsvc.formats import Format

# Who may keep the answer puts a `Caching` here in the environment of a request.
ENVIRON = "graphsvc.caching"


@dataclass(frozen=True)
class Plain:
    """A query that is all of its request, of a form and with an answer of a format; a query of the same shape
    (`graphsvc.sparql.shape`) is answered with the same headers but for the entity tag and the length. The store
    was at it for so many seconds."""

    text: str
    form: str
    chosen: Format
    seconds: float


@dataclass
class Caching:
    """What the application says of an answer: whether its bytes and headers depend on nothing but the request's
    target, body and headers and the epoch of the store; and the query that it answers, if that is a plain one."""

    allowed: bool = False
    plain: Plain | None = None


def allow(plain: Plain | None = None) -> None:
    """Say that the answer to the present request may be given again, to anybody, as long as the epoch is the same.

    Never for what depends on who asks, on files that may change, on the time, or on what could be had in time.
    """
    caching = request.environ.get(ENVIRON)
    if isinstance(caching, Caching):
        caching.allowed, caching.plain = True, plain
