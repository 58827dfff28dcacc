"""One query on a project's files, in this process, without a server."""

from __future__ import annotations

from graphsvc.errors import BadRequest
from graphsvc.formats import GRAPH_FORMATS, RESULTS_FORMATS, TSV, TURTLE, by_name
from graphsvc.loading import open_store, remote_store
from graphsvc.project import Project
from graphsvc.search import LocalIndexes
from graphsvc.search.in_queries import with_findings
from graphsvc.settings import Settings
from graphsvc.sparql import read


def answer(settings: Settings, text: str, format_name: str | None) -> bytes:
    """The answer to a query, in the format of that name, or as TSV or Turtle by its form.

    Raises what `graphsvc.sparql.read` and `Store.query` raise, and BadRequest for a format that is unknown or
    does not fit the form.
    """
    query = read(text, max_bytes=settings.max_query_bytes)
    offers = GRAPH_FORMATS if query.form.yields_graph else RESULTS_FORMATS
    default = TURTLE if query.form.yields_graph else TSV
    chosen = by_name(format_name, offers) if format_name else default
    if chosen is None:
        names = ", ".join(offer.name for offer in offers)
        raise BadRequest(f"{format_name!r} is not a format for {query.form.value}; there are {names}.")
    with remote_store(settings) or open_store(Project(settings), settings) as store:
        if query.searches:
            indexes = LocalIndexes(store, f"{settings.base}/")
            try:
                query = with_findings(query, indexes.newest(store.epoch()))
            finally:
                indexes.close()
        return store.query(query, chosen).read()
