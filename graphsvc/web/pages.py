"""Pages about the whole: the home page, the ontology, the shapes, the problem types, the profiles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from flask import Blueprint, Response, render_template

from graphsvc import errors
from graphsvc.describe.document import document
from graphsvc.describe.names import TYPE
from graphsvc.describe.overview import ClassCount, overview
from graphsvc.describe.shapes import NodeShape, node_shapes, statements_of_shapes
from graphsvc.describe.statements import Statement
from graphsvc.describe.vocabulary import Vocabulary, statements_of_terms, vocabularies
from graphsvc.formats import GRAPH_FORMATS, HTML
from graphsvc.rdf import Iri, Term
from graphsvc.web.addresses import about_link, has_route, is_owned, with_parameters
from graphsvc.web.caching import allow
from graphsvc.web.changes import recent_changes
from graphsvc.web.charts import charts
from graphsvc.web.memory import remembered
from graphsvc.web.parameters import from_url
from graphsvc.web.problems import slug, status_of
from graphsvc.web.profiles import PROFILES
from graphsvc.web.representation import (
    choose,
    languages,
    named_format,
    not_modified,
    page_tag,
    respond,
    whole,
)
from graphsvc.web.service import local_path, service
from graphsvc.web.service_description import abilities
from graphsvc.web.state import state_tag
from graphsvc.web.values import Reader

blueprint = Blueprint("pages", __name__)
# The service's own places, in the order of the menu; one that is not there is not shown.
PLACES = (
    ("/sparql", "SPARQL"),
    ("/queries", "Queries"),
    ("/ontology", "Ontology"),
    ("/shapes", "Shapes"),
    ("/validate", "Validate"),
    ("/dataset", "Dataset"),
)


@blueprint.app_context_processor
def _menu() -> dict[str, Any]:
    """What every page's frame shows: the menu of what there is, and the search where there is one."""
    places = [(local_path(path), label) for path, label in PLACES if has_route(path)]
    return {"places": places, "search": local_path("/search") if has_route("/search") else None}


@blueprint.get("/")
def home() -> Response:
    """What this is and what is in it. Whoever asks for RDF is sent to the description of the dataset."""
    offers = (HTML, *GRAPH_FORMATS) if has_route("/dataset") else (HTML,)
    chosen = choose(offers, named_format(from_url()))
    if chosen is not HTML:
        return Response(status=303, headers={"Location": local_path("/dataset"), "Vary": "Accept"})
    return _page("home", _home)


def _home() -> str:
    store, base = service().store, service().settings.base
    numbers = remembered("overview", lambda: overview(store, base))
    changes = recent_changes()
    reader = _reader(iri for found in numbers.classes for iri in (found.iri, *found.examples))
    reader.learn({*numbers.graphs, *(graph for change in changes for graph in change.graphs)})
    classes = sorted(numbers.classes, key=lambda found: _interest(found, reader))
    return render_template(
        "home.html",
        numbers=numbers,
        charts=charts(),
        changes=[(change, [reader.link(graph) for graph in change.graphs]) for change in changes],
        can=abilities(),
        root=service().settings.root_url,
        graphs=[(reader.link(iri), count) for iri, count in sorted(numbers.graphs.items())],
        classes=[_class_view(found, reader) for found in classes if not found.is_machinery],
        machinery=[_class_view(found, reader) for found in classes if found.is_machinery],
    )


def _interest(found: ClassCount, reader: Reader) -> tuple[bool, bool, int, str]:
    """Classes of this graph's own come first, then those whose instances have names, then the larger."""
    nameless = not any(iri in reader.known for iri in found.examples)
    return not is_owned(found.iri), nameless, -found.number, found.iri


def _class_view(found: ClassCount, reader: Reader) -> dict[str, Any]:
    return {
        "name": reader.link(found.iri),
        "number": found.number,
        "all": with_parameters(about_link(found.iri), inverse=TYPE),
        "examples": [reader.link(iri) for iri in found.examples[:3]],
    }


@blueprint.get("/ontology")
def ontology() -> Response:
    """The terms of the graph's ontologies."""
    return _vocabulary_page("ontology", lambda: statements_of_terms(service().store), _ontology)


def _ontology(said: Sequence[Statement]) -> str:
    found = vocabularies(said, languages())
    reader = _reader(_vocabulary_iris(found))
    return render_template("ontology.html", vocabularies=found, link=reader.link)


def _vocabulary_iris(found: Sequence[Vocabulary]) -> set[str]:
    iris = {vocabulary.ontology for vocabulary in found if vocabulary.ontology}
    for term in (term for each in found for terms in each.terms.values() for term in terms):
        iris |= {term.iri, *term.domains, *term.ranges, *term.broader}
    return iris


@blueprint.get("/shapes")
def shapes() -> Response:
    """The shapes that data of this graph are checked against."""
    return _vocabulary_page("shapes", lambda: statements_of_shapes(service().store), _shapes)


def _shapes(said: Sequence[Statement]) -> str:
    found = node_shapes(said, languages())
    reader = _reader(term.value for term in _shape_terms(found) if isinstance(term, Iri))
    return render_template("shapes.html", shapes=found, link=reader.link, value=reader.value)


def _shape_terms(found: Sequence[NodeShape]) -> Iterable[Term]:
    for shape in found:
        yield Iri(shape.iri)
        yield from (term for _, term in shape.targets)
        for constraints in (shape.constraints, *(each.constraints for each in shape.properties)):
            yield from (value for constraint in constraints for value in constraint.values)
        for each in shape.properties:
            yield from (step for step in each.path if not isinstance(step, str))


@blueprint.get("/problems")
def problems() -> Response:
    """Every type of error that this service answers with."""
    return _page("problems", lambda: render_template("problems.html", problems=_problem_types()))


def _problem_types() -> list[dict[str, Any]]:
    """Name, title, status and meaning of each error that has a status, by status and name."""
    found = []
    for kind in _descendants(errors.GraphsvcError):
        try:
            status = status_of(kind.__new__(kind))
        except StopIteration:
            continue
        meaning = " ".join((kind.__doc__ or "").split())
        found.append({"slug": slug(kind), "title": kind.title, "status": status, "meaning": meaning})
    return sorted(found, key=lambda problem: (problem["status"], problem["slug"]))


def _descendants(kind: type[errors.GraphsvcError]) -> list[type[errors.GraphsvcError]]:
    below = [each for child in kind.__subclasses__() for each in _descendants(child)]
    return below if kind is errors.GraphsvcError else [kind, *below]


@blueprint.get("/profiles")
def profiles() -> Response:
    """The profiles in which a description can be had."""
    return _page("profiles", lambda: render_template("profiles.html", profiles=PROFILES))


def _reader(iris: Iterable[str]) -> Reader:
    reader = Reader(service().store, languages())
    reader.learn(iris)
    return reader


def _page(name: str, make: Callable[[], str]) -> Response:
    """A page that there is as HTML only."""
    choose((HTML,), named_format(from_url()))
    epoch = service().store.epoch()
    tag = page_tag(epoch, name)
    if not_modified(tag):
        return respond(None, HTML, tag=tag)
    return respond(whole(make(), epoch), HTML, tag=tag, language="en")


def _vocabulary_page(
    name: str, gather: Callable[[], list[Statement]], make: Callable[[Sequence[Statement]], str]
) -> Response:
    """A page that is also there as RDF, which comes first where nothing is preferred."""
    chosen = choose((*GRAPH_FORMATS, HTML), named_format(from_url()))
    epoch = service().store.epoch()
    tag = page_tag(epoch, name) if chosen is HTML else state_tag(epoch, name, chosen.media_type)
    if not_modified(tag):
        return respond(None, chosen, tag=tag)
    said = gather()
    body: str | bytes
    body = make(said) if chosen is HTML else document(said, chosen, service().settings.prefixes)
    allow()
    response = respond(whole(body, epoch), chosen, tag=tag, language="en" if chosen is HTML else None)
    response.headers["Link"] = ", ".join(
        f'<{local_path(f"/{name}?format={offer.name}")}>; rel="alternate"; type="{offer.media_type}"'
        for offer in (*GRAPH_FORMATS, HTML)
        if offer is not chosen
    )
    return response
