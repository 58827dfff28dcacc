"""RDF documents to quads: any syntax of the format table, no network, errors with line and column."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

import pyoxigraph as ox

from graphsvc.errors import DataSyntaxError
from graphsvc.formats import Format

_MESSAGE = re.compile(
    r"^Parser error (?:at line \d+ column \d+|between .*?)?: (.*?)(?: \(line \d+\))?$", re.S
)
_BLANK = re.compile(r"[^A-Za-z0-9]+")


def engine_format(chosen: Format) -> ox.RdfFormat:
    """The engine's name for a format of the table."""
    found = ox.RdfFormat.from_media_type(chosen.media_type)
    if found is None:
        raise ValueError(f"{chosen.label} is not an RDF syntax")
    return found


def read_document(
    document: bytes,
    syntax: Format,
    *,
    source: str = "data",
    base: str | None = None,
    graph: str | None = None,
    label_blank_nodes: bool = False,
    fresh_blank_nodes: bool = False,
) -> Iterator[ox.Quad]:
    """The quads of an RDF document, in its order.

    `base` resolves relative IRIs; without it they are errors. `graph` is the named graph that triples of the
    document's default graph go to (none: they stay there). With `label_blank_nodes` every blank node is named
    after `source` and the order of its first appearance, so that the same document gives the same labels; with
    `fresh_blank_nodes` each has a label that no other document's has.
    Raises DataSyntaxError, at the first fault, with the line and column where the parser knows them.
    """
    target = ox.NamedNode(graph) if graph else ox.DefaultGraph()
    labels: dict[str, ox.BlankNode] = {}
    stem = _BLANK.sub("", source) or "b"

    def named(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> object:
        if not label_blank_nodes:
            return term
        if isinstance(term, ox.BlankNode):
            return labels.setdefault(term.value, ox.BlankNode(f"{stem}{len(labels)}"))
        if isinstance(term, ox.Triple):
            return ox.Triple(named(term.subject), term.predicate, named(term.object))  # type: ignore[arg-type]
        return term

    try:
        quads = ox.parse(document, engine_format(syntax), base_iri=base, rename_blank_nodes=fresh_blank_nodes)
        if not label_blank_nodes and graph is None:
            yield from quads  # as they are: making each anew would cost as much as parsing it
            return
        for quad in quads:
            where = target if isinstance(quad.graph_name, ox.DefaultGraph) else named(quad.graph_name)
            yield ox.Quad(named(quad.subject), quad.predicate, named(quad.object), where)  # type: ignore[arg-type]
    except SyntaxError as error:
        raise _positioned(error, document, source) from None
    except ValueError as error:
        raise DataSyntaxError(_sentence(str(error)), source=source) from None
    except MemoryError as error:
        # The parser's buffer is bounded, and says so in this way.
        raise DataSyntaxError(_sentence(str(error) or "A token is too long"), source=source) from None


def _positioned(error: SyntaxError, document: bytes, source: str) -> DataSyntaxError:
    message = _MESSAGE.match(str(error.msg if error.msg else error))
    line = error.lineno
    source_line = offset = None
    if line is not None:
        raw = next(islice(document.split(b"\n"), line - 1, line), b"")
        source_line = raw[:500].decode("utf-8", "replace").rstrip("\r")
        before = b"".join(part + b"\n" for part in document.split(b"\n", line - 1)[: line - 1])
        offset = len(before.decode("utf-8", "replace")) + (error.offset or 1) - 1
    return DataSyntaxError(
        _sentence(message[1] if message else str(error)),
        source=source,
        line=line,
        column=error.offset,
        offset=offset,
        source_line=source_line,
    )


def _sentence(text: str) -> str:
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
