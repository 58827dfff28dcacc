"""Which pages of other sites may read here, and which may write. https://fetch.spec.whatwg.org/#http-cors-protocol

By default every page may read and none may write: what a page sends elsewhere has no token of its reader's.
Where the operator lists origins, these alone may read, and may send a token too.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, request

EXPOSED_HEADERS = (
    "Link, ETag, Location, Content-Location, Content-Disposition, Graph-Epoch, Accept-Query, Query-Notice, "
    "Preference-Applied, Result-Count, X-Request-ID, Retry-After, RateLimit, RateLimit-Policy"
)
_READING = "Accept, Accept-Language, Content-Type, If-None-Match, traceparent, tracestate, X-Request-ID"
_WRITING = f"{_READING}, Authorization, If-Match, Prefer, Content-Encoding"


def shared_with(origins: str) -> Callable[[Response], Response]:
    """What adds the headers to each answer; `origins` are those of the setting `cors_origins`."""
    listed = None if origins == "*" else frozenset(origins.split())

    def share(response: Response) -> Response:
        headers = response.headers
        if listed is None:
            headers.setdefault("Access-Control-Allow-Origin", "*")
        else:
            response.vary.add("Origin")
            origin = request.headers.get("Origin")
            if origin not in listed:
                return response
            headers["Access-Control-Allow-Origin"] = origin
        headers.setdefault("Access-Control-Expose-Headers", EXPOSED_HEADERS)
        if request.method == "OPTIONS" and response.status_code in (200, 204):
            headers["Access-Control-Allow-Methods"] = headers.get("Allow", "")
            headers["Access-Control-Allow-Headers"] = _READING if listed is None else _WRITING
            headers["Access-Control-Max-Age"] = "86400"
        return response

    return share
