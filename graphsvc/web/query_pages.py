"""The endpoint for people: a form to write a query in, its answer as a page, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from urllib.parse import urlencode

from flask import Response, render_template, request

from graphsvc.errors import GraphsvcError, NotAcceptable, SourceSyntaxError, TooManyRequests, Unavailable
from graphsvc.formats import GRAPH_FORMATS, HTML, N_TRIPLES, RESULTS_FORMATS, TSV, Format
from graphsvc.negotiation import negotiate
from graphsvc.sparql import Form, Query
from graphsvc.store import Answer, Limits
from graphsvc.stored_queries import without_head
from graphsvc.vocab import PREFIXES
from graphsvc.web import results
from graphsvc.web.caching import allow, settings_files
from graphsvc.web.counts import named_graphs
from graphsvc.web.parameters import Parameters
from graphsvc.web.problems import PROBLEM_JSON, status_of
from graphsvc.web.representation import languages, not_modified, respond, whole
from graphsvc.web.service import absolute_url, local_path, service
from graphsvc.web.service_description import abilities
from graphsvc.web.state import state_tag

# Named graphs that the form lists; the service description has them all.
SHOWN_GRAPHS = 100
# A link that is longer may be too long for a browser, a proxy or this server.
MAX_LINK = 6_000
_KEPT = ("default-graph-uri", "named-graph-uri", "timeout")
_LABELS = f"""PREFIX rdfs: <{PREFIXES["rdfs"]}>
PREFIX skos: <{PREFIXES["skos"]}>
SELECT ?thing ?label WHERE {{
  ?thing rdfs:label|skos:prefLabel ?label
}}
ORDER BY ?label
LIMIT 50"""
EXAMPLES: tuple[tuple[str, str], ...] = (
    ("Things and their labels", _LABELS),
    (
        "Classes, and how many instances each has",
        "SELECT ?class (COUNT(DISTINCT ?thing) AS ?instances) WHERE {\n  ?thing a ?class\n}\n"
        "GROUP BY ?class\nORDER BY DESC(?instances) ?class",
    ),
    (
        "Properties, and how often each is used",
        "SELECT ?property (COUNT(*) AS ?uses) WHERE {\n  ?subject ?property ?value\n}\n"
        "GROUP BY ?property\nORDER BY DESC(?uses) ?property",
    ),
    (
        "Named graphs, and how many triples each has",
        "SELECT ?graph (COUNT(*) AS ?triples) WHERE {\n  GRAPH ?graph { ?s ?p ?o }\n}\n"
        "GROUP BY ?graph\nORDER BY ?graph",
    ),
    ("Which graph says what about one thing", "SELECT ?graph ?property ?value WHERE {\n"
     "  { SELECT ?thing WHERE { ?thing a ?class FILTER(isIRI(?thing)) } ORDER BY ?thing LIMIT 1 }\n"
     "  GRAPH ?graph { ?thing ?property ?value }\n}\nORDER BY ?graph ?property ?value"),
)  # fmt: skip


def form() -> Response:
    """The form, ready to be filled in, and what the endpoint can do."""
    epoch, files = service().store.epoch(), settings_files()
    seen = repr(service().library.entries()), repr(script()), named_graphs().mark
    tag = state_tag(epoch, "query form", repr(abilities()), *seen)
    if not_modified(tag):
        return respond(None, HTML, tag=tag)
    page = _render("sparql.html", EXAMPLES[0][1], Parameters(()))
    allow(files=files)
    return respond(whole(page, epoch), HTML, tag=tag)


def answer(query: Query, parameters: Parameters, limits: Limits) -> Answer:
    """The page with the answer to a query. Raises as `Store.query` does."""
    store = service().store
    inner = N_TRIPLES if query.form.yields_graph else TSV
    found = store.query(query, inner, limits)
    verdict = table = None
    if query.form is Form.ASK:
        verdict = found.read().strip() == b"true"
    else:
        table = results.triples(found.chunks) if query.form.yields_graph else results.table(found.chunks)
        table = results.labelled(table, languages())
    offers = GRAPH_FORMATS if query.form.yields_graph else RESULTS_FORMATS
    page = _render(
        "results.html",
        query.text,
        parameters,
        verdict=verdict,
        table=table,
        of_graph=query.form.yields_graph,
        downloads=_downloads(query.text, parameters, offers),
        form_name=query.form.value,
        epoch=found.epoch,
        permanent=_short_enough(query_link(query.text, parameters)),
        why_empty=_why_empty(query.text, parameters)
        if verdict is False or (table and not table.total)
        else None,
    )
    return whole(page, found.epoch)


def failed(error: GraphsvcError, text: str, parameters: Parameters) -> Response | None:
    """The form with the query and what is wrong with it, where a page is wanted and the fault is not ours."""
    status = status_of(error)
    if status == 500 or isinstance(error, NotAcceptable):
        return None
    try:
        wanted = negotiate(request.headers.get("Accept"), (PROBLEM_JSON, HTML))
    except NotAcceptable:
        return None
    if wanted is not HTML:
        return None
    fault = error if isinstance(error, SourceSyntaxError) else None
    message = fault.message if fault else str(error)
    page = _render("sparql.html", text, parameters, title=error.title, message=message, fault=fault)
    response = respond(whole(page, service().store.epoch()), HTML)
    response.status_code = status
    if isinstance(error, Unavailable | TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _downloads(
    text: str, parameters: Parameters, offers: Sequence[Format]
) -> list[tuple[Format, str]] | None:
    """A permanent link to the answer in each format, or None where the query is too long for one."""
    links = [(offer, query_link(text, parameters, offer.name)) for offer in offers]
    return links if all(len(link) <= MAX_LINK for _, link in links) else None


def _why_empty(text: str, parameters: Parameters) -> str | None:
    return _short_enough(query_link(text, parameters, path="/sparql/why-empty"))


def _short_enough(link: str) -> str | None:
    return link if len(link) <= MAX_LINK else None


def query_link(
    text: str, parameters: Parameters, format_name: str | None = None, *, path: str = "/sparql"
) -> str:
    """The host-relative link that asks a query, of the same dataset as the present request."""
    pairs = [("query", text), *((n, v) for n, v in parameters.pairs if n in _KEPT)]
    if format_name:
        pairs.append(("format", format_name))
    return local_path(f"{path}?{urlencode(pairs)}")


def _render(template: str, text: str, parameters: Parameters, **more: object) -> str:
    settings = service().settings
    graphs = list((named_graphs().value or {}).items())
    return render_template(
        template,
        text=text,
        kept=[(name, value) for name, value in parameters.pairs if name in _KEPT],
        formats=(*RESULTS_FORMATS, *GRAPH_FORMATS),
        chosen_format=(parameters.all("format") or ("",))[0],
        examples=[(label, query_link(query, Parameters(()))) for label, query in EXAMPLES],
        prefixes=sorted(settings.prefixes.items()),
        endpoint=absolute_url("/sparql"),
        root=settings.root_url,
        can=abilities(),
        graphs=[(name, number, results.href(name)) for name, number in graphs[:SHOWN_GRAPHS]],
        graph_count=len(graphs),
        stored=[
            (one, link)
            for one in service().library.queries()
            if (link := _short_enough(query_link(without_head(one.text), Parameters(()))))
        ],
        script=script(),
        **more,
    )


def script() -> str | None:
    """The editor's script, where it was built; without it the form is a form."""
    built = files("graphsvc.web") / "static" / "built" / "query.js"
    return "/static/built/query.js" if built.is_file() else None
