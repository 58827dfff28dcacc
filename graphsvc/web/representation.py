"""One representation as a response: type, validators, caching, whole or streamed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from flask import Response, request

from graphsvc import __version__
from graphsvc.errors import BadRequest
from graphsvc.formats import HTML, VERSIONED, Format, by_name
from graphsvc.negotiation import asks_for_1_2, negotiate, preferred_languages
from graphsvc.store import Answer
from graphsvc.web.parameters import Parameters
from graphsvc.web.service import service


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


def named_format(parameters: Parameters) -> str | None:
    """The format that `?format=` or `?_mediatype=` names, or None.

    A `+` that was not percent-encoded reads as a space; no media type has one. Raises BadRequest where the
    two name different things.
    """
    short, media_type = parameters.one("format"), parameters.one("_mediatype")
    if short is not None and media_type is not None and short != media_type:
        raise BadRequest("`format` and `_mediatype` are both given, and differ.")
    named = short if short is not None else media_type
    return named.replace(" ", "+") if named is not None else None


def languages() -> list[str]:
    """The languages that the reader of a page prefers, best first, from Accept-Language."""
    return preferred_languages(request.headers.get("Accept-Language"))[:10]


def entity_tag(*parts: str) -> str:
    """A strong entity tag of everything that decides the bytes. https://www.rfc-editor.org/rfc/rfc9110#name-etag"""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def page_tag(epoch: str, *parts: str) -> str:
    """The entity tag of a page: besides the data, the release, the settings and the reader's
    languages decide its bytes."""
    return page_tag_at(*parts)(epoch)


def page_tag_at(*parts: str) -> Callable[[str], str]:
    """The entity tag of a page by epoch, for who has no request at hand when it is made."""
    settings, wanted = service().settings_tag, ",".join(languages())
    return lambda epoch: entity_tag(epoch, __version__, settings, "text/html", wanted, *parts)


def not_modified(tag: str) -> bool:
    """Whether the client already holds the representation of that tag."""
    return request.method in ("GET", "HEAD") and request.if_none_match.contains_weak(tag)


def whole(body: str | bytes, epoch: str) -> Answer:
    """Bytes, or a page, that are at hand as a whole."""
    content = body.encode("utf-8", "replace") if isinstance(body, str) else body
    return Answer(iter((content,)), epoch, len(content))


def respond(
    answer: Answer | None,
    chosen: Format,
    *,
    tag: str | None = None,
    cache: str = "no-cache",
    vary: str = "Accept",
    language: str | None = None,
) -> Response:
    """An answer as a response; None makes it 304 Not Modified.

    A whole answer has a Content-Length. One that is still coming is streamed, and breaks off where it fails.
    A page varies by Accept-Language too; `language` is the one it is chiefly in.
    """
    response = Response(answer.chunks if answer else None, status=200 if answer else 304)
    if answer is None:
        del response.headers["Content-Type"]
    else:
        newer = chosen in VERSIONED and asks_for_1_2(request.headers.get("Accept"), chosen.media_type)
        response.headers["Content-Type"] = f"{chosen.content_type}{'; version=1.2' if newer else ''}"
        response.headers["Graph-Epoch"] = answer.epoch
        if answer.length is not None:
            response.content_length = answer.length
    if tag is not None:
        response.set_etag(tag)
    if chosen is HTML and "Accept-Language" not in vary:
        vary = f"{vary}, Accept-Language" if vary else "Accept-Language"
    if vary:
        response.headers["Vary"] = vary
    if language:
        response.headers["Content-Language"] = language
    response.headers["Cache-Control"] = cache
    return response
