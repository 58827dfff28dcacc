"""Linked data: every IRI under the base answers here, whatever host the service runs on.

https://www.w3.org/TR/cooluris/#r303gendocument
"""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, Response

from graphsvc.errors import NotFound
from graphsvc.formats import GRAPH_FORMATS
from graphsvc.rdf import Iri
from graphsvc.sparql import read
from graphsvc.web.representation import choose, entity_tag, not_modified, respond
from graphsvc.web.service import local_path, service

blueprint = Blueprint("resources", __name__)


@blueprint.get("/id/<path:name>")
def thing(name: str) -> Response:
    """A thing is not a document: see the document about it."""
    return Response(status=303, headers={"Location": local_path(f"/doc/{quote(name)}")})


@blueprint.get("/doc/<path:name>")
def document(name: str) -> Response:
    """The document about a thing."""
    about = Iri(f"{service().settings.base}/id/{name}")
    chosen = choose(GRAPH_FORMATS, None)
    store = service().store
    tag = entity_tag(store.epoch(), chosen.media_type, about.value)
    if not_modified(tag):
        return respond(None, chosen, tag=tag)
    answer = store.query(read(f"DESCRIBE {about.n3()}"), chosen)
    if not answer.length:
        raise NotFound(f"Nothing is known of <{about.value}>.")
    return respond(answer, chosen, tag=tag)
