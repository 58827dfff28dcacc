"""One representation as a response: type, validators, caching, whole or streamed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from flask import Response, request

from graphsvc.errors import BadRequest
from graphsvc.formats import HTML, Format, by_name
from graphsvc.negotiation import negotiate
from graphsvc.store import Answer


def choose(offers: Sequence[Format], named: str | None) -> Format:
    """The format to answer in: the one named by `?format=`, a suffix or the like, else by Accept.

    Raises BadRequest for a name that is none of the offers', NotAcceptable where Accept fits none.
    """
    if named is not None:
        found = by_name(named, offers)
        if found is None:
            names = ", ".join(offer.name for offer in offers)
            raise BadRequest(f"{named[:60]!r} is not a format that can be had here; there are {names}.")
        return found
    return negotiate(request.headers.get("Accept"), offers)


def entity_tag(*parts: str) -> str:
    """A strong entity tag of everything that decides the bytes. https://www.rfc-editor.org/rfc/rfc9110#name-etag"""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def not_modified(tag: str) -> bool:
    """Whether the client already holds the representation of that tag."""
    return request.method in ("GET", "HEAD") and request.if_none_match.contains_weak(tag)


def respond(
    answer: Answer | None,
    chosen: Format,
    *,
    tag: str | None = None,
    cache: str = "no-cache",
    vary: str = "Accept",
) -> Response:
    """An answer as a response; None makes it 304 Not Modified.

    A whole answer has a Content-Length. One that is still coming is streamed, and breaks off where it fails.
    """
    response = Response(answer.chunks if answer else None, status=200 if answer else 304)
    if answer is None:
        del response.headers["Content-Type"]
    else:
        response.headers["Content-Type"] = chosen.content_type
        response.headers["Graph-Epoch"] = answer.epoch
        if answer.length is not None:
            response.content_length = answer.length
    if tag is not None:
        response.set_etag(tag)
    response.headers["Vary"] = vary
    response.headers["Cache-Control"] = cache
    if chosen is HTML:
        response.headers["Vary"] = f"{vary}, Accept-Language" if "Language" not in vary else vary
    return response
