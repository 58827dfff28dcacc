"""The dataset as a whole: its description at `/dataset` and `/.well-known/void`, and files with all of it.

https://www.w3.org/TR/void/#discovery
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, render_template, request
from flask.blueprints import BlueprintSetupState

from graphsvc.dataset.citation import bibtex, citation
from graphsvc.dataset.description import GZIP, describe_dataset, description_of, vocabularies
from graphsvc.dataset.dumps import Dump, dump
from graphsvc.dataset.statistics import ClassCount, PropertyCount, Statistics
from graphsvc.errors import NotFound
from graphsvc.formats import GRAPH_FORMATS, HTML, Format
from graphsvc.rdf import write_document
from graphsvc.web import results
from graphsvc.web.caching import allow
from graphsvc.web.counts import PATIENCE, Counted, named_graphs, statistics
from graphsvc.web.parameters import from_url
from graphsvc.web.quality import quality
from graphsvc.web.quality import view as quality_view
from graphsvc.web.representation import choose, named_format, not_modified, page_tag, respond, whole
from graphsvc.web.service import absolute_url, local_path, service
from graphsvc.web.state import state_tag

# Classes, properties and named graphs that the page lists, the largest first; the RDF has them all.
SHOWN = 50
# Who asks for RDF wants the numbers more than an answer at once: so many seconds are waited for them.
_LONGER = 20.0
_EXTENSION = "graphsvc.dumps"
blueprint = Blueprint("dataset", __name__)


class Dumps:
    """The files written for the present state of the data, each written once, when it is first asked for."""

    def __init__(self) -> None:
        self._written: dict[str, tuple[str, Dump]] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def get(self, name: str, syntax: Format, packed: bool) -> tuple[str, Dump]:
        """The epoch of a file, and the file. Raises as `Store.query` does."""
        with self._guard:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            store, prefixes = service().store, service().settings.prefixes
            epoch = store.epoch()
            held = self._written.get(name)
            if held is None or held[0] != epoch:
                held = epoch, dump(store, named_graphs(0.0).value or {}, syntax, prefixes, packed=packed)
                self._written[name] = held
            return held

    def sizes(self, epoch: str) -> dict[str, int]:
        """The number of bytes of each file that is written already."""
        with self._guard:
            return {name: file.length for name, (of, file) in self._written.items() if of == epoch}


@blueprint.record
def _hold_dumps(state: BlueprintSetupState) -> None:
    state.app.extensions[_EXTENSION] = Dumps()


@blueprint.get("/.well-known/void")
def well_known() -> Response:
    """The way to the description, from the place that is the same on every site."""
    return Response(status=302, headers={"Location": local_path("/dataset"), "Cache-Control": "no-cache"})


@blueprint.get("/dataset")
def description() -> Response:
    """VoID and DCAT-AP of the dataset, or a page."""
    chosen = choose((*GRAPH_FORMATS, HTML), named_format(from_url()) or None)
    settings, store = service().settings, service().store
    epoch = store.epoch()
    patience = PATIENCE if chosen is HTML else _LONGER
    counted, graphs = statistics(patience), named_graphs(patience)
    tag = _tag(epoch, chosen, counted.mark, graphs.mark)
    if not_modified(tag):
        response = respond(None, chosen, tag=tag)
    elif chosen is HTML:
        response = respond(whole(_page(epoch, counted, graphs.value or {}), epoch), HTML, tag=tag)
    else:
        present = counted.value if counted.current else None
        quads = describe_dataset(settings, epoch, present, graphs.value or {})
        document = write_document(quads, chosen, settings.prefixes)
        allow()
        response = respond(whole(document, epoch), chosen, tag=tag)
    response.headers["Link"] = ", ".join(
        f'<{_described_in(one)}>; rel="alternate"; type="{one.media_type}"' for one in (*GRAPH_FORMATS, HTML)
    )
    return response


def _tag(epoch: str, chosen: Format, *marks: str) -> str:
    """What decides the bytes: also what is counted by now, and of the page what else is known."""
    if chosen is not HTML:
        return state_tag(epoch, "dataset", chosen.media_type, *filter(None, marks))
    return page_tag(epoch, "dataset", repr(_sizes(epoch)), str(quality(epoch) is not None), *marks)


def _sizes(epoch: str) -> dict[str, int]:
    dumps: Dumps = current_app.extensions[_EXTENSION]
    return dumps.sizes(epoch)


@blueprint.get("/dataset.<ending>")
def download(ending: str) -> Response:
    """The whole dataset in the syntax that the file's ending names, packed if it ends in `.gz`."""
    packed = ending.endswith(".gz")
    syntax = next((one for one in GRAPH_FORMATS if one.suffix == f".{ending.removesuffix('.gz')}"), None)
    if syntax is None:
        names = ", ".join(f"dataset{one.suffix}" for one in GRAPH_FORMATS)
        raise NotFound(f"There is no dataset.{ending[:40]}; there are {names}, and each with .gz.")
    tag = state_tag(service().store.epoch(), "dump", ending)
    if not_modified(tag):
        response = respond(None, syntax, tag=tag, vary="")
    else:
        dumps: Dumps = current_app.extensions[_EXTENSION]
        epoch, file = dumps.get(ending, syntax, packed)
        tag = state_tag(epoch, "dump", ending)
        response = Response(file.chunks(), content_type=GZIP if packed else syntax.content_type)
        response.headers["Graph-Epoch"] = epoch
        response.headers["Content-Length"] = str(file.length)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["Content-Disposition"] = f'attachment; filename="{_file_name()}.{ending}"'
        response.set_etag(tag)
        response.make_conditional(request.environ, accept_ranges=True, complete_length=file.length)
    return response


def _file_name() -> str:
    """What a saved file is called: the last part of the base that makes a name."""
    address = urlsplit(service().settings.base)
    last = address.path.rstrip("/").rpartition("/")[2] or address.hostname or "dataset"
    return "".join(one if one.isascii() and (one.isalnum() or one in "-_.") else "-" for one in last)


def _described_in(syntax: Format) -> str:
    return local_path(f"/dataset?format={syntax.name}")


def _page(version: str, counted: Counted[Statistics], sizes: Mapping[str, int | None]) -> str:
    settings, found = service().settings, counted.value
    classes = sorted(found.classes, key=lambda one: (-one.instances, one.iri)) if found else []
    properties = sorted(found.properties, key=lambda one: (-one.triples, one.iri)) if found else []
    graphs = list(sizes.items())
    return render_template(
        "dataset.html",
        description=description_of(settings),
        citation=citation(settings, version),
        bibtex=bibtex(settings, version),
        sizes=_sizes(version),
        quality=quality_view(quality(version)),
        version=version,
        iri=f"{settings.base}/dataset",
        statistics=found,
        current=counted.current,
        classes=_classes(classes[:SHOWN]),
        properties=_properties(properties[:SHOWN]),
        graphs=[(name, results.href(name), number) for name, number in graphs[:SHOWN]],
        graph_count=len(graphs),
        examples=[(_short(one), results.href(one)) for one in found.examples] if found else [],
        vocabularies=vocabularies(found, settings.prefixes) if found else [],
        formats=GRAPH_FORMATS,
        endpoint=absolute_url("/sparql"),
        described=[(one.label, _described_in(one)) for one in GRAPH_FORMATS],
        alternates=[(one.media_type, _described_in(one)) for one in GRAPH_FORMATS],
    )


def _classes(counted: Sequence[ClassCount]) -> list[tuple[str, str | None, int]]:
    return [(_short(one.iri), results.href(one.iri), one.instances) for one in counted]


def _properties(counted: Sequence[PropertyCount]) -> list[tuple[str, str | None, int]]:
    return [(_short(one.iri), results.href(one.iri), one.triples) for one in counted]


def _short(iri: str) -> str:
    return results.shortened(iri, service().settings.prefixes)
