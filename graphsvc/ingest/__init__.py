"""Source pages to RDF: the same page gives the same bytes, and nothing is written of a page that is broken."""

from __future__ import annotations

import os
from pathlib import Path

from graphsvc.errors import PageError
from graphsvc.formats import TRIG
from graphsvc.ingest.claims import Names
from graphsvc.ingest.graphs import quads_of
from graphsvc.ingest.page import read_page
from graphsvc.ingest.reading import claims_of
from graphsvc.ingest.rules import Theme, read_themes
from graphsvc.rdf import write_document
from graphsvc.vocab import PREFIXES

__all__ = ["graph_document", "ingest", "read_page"]


def graph_document(
    document: bytes, name: str, *, base: str, themes: tuple[Theme, ...] = (), lenient: bool = False
) -> tuple[str, bytes]:
    """The name of a page's graph, `dg-` and its acronym, and the graph as TriG.

    `name` is what errors call the page. Raises PageError as `read_page` does.
    """
    page = read_page(document, name, lenient=lenient)
    names = Names(base, f"dg-{page.acronym.text.lower()}")
    claims = claims_of(page, names, themes)
    prefixes = {**PREFIXES, "dg": f"{base}/def/dg#"}
    body = write_document(quads_of(page, claims, names, document), TRIG, prefixes)
    head = (
        "# Made by `graphsvc ingest` from the source page; the same page gives the same bytes. Do not edit.\n"
    )
    return names.page, head.encode() + body


def ingest(
    page: Path, out_dir: Path, *, base: str, themes: Path | None = None, lenient: bool = False
) -> Path:
    """Read a page file and write its graph into `out_dir`; the file written, `dg-ACRONYM.trig`.

    The file appears as a whole or not at all. Raises PageError for a page that cannot be read, or a folder
    that cannot be written, and DataSyntaxError for a broken file of themes.
    """
    try:
        document = page.read_bytes()
    except OSError as error:
        raise PageError(f"The page cannot be read: {error.strerror or error}.", source=str(page)) from None
    known = read_themes(themes, base) if themes else ()
    name, graph = graph_document(document, str(page), base=base, themes=known, lenient=lenient)
    target = out_dir / f"{name}.trig"
    unfinished = target.with_name(f".{target.name}-{os.getpid()}")
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(graph)
        unfinished.replace(target)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise PageError(
            f"The graph cannot be written: {error.strerror or error}.", source=str(target)
        ) from None
    return target
