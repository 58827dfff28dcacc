"""Content codings: text is sent as gzip, br or zstd to who takes it.

A body that is at hand as a whole has a Content-Length when it is packed; a stream is packed as it goes, and what
there is of it is flushed with each part. Each coding of a representation has an entity tag of its own, so a tag
that a client sends back is read without its coding. https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3

No body holds a secret beside what a visitor sent, so nothing can be guessed from how well it packs.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import brotli
import zstandard
from flask import Flask, Response, request

# A smaller body fits in one packet anyway.
SMALL = 1_000
# Up to this size a body is packed as a whole, in bytes.
WHOLE = 16 << 20
CODINGS = ("zstd", "br", "gzip")
_SUBTYPES = frozenset(
    {"json", "javascript", "n-triples", "n-quads", "trig", "turtle", "n3", "link-format", "sparql-query"}
    | {"sparql-update", "xml", "yaml"}
)
_CODED_TAG = re.compile(r'-(zstd|br|gzip)"')
_QVALUE = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$")


class Packer(Protocol):
    """Packs a body part by part."""

    def add(self, part: bytes) -> bytes:
        """What there is of a part, to its end."""

    def end(self) -> bytes:
        """What is missing at the end of the body."""


class _Gzip:
    def __init__(self) -> None:
        self._inner = zlib.compressobj(5, zlib.DEFLATED, 31)

    def add(self, part: bytes) -> bytes:
        return self._inner.compress(part) + self._inner.flush(zlib.Z_SYNC_FLUSH)

    def end(self) -> bytes:
        return self._inner.flush()


class _Brotli:
    def __init__(self) -> None:
        self._inner = brotli.Compressor(quality=4)

    def add(self, part: bytes) -> bytes:
        return bytes(self._inner.process(part) + self._inner.flush())

    def end(self) -> bytes:
        return bytes(self._inner.finish())


class _Zstandard:
    def __init__(self) -> None:
        self._inner = zstandard.ZstdCompressor(3).compressobj()

    def add(self, part: bytes) -> bytes:
        return self._inner.compress(part) + self._inner.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)

    def end(self) -> bytes:
        return self._inner.flush(zstandard.COMPRESSOBJ_FLUSH_FINISH)


_STREAMED: dict[str, Callable[[], Packer]] = {"gzip": _Gzip, "br": _Brotli, "zstd": _Zstandard}
_WHOLE: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: zlib.compress(body, 5, 31),
    "br": lambda body: bytes(brotli.compress(body, quality=4)),
    "zstd": lambda body: zstandard.ZstdCompressor(3).compress(body),
}


def qualities(header: str) -> dict[str, float]:
    """The codings of an Accept-Encoding header, lower case, with their qualities.

    What is not well-formed is passed over.
    """
    found: dict[str, float] = {}
    for element in header.split(","):
        name, _, parameter = element.partition(";")
        label, _, value = parameter.strip().partition("=")
        if parameter.strip() and (label.strip().lower() != "q" or not _QVALUE.match(value.strip())):
            continue
        if name.strip():
            named = name.strip().lower().replace("x-gzip", "gzip")
            found[named] = float(value) if parameter.strip() else 1.0
    return found


def choose_coding(header: str | None) -> tuple[str, bool]:
    """The coding that an Accept-Encoding header prefers, '' for none, and whether a body may be sent as it is.

    Among those that are preferred alike, the one that packs fastest.
    """
    if not header:
        return "", True
    found = qualities(header)
    rest = found.get("*", 0.0)
    best = max(CODINGS, key=lambda coding: found.get(coding, rest))
    quality = found.get(best, rest)
    plain = found.get("identity", found.get("*", 1.0)) > 0
    if quality <= 0 or (plain and found.get("identity", 0.0) > quality):
        return "", plain
    return best, plain


def is_worth_it(coding: str, length: int | None, *, plain: bool) -> bool:
    """Whether a body of so many bytes is sent in a coding, where it could perhaps be sent as it is."""
    return bool(coding) and not (length is not None and length < SMALL and plain)


def packed(coding: str, body: bytes) -> bytes:
    """A body in one of the CODINGS."""
    return _WHOLE[coding](body)


def register(app: Flask) -> None:
    """Have an application pack its answers; to be registered before what else is done after a request."""
    app.before_request(_read_tags)
    app.after_request(_packed)


def _read_tags() -> None:
    """Read the entity tags of a request without the coding that it asks for, and of a write without any."""
    environ = request.environ
    held = environ.get("HTTP_IF_NONE_MATCH")
    if held:
        coding, _ = choose_coding(environ.get("HTTP_ACCEPT_ENCODING"))
        environ["HTTP_IF_NONE_MATCH"] = held.replace(f'-{coding}"', '"') if coding else held
        environ["graphsvc.held_tags"] = held
    if "HTTP_IF_MATCH" in environ:
        environ["HTTP_IF_MATCH"] = _CODED_TAG.sub('"', environ["HTTP_IF_MATCH"])


def _packed(response: Response) -> Response:
    if response.status_code == 304:
        response.vary.add("Accept-Encoding")
        _name_what_is_held(response)
        return response
    if response.status_code == 206 or not _is_text(response.mimetype or ""):
        return response
    response.vary.add("Accept-Encoding")
    coding, plain = choose_coding(request.headers.get("Accept-Encoding"))
    length = response.content_length
    if length is None and response.is_sequence:
        length = response.calculate_content_length()
    if not is_worth_it(coding, length, plain=plain):
        return response
    tag, weak = response.get_etag()
    if tag is not None:
        response.set_etag(f"{tag}-{coding}", bool(weak))
    response.headers.pop("Accept-Ranges", None)
    response.headers["Content-Encoding"] = coding
    if length is not None and length <= WHOLE:
        response.direct_passthrough = False
        response.set_data(packed(coding, response.get_data()))
    else:
        response.headers.pop("Content-Length", None)
        response.direct_passthrough = False
        response.response = _Stream(response.iter_encoded(), response.response, _STREAMED[coding]())
    return response


def _name_what_is_held(response: Response) -> None:
    """Of a 304, say the tag as the client has it."""
    tag, weak = response.get_etag()
    coding, _ = choose_coding(request.headers.get("Accept-Encoding"))
    held = request.environ.get("graphsvc.held_tags", "")
    if tag is not None and coding and f'"{tag}-{coding}"' in held:
        response.set_etag(f"{tag}-{coding}", bool(weak))


def _is_text(media_type: str) -> bool:
    main, _, sub = media_type.lower().partition("/")
    return main == "text" or sub in _SUBTYPES or sub.endswith(("+json", "+xml"))


class _Stream:
    """A body that is packed as it goes; letting go of it lets go of what it is made of, begun or not."""

    def __init__(self, parts: Iterator[bytes], source: object, packer: Packer) -> None:
        self._parts = parts
        self._source = source
        self._packer: Packer | None = packer

    def __iter__(self) -> _Stream:
        return self

    def __next__(self) -> bytes:
        if self._packer is None:
            raise StopIteration
        for part in self._parts:
            if part:
                return self._packer.add(part)
        last, self._packer = self._packer.end(), None
        return last

    def close(self) -> None:
        close = getattr(self._source, "close", None)
        if close is not None:
            close()
