"""The shapes as pages: all at `/shapes`, those of a file at `/shapes?graph=IRI`, a document's at its own IRI."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template

from graphsvc.describe.demands import Demand
from graphsvc.describe.shapes import NodeShape, PropertyShape, node_shapes, statements_of_shapes
from graphsvc.describe.statements import Statement
from graphsvc.errors import NotFound
from graphsvc.project import FOLDERS
from graphsvc.rdf import Iri, Term
from graphsvc.web.addresses import Address, about_link, with_parameters
from graphsvc.web.documented import anchor, documented, fragment_link
from graphsvc.web.parameters import from_url
from graphsvc.web.representation import languages
from graphsvc.web.service import local_path, service
from graphsvc.web.values import Reader, Value

blueprint = Blueprint("shapes", __name__)


@dataclass(frozen=True)
class ShapeView:
    """A shape on a page: its place, its name, the classes and properties it is about, where to validate by it."""

    shape: NodeShape
    id: str
    name: Value
    validate: str | None


@blueprint.get("/shapes")
def shapes() -> Response:
    """The shapes that data of this graph are checked against; with `graph`, those of one file."""
    graph = from_url().one("graph")
    if not graph:
        return documented("/shapes", _statements, lambda said: _render(said, None))

    def gather() -> list[Statement]:
        ours = [each for each in _statements() if each.graph == graph]
        if not ours:
            raise NotFound(f"No shape stands in a graph <{graph[:500]}>.")
        return ours

    # A rule may be in a group, or lead to a shape, that another file has.
    return documented("/shapes", gather, lambda _: _render(_statements(), graph), graph=graph)


def _statements() -> list[Statement]:
    return statements_of_shapes(service().store)


def shapes_page(iri: str, address: Address) -> str | None:
    """The page of the shapes whose IRIs continue that of a document; None where there are none."""
    said = _statements()
    own = [shape for shape in node_shapes(said, languages()) if shape.iri.startswith(iri + "#")]
    return _Page(own, iri).render(None, address) if own else None


def _render(said: Sequence[Statement], graph: str | None) -> str:
    found = [shape for shape in node_shapes(said, languages()) if graph is None or graph in shape.graphs]
    return _Page(found, None).render(graph, None)


class _Page:
    """What the shapes of one page share: names, and which of them have a place on it."""

    def __init__(self, found: Sequence[NodeShape], document: str | None) -> None:
        self.found, self.document = found, document
        rules = (each.iri for shape in found for each in shape.properties if each.iri)
        self.here = {shape.iri for shape in found} | set(rules)
        self.reader = Reader(service().store, languages())
        self.reader.learn(term.value for term in _terms(found) if isinstance(term, Iri))

    def render(self, graph: str | None, address: Address | None) -> str:
        """The page of a file, of a document at an address, or of all."""
        title = self.document or graph
        if title:
            self.reader.learn([title])
        files: dict[str, list[ShapeView]] = {}
        for shape in self.found:
            files.setdefault(next(iter(shape.graphs), ""), []).append(self._view(shape))
        self.reader.learn(files)
        url = address.url if address else local_path("/shapes")
        given = {"graph": graph} if graph else {}
        return render_template(
            "shapes.html",
            title=self._file(title) if title else None,
            files=[
                (self.reader.link(name), _file_link(name), views) for name, views in sorted(files.items())
            ],
            file=graph is not None,
            whole=graph is None and self.document is None,
            value=self.value,
            rule_id=lambda iri: anchor(iri, self.document),
            fragment=fragment_link,
            turtle=with_parameters(url, **given, format="ttl"),
            json_ld=with_parameters(url, **given, format="jsonld"),
            everything=about_link(title) if title else None,
        )

    def value(self, term: Term) -> Value:
        """A term; a shape of this page is linked to its place."""
        shown = self.reader.value(term)
        if isinstance(term, Iri) and term.value in self.here:
            return replace(shown, href=fragment_link(anchor(term.value, self.document)), external=False)
        return shown

    def _file(self, name: str) -> Value:
        """What a document, or the graph of a file, is called: the graph without a name by its file's."""
        start = f"{service().settings.base}/graph/{FOLDERS['shapes']}"
        shown = self.reader.link(name)
        if name in self.reader.known or not name.startswith(start):
            return shown
        return replace(shown, text=name[len(start) :])

    def _view(self, shape: NodeShape) -> ShapeView:
        validate = None
        if shape.targets and not shape.deactivated and not service().settings.store.startswith("remote:"):
            asked = urlencode({"graph": "all", "shape": shape.iri, "format": "html"})
            validate = local_path(f"/validate?{asked}")
        return ShapeView(shape, anchor(shape.iri, self.document), self.reader.link(shape.iri), validate)


def _file_link(graph: str) -> str | None:
    return with_parameters(local_path("/shapes"), graph=graph) if graph else None


def _terms(found: Sequence[NodeShape]) -> Iterable[Term]:
    """Every term that the pages of the shapes name."""
    for shape in found:
        yield Iri(shape.iri)
        yield from (term for _, term in shape.targets)
        yield from _of_demands(shape.demands)
        for each in shape.properties:
            yield from _of_property(each)


def _of_property(shape: PropertyShape) -> Iterable[Term]:
    if shape.iri:
        yield Iri(shape.iri)
    yield from (step for step in shape.path if not isinstance(step, str))
    yield from _of_demands(shape.demands)


def _of_demands(demands: Iterable[Demand]) -> Iterable[Term]:
    for demand in demands:
        yield from (word for word in demand.words if not isinstance(word, str))
        yield from _of_demands(demand.inner)
