"""The SPARQL 1.1 Protocol's update operation at `/update`.

https://www.w3.org/TR/sparql11-protocol/#update-operation. A request is made as a whole or not at all.
"""

from __future__ import annotations

import time

from flask import Blueprint, Response
from werkzeug.exceptions import MethodNotAllowed

from graphsvc.errors import BadRequest, UnsupportedMediaType
from graphsvc.federation import with_answers
from graphsvc.rdf import Iri
from graphsvc.sparql import Dataset, read_update
from graphsvc.store import Write
from graphsvc.web.limits import limits
from graphsvc.web.observation import noted
from graphsvc.web.parameters import FORM, Parameters, content_type, decoded, from_form, from_url, read_body
from graphsvc.web.service import service
from graphsvc.web.token import writer
from graphsvc.web.writers import done, make

DIRECT = "application/sparql-update"
# A form may spell every byte of the update with three.
_FORM_FACTOR = 3
blueprint = Blueprint("update", __name__)


@blueprint.get("/update")
def reading() -> Response:
    """There is nothing to read here, whatever the parameters say."""
    raise MethodNotAllowed(["POST", "OPTIONS"])


@blueprint.post("/update")
def endpoint() -> Response:
    """Make an update."""
    token = writer()
    parameters, text = _request()
    default, named = (_graphs(parameters, name) for name in ("using-graph-uri", "using-named-graph-uri"))
    dataset = Dataset(default or (), named or ()) if default or named else Dataset()
    settings = service().settings
    noted().query = text
    update = read_update(
        text, dataset=dataset, max_bytes=settings.max_upload_bytes, endpoints=settings.endpoints
    )
    text = update.text
    if update.calls:
        deadline = time.monotonic() + settings.query_timeout
        text = with_answers(text, update.calls, deadline, limits(parameters).cancelled)
    write = Write("update", text.encode(), using=dataset.default_graphs, using_named=dataset.named_graphs)
    return done(make(write, token, parameters))


def _request() -> tuple[Parameters, str]:
    """The parameters and the text, whichever of the two ways they came."""
    longest = service().settings.max_upload_bytes
    if content_type() == DIRECT:
        parameters = from_url()
        _refuse(parameters, "update", "query")
        return parameters, decoded(read_body(longest), "update")
    if content_type() != FORM:
        raise UnsupportedMediaType(
            f"A body of type {content_type() or 'none'!r} is no update.", [DIRECT, FORM]
        )
    parameters = from_form(_FORM_FACTOR * longest)
    _refuse(from_url(), "update", "query")
    _refuse(parameters, "query")
    text = parameters.one("update")
    if text is None:
        raise BadRequest("The parameter `update` is missing.")
    return parameters, text


def _refuse(parameters: Parameters, *names: str) -> None:
    for name in names:
        if parameters.all(name):
            raise BadRequest(f"An update comes in the body of the request; `{name}` has no place here.")


def _graphs(parameters: Parameters, name: str) -> tuple[str, ...] | None:
    """https://www.w3.org/TR/sparql11-protocol/#update-dataset"""
    given = parameters.all(name)
    for iri in given:
        Iri(iri).n3()
    return given or None
