"""Pages about the whole: the home page, the problem types, the profiles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Blueprint, Response, render_template

from graphsvc import errors
from graphsvc.describe.names import TYPE
from graphsvc.describe.overview import ClassCount, Overview
from graphsvc.formats import GRAPH_FORMATS, HTML
from graphsvc.web.addresses import about_link, has_route, is_owned, with_parameters
from graphsvc.web.caching import allow, settings_files
from graphsvc.web.changes import recent_changes
from graphsvc.web.charts import charts
from graphsvc.web.counts import Counted, at_a_glance, named_graphs
from graphsvc.web.parameters import from_url
from graphsvc.web.problems import slug, status_of
from graphsvc.web.profiles import PROFILES
from graphsvc.web.representation import (
    choose,
    languages,
    named_format,
    not_modified,
    page_tag,
    page_tag_at,
    respond,
    whole,
)
from graphsvc.web.service import local_path, service
from graphsvc.web.service_description import abilities
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
        headers = {"Location": local_path("/dataset"), "Vary": "Accept", "Cache-Control": "no-cache"}
        return Response(status=303, headers=headers)
    counted, graphs = at_a_glance(), named_graphs()
    marks = repr(service().library.entries()), repr(abilities()), counted.mark, graphs.mark
    return _page("home", lambda: _home(counted, graphs.value or {}), *marks)


def _home(counted: Counted[Overview], graphs: Mapping[str, int | None]) -> str:
    numbers = counted.value
    found = numbers.classes if numbers else ()
    changes = recent_changes()
    reader = _reader(iri for each in found for iri in (each.iri, *each.examples))
    reader.learn({*graphs, *(graph for change in changes for graph in change.graphs)})
    classes = sorted(found, key=lambda each: _interest(each, reader))
    return render_template(
        "home.html",
        numbers=numbers,
        current=counted.current,
        charts=charts(),
        changes=[(change, [reader.link(graph) for graph in change.graphs]) for change in changes],
        can=abilities(),
        root=service().settings.root_url,
        graphs=[(reader.link(iri), count) for iri, count in sorted(graphs.items())],
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


@blueprint.get("/problems")
def problems() -> Response:
    """Every type of error that this service answers with."""
    return _fixed("problems", lambda: render_template("problems.html", problems=_problem_types()))


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
    return _fixed("profiles", lambda: render_template("profiles.html", profiles=PROFILES))


def _reader(iris: Iterable[str]) -> Reader:
    reader = Reader(service().store, languages())
    reader.learn(iris)
    return reader


def _page(name: str, make: Callable[[], str], *parts: str) -> Response:
    """A page that there is as HTML only; `parts` are what decides it besides the data."""
    choose((HTML,), named_format(from_url()))
    epoch, files = service().store.epoch(), settings_files()
    tag = page_tag(epoch, name, *parts)
    if not_modified(tag):
        return respond(None, HTML, tag=tag)
    body = make()
    allow(files=files)
    return respond(whole(body, epoch), HTML, tag=tag, language="en")


def _fixed(name: str, make: Callable[[], str]) -> Response:
    """A page that does not depend on the data."""
    choose((HTML,), named_format(from_url()))
    epoch, tag_at = service().store.epoch(), page_tag_at(name)
    tag = tag_at(epoch)
    if not_modified(tag):
        return respond(None, HTML, tag=tag)
    allow(graphs=(), tag_at=tag_at)
    return respond(whole(make(), epoch), HTML, tag=tag, language="en")
