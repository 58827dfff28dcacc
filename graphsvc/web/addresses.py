"""Between request paths and IRIs: which IRI a path stands for, and where an IRI is found on this service.

A path below the root stands for the IRI that `base` and the path make together:

- a thing, `/id/X`, is not a document: 303 to the document about it, `/doc/X`;
- any other IRI under the base (an ontology, a named graph, a source document) is answered where it stands,
  with 200 and the Content-Location of the representation.

A path that ends in a format's suffix, and is no IRI of the graph as it stands, is the document without it.
An IRI in the graph may be spelt with characters or with their percent-encoding; either is found.
https://www.rfc-editor.org/rfc/rfc3987#section-3.1
"""

from __future__ import annotations

import re
import string
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes, urlencode

from flask import current_app, request
from werkzeug.exceptions import HTTPException

from graphsvc.describe.names import usable
from graphsvc.errors import BadRequest
from graphsvc.formats import GRAPH_FORMATS, HTML, Format
from graphsvc.web.service import local_path, service

THINGS = "/id/"
DOCUMENTS = "/doc/"
OFFERS: tuple[Format, ...] = (*GRAPH_FORMATS, HTML)
# Parameters that choose among representations or views; all others in a URL may belong to an IRI.
OWN_PARAMETERS = frozenset({"format", "_mediatype", "_profile", "page", "property", "inverse", "view", "iri"})
MAX_PATH = 8_000
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
# What an IRI may hold as it is or escaped, with the same meaning in practice.
_UNDONE = frozenset(string.ascii_letters + string.digits + "-._~!$&'()*+,;=:@")
_KEPT = "%/:@!$&'()*+,;=~-._?#"


@dataclass(frozen=True)
class Candidate:
    """One reading of a request: the path of an IRI under the base, and the format that a suffix named."""

    path: str
    suffix: Format | None = None


def request_path() -> str:
    """The request's path as it was sent, percent-encoding and all, below the public URL's path.

    Raises BadRequest where it is too long, has a broken percent-escape, or is not UTF-8.
    """
    raw = str(request.environ.get("REQUEST_URI", "")).partition("?")[0]
    raw = re.sub(r"^https?://[^/]*", "", raw)
    if not raw.startswith("/"):
        sent = request.environ.get("PATH_INFO", "/").encode("latin-1")
        raw = quote(sent, safe="/:@!$&'()*+,;=~")
    elif request.script_root and raw.startswith(request.script_root):
        raw = raw[len(request.script_root) :] or "/"
    if len(raw) > MAX_PATH:
        raise BadRequest(f"The path is {len(raw):,} characters long; the limit is {MAX_PATH:,}.")
    if _BROKEN_ESCAPE.search(raw):
        raise BadRequest("The path has a % that two hexadecimal digits do not follow.")
    try:
        unquote_to_bytes(raw.encode("latin-1")).decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest("The path is not UTF-8.") from None
    return quote(raw.encode("latin-1"), safe=_KEPT)


def spellings(path: str) -> list[str]:
    """The ways in which an IRI of the graph may spell a path, as it was sent among the first.

    An escape of `%` or of a sign that divides an IRI is never undone: `%252F`, `%2F` and `/` are three things.
    """
    plain = _unescaped(path, _UNDONE)
    forms = [
        _unescaped(path, frozenset()),
        path,
        _ESCAPES.sub(lambda run: run[0].upper(), path),
        plain,
        quote(plain, safe="%/:@!$&'()*+,;=~-._"),
        quote(plain, safe="%/~-._"),
    ]
    return list(dict.fromkeys(forms))


def _unescaped(path: str, ascii_too: frozenset[str]) -> str:
    """The path with the percent-escapes of all but ASCII characters undone, and of those ASCII ones."""

    def character(sign: str) -> str:
        return sign if ord(sign) > 0x7F or sign in ascii_too else f"%{ord(sign):02X}"

    def unescaped(run: re.Match[str]) -> str:
        return "".join(map(character, unquote_to_bytes(run[0]).decode("utf-8")))

    return _ESCAPES.sub(unescaped, path)


def candidates() -> list[Candidate]:
    """The readings of the present request, most literal first."""
    path = request_path()
    paths = [path]
    query = iri_query()
    if query:
        paths.insert(0, f"{path}?{query}")
    found = [Candidate(form) for each in paths for form in spellings(each)]
    lowered = path.lower()
    for offer in OFFERS:
        for ending in (offer.suffix, *offer.other_suffixes):
            if lowered.endswith(ending) and not path.endswith("/" + ending):
                found += [Candidate(form, offer) for form in spellings(path[: -len(ending)])]
    return found


def iri_query() -> str:
    """The part of the request's query string that may belong to an IRI, as it was sent."""
    raw = request.query_string.decode("latin-1")
    fields = [field for field in raw.split("&") if field.partition("=")[0] not in OWN_PARAMETERS]
    return "&".join(fields)


def iris_of(candidate: Candidate) -> Iterator[str]:
    """The IRIs that a reading may stand for, the one it describes first."""
    base = service().settings.base
    if candidate.path.startswith(DOCUMENTS):
        yield base + THINGS + candidate.path[len(DOCUMENTS) :]
    yield base + candidate.path


def is_thing(iri: str) -> bool:
    """Whether an IRI is one of those that answer with a document about them."""
    return iri.startswith(service().settings.base + THINGS)


def document_of(iri: str) -> str:
    """The IRI of the document about a resource, which may be the resource itself; without fragment."""
    base = service().settings.base
    if is_thing(iri):
        return (base + DOCUMENTS + iri[len(base + THINGS) :]).partition("#")[0]
    return iri.partition("#")[0]


def is_owned(iri: str) -> bool:
    """Whether an IRI is under the base, so that this service answers for it."""
    base = service().settings.base
    return iri == base or iri.startswith((base + "/", base + "#"))


def link_to(iri: str) -> str | None:
    """Where an IRI under the base is found on this service, as a host-relative link; None for any other."""
    if not is_owned(iri):
        return None
    rest = iri[len(service().settings.base) :]
    return local_path(encoded(rest if rest.startswith("/") else "/" + rest))


def encoded(text: str) -> str:
    """A part of an IRI as part of a URI: percent-encoded where a URI has to be."""
    return quote(text, safe=_KEPT)


def about_link(iri: str, **parameters: str | int) -> str:
    """The page with all that is known of any IRI, wherever it belongs."""
    return local_path("/describe?" + urlencode({"iri": iri} | parameters))


def with_parameters(url: str, **parameters: str | int) -> str:
    """A link with parameters added to its query."""
    if not parameters:
        return url
    address, sign, fragment = url.partition("#")
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}{urlencode(parameters)}{sign}{fragment}"


@dataclass(frozen=True)
class Address:
    """Where a document is on this service: a host-relative URL without the suffix of a format.

    `taken` are the suffixes with which the URL is that of another resource.
    """

    url: str
    taken: frozenset[str] = frozenset()

    def in_format(self, offer: Format) -> str:
        """The link of one representation: by suffix where the URL can take one, else by parameter."""
        if "?" in self.url or self.url.endswith("/") or offer.suffix in self.taken:
            return with_parameters(self.url, format=offer.name)
        return self.url + offer.suffix


def has_route(path: str) -> bool:
    """Whether the service itself, rather than an IRI of the graph, answers GET at a path."""
    adapter = current_app.url_map.bind("")
    try:
        endpoint, _ = adapter.match(path, method="GET")
    except HTTPException:
        return False
    return bool(endpoint != "resources.anything")


def usable_iris(readings: Sequence[Candidate]) -> list[str]:
    """Every IRI that the readings may stand for and a query can name."""
    return [iri for reading in readings for iri in iris_of(reading) if usable(iri)]


def taken_suffixes(iri: str, known: Container[str]) -> frozenset[str]:
    """The suffixes of formats with which an IRI becomes another one that is known."""
    return frozenset(offer.suffix for offer in OFFERS if iri + offer.suffix in known)
