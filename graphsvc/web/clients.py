"""Who asks: the address of a client, also behind proxies, and how often it may."""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from flask import Flask, request

from graphsvc.errors import TooManyRequests
from graphsvc.figures import Figure
from graphsvc.web.observation import Application

_REFUSED = "graphsvc.refused"
# How many addresses a header may name, of which only the last few can be of proxies that are trusted.
_HOPS = 20
# How many clients are remembered; the one that has not asked for longest is forgotten first.
_CLIENTS = 10_000
_BURST_SECONDS = 10
# What no limit counts: who looks whether the service lives must be told, and files of pages are cheap.
_FREE = ("/health/", "/static/")


@lru_cache(4096)
def client_of(address: str) -> str:
    """Whose share an address counts against: an IPv4 address is a client, and so is an IPv6 network of 64 bits.

    Whoever has one address of IPv6 has all of its network. https://www.rfc-editor.org/rfc/rfc4291#section-2.5.4
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


class Forwarded:
    """Middleware that takes the address of a client from `X-Forwarded-For`, as far as its writers are trusted.

    The header is read from its end: each proxy adds who asked it, and what the first one that is not trusted
    says of others may be a lie.
    """

    def __init__(self, application: Application, trusted: Iterable[str]) -> None:
        self._application = application
        self._known: dict[str, bool] = {}
        self._trusted = [ipaddress.ip_network(each) for each in trusted]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request. https://peps.python.org/pep-3333/"""
        environ["REMOTE_ADDR"] = self.client(
            environ.get("REMOTE_ADDR", ""), environ.get("HTTP_X_FORWARDED_FOR", "")
        )
        return self._application(environ, start_response)

    def client(self, address: str, forwarded: str) -> str:
        """Who asks, where `address` is who connects and `forwarded` the header."""
        hops = forwarded.rsplit(",", _HOPS)[-_HOPS:]
        while hops and self._trusts(address):
            found = _address(hops.pop().strip())
            if not found:
                break
            address = found
        return address

    def _trusts(self, address: str) -> bool:
        known = self._known.get(address)
        if known is None:
            found = _address(address)
            known = bool(found) and any(ipaddress.ip_address(found) in each for each in self._trusted)
            if len(self._known) < _CLIENTS:
                self._known[address] = known
        return known


@lru_cache(4096)
def _address(text: str) -> str:
    """The address that a text is, in its one spelling; empty where it is none."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


class Buckets:
    """For each client a bucket of tokens: `rate` a second come in, up to `burst`, and each request takes one."""

    def __init__(self, rate: float, burst: int = 0) -> None:
        self.rate = rate
        self.burst = burst or max(1, math.ceil(rate * _BURST_SECONDS))
        self.refusals = 0
        self._lock = threading.Lock()
        # What was left, and when.
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str, now: float) -> tuple[float, bool]:
        """What is left to a client, and whether it had a token for this request; `now` is in seconds."""
        with self._lock:
            left, since = self._left.get(client, (float(self.burst), now))
            left = min(self.burst, left + (now - since) * self.rate)
            granted = left >= 1
            self._left[client] = (left - granted, now)
            self._left.move_to_end(client)
            if len(self._left) > _CLIENTS:
                self._left.popitem(last=False)
        return left - granted, granted

    def figures(self) -> Iterable[Figure]:
        """How many requests were refused."""
        yield Figure(
            "rate_limited", "Requests beyond the rate limit of their client.", self.refusals, counter=True
        )


class Limited:
    """Middleware that refuses the requests of a client beyond its rate, by way of `refusing`.

    https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
    """

    def __init__(self, application: Application, refusing: Application, buckets: Buckets) -> None:
        self._application = application
        self._refusing = refusing
        self._buckets = buckets
        seconds = max(1, round(buckets.burst / buckets.rate))
        self._lock = threading.Lock()
        self._policy = ("RateLimit-Policy", f'"client";q={buckets.burst};w={seconds}')

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request. https://peps.python.org/pep-3333/"""
        if environ.get("PATH_INFO", "").startswith(_FREE):
            return self._application(environ, start_response)
        buckets = self._buckets
        left, granted = buckets.take(client_of(environ.get("REMOTE_ADDR", "")), time.monotonic())
        wait = max(1, math.ceil((1 - left) / buckets.rate))
        limit = ("RateLimit", f'"client";r={int(left)};t={wait}')

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            headers += (self._policy, limit)
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        if granted:
            return self._application(environ, start)
        error = TooManyRequests(
            f"More than {buckets.rate:g} requests a second came from your address; try again in {wait} s."
        )
        error.retry_after = wait
        with self._lock:
            # Here alone: whoever else asks for a token passes a request that gets none on to here.
            buckets.refusals += 1
        environ[_REFUSED] = error
        return self._refusing(environ, start)


def limited(app: Flask, application: Application, buckets: Buckets | None) -> Application:
    """The application within a rate limit, if there is one."""
    if buckets is None:
        return application

    @app.before_request
    def refuse() -> None:
        error = request.environ.get(_REFUSED)
        if error is not None:
            raise error

    return Limited(application, app.wsgi_app, buckets)
