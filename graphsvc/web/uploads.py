"""Documents in a request: the body as it is, a form with files, or a form with text; packed or not.

Every document is unpacked under one count, so that all of them together stay within the limit.
https://www.rfc-editor.org/rfc/rfc7578, https://www.rfc-editor.org/rfc/rfc9110#section-8.4
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO

from flask import request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import MultiPartParser

from graphsvc.errors import BadRequest, IncompleteBody, TooLarge, UnsupportedMediaType
from graphsvc.formats import DATA_FORMATS, by_media_type, by_name, by_suffix
from graphsvc.validation import Document
from graphsvc.validation.inflate import gunzip
from graphsvc.web.parameters import FORM, Parameters, content_type, from_form, from_url, read_body

MULTIPART = "multipart/form-data"
MAX_PARTS = 200
_GZIP = ("gzip", "x-gzip")
_ACCEPTED = [*(each.media_type for each in DATA_FORMATS), MULTIPART, FORM]


@dataclass
class Upload:
    """What a request brings: documents by role, and the parameters of the URL and the form."""

    documents: Mapping[str, Sequence[Document]]
    parameters: Parameters


@dataclass
class _Room:
    """How many bytes may still be unpacked."""

    limit: int
    left: int = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.limit

    def take(self, content: bytes, name: str, *, packed: bool) -> bytes:
        """The content, unpacked if need be. Raises TooLarge where there is no more room."""
        if packed:
            content = gunzip(content, self.left, name)
        if len(content) > self.left:
            raise TooLarge(f"The documents are longer than the limit of {self.limit:,} bytes together.")
        self.left -= len(content)
        return content


def read_upload(roles: Iterable[str], max_bytes: int) -> Upload:
    """The documents of the request: a body in an RDF syntax has the first of the `roles`.

    In a form a role is a field with files, `{role}_text` a field with text, and `{role}_format` names the
    syntax where it cannot be told; `base` resolves relative IRIs. Raises UnsupportedMediaType for a syntax
    that is not known, TooLarge past `max_bytes` (unpacked, all documents together), IncompleteBody for a body
    that was cut short.
    """
    names = list(roles)
    kind = content_type()
    if kind == MULTIPART:
        return _multipart(names, max_bytes)
    if kind == FORM:
        parameters = from_form(3 * max_bytes)
        return _form(names, parameters, {}, _Room(max_bytes))
    syntax = by_media_type(kind, DATA_FORMATS) if kind else None
    if syntax is None:
        raise UnsupportedMediaType(f"A body of type {kind or 'none'!r} holds no RDF.", _ACCEPTED)
    content = _Room(max_bytes).take(_body(max_bytes), "The body", packed=False)
    parameters = from_url()
    base = parameters.one("base") or None
    return Upload({names[0]: [Document("body", content, syntax.name, base)]}, parameters)


def _body(max_bytes: int) -> bytes:
    """The body without its Content-Encoding, which may be gzip."""
    if request.headers.get("Content-Encoding", "").strip().lower() not in _GZIP:
        return read_body(max_bytes)
    announced = request.content_length
    packed = request.stream.read(max_bytes + 1)
    if len(packed) > max_bytes:
        raise TooLarge(f"The body is longer than the limit of {max_bytes:,} bytes.")
    if announced is not None and len(packed) < announced:
        raise IncompleteBody(f"The body ended after {len(packed):,} of {announced:,} bytes.")
    return gunzip(packed, max_bytes, "The body")


def _multipart(roles: Sequence[str], max_bytes: int) -> Upload:
    boundary = request.mimetype_params.get("boundary", "")
    if not boundary:
        raise BadRequest("The Content-Type of the form names no boundary.")
    body = _body(max_bytes)
    # The body is in memory, and within the limit: files need no place on disk.
    parser = MultiPartParser(
        lambda *_, **__: BytesIO(), max_form_memory_size=max_bytes, max_form_parts=MAX_PARTS
    )
    try:
        fields, files = parser.parse(BytesIO(body), boundary.encode("latin-1", "replace"), len(body))
    except RequestEntityTooLarge:
        raise TooLarge(f"The form has more than {MAX_PARTS} parts.") from None
    except ValueError:
        raise IncompleteBody("The form is broken, or ended before its last boundary.") from None
    unknown = sorted(set(files) - set(roles))
    if unknown:
        raise BadRequest(f"There is no field {unknown[0][:40]!r} for files; there are {', '.join(roles)}.")
    pairs = [(name, value) for name, values in fields.lists() for value in values]
    parameters = Parameters((*from_url().pairs, *pairs))
    given = {role: files.getlist(role) for role in roles}
    return _form(roles, parameters, given, _Room(max_bytes))


def _form(
    roles: Sequence[str], parameters: Parameters, files: Mapping[str, Sequence[FileStorage]], room: _Room
) -> Upload:
    documents: dict[str, list[Document]] = {}
    base = parameters.one("base") or None
    for role in roles:
        syntax = parameters.one(f"{role}_format") or None
        found = [_file(each, syntax, role, room) for each in files.get(role, ()) if each.filename]
        found += [_text(text, syntax, role, room) for text in _texts(parameters, role) if text.strip()]
        documents[role] = [replace(each, base=base) for each in found]
    return Upload(documents, parameters)


def _texts(parameters: Parameters, role: str) -> tuple[str, ...]:
    """Text comes in its own field, or, from a client that sends no file name, in that of the files."""
    return parameters.all(f"{role}_text") + parameters.all(role)


def _text(text: str, syntax: str | None, role: str, room: _Room) -> Document:
    name = f"{role} text"
    content = room.take(text.encode("utf-8", "surrogatepass"), name, packed=False)
    return Document(name, content, _named(syntax or "ttl", role))


def _file(file: FileStorage, syntax: str | None, role: str, room: _Room) -> Document:
    name = (file.filename or "").rpartition("/")[2][-200:]
    with file.stream as stream:
        content = room.take(stream.read(), name, packed=name.lower().endswith(".gz"))
    exact = [each for each in DATA_FORMATS if each.media_type == file.mimetype]
    found = next(iter(exact), None) or by_suffix(name) or by_media_type(file.mimetype, DATA_FORMATS)
    if found is not None:
        return Document(name, content, found.name)
    if syntax is None:
        raise UnsupportedMediaType(
            f"The syntax of {name!r} cannot be told from its type ({file.mimetype or 'none'}) or its ending; "
            f"name it in the field `{role}_format`.",
            [each.name for each in DATA_FORMATS],
        )
    return Document(name, content, _named(syntax, role))


def _named(syntax: str, role: str) -> str:
    found = by_name(syntax, DATA_FORMATS)
    if found is None:
        names = [each.name for each in DATA_FORMATS]
        raise UnsupportedMediaType(
            f"`{role}_format` names no RDF syntax: {syntax[:40]!r}; there are {', '.join(names)}.", names
        )
    return found.name
