"""The description of the service as an API at `/openapi.json`. https://spec.openapis.org/oas/v3.1.0

The routes stand in `openapi.toml`; each stored query is a path of its own, with its parameters and what is
allowed for them just now.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any

from flask import Blueprint, Response

from graphsvc import __version__
from graphsvc.errors import GraphsvcError
from graphsvc.formats import JSON
from graphsvc.stored_queries import Parameter, StoredQuery
from graphsvc.web import query_parameters
from graphsvc.web.caching import allow, incomplete, settings_files
from graphsvc.web.problems import PROBLEM_JSON
from graphsvc.web.representation import not_modified, respond, whole
from graphsvc.web.service import service
from graphsvc.web.state import state_tag

blueprint = Blueprint("openapi", __name__)
Node = dict[str, Any]
_PARTS = ("limit", "offset", "page")


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """The document, for browsers too; it changes with the data only in what parameters may be."""
    epoch, files = service().store.epoch(), settings_files()
    tag = state_tag(epoch, "openapi", repr(service().library.entries()))
    if not_modified(tag):
        return respond(None, JSON, tag=tag)
    body = json.dumps(document(), ensure_ascii=False, indent=2) + "\n"
    allow(files=files)
    return respond(whole(body, epoch), JSON, tag=tag)


def document() -> Node:
    """The description as a value."""
    settings, said = service().settings, _said()
    problem = _content([PROBLEM_JSON.media_type], _REF)
    paths: Node = {}
    for operation in said["operation"]:
        paths.setdefault(operation["path"], {})[operation["method"]] = _operation(operation)
    for query in service().library.queries():
        paths[f"/queries/{query.name}"] = {"get": _query(query)}
    return {
        "openapi": "3.1.0",
        "info": {"title": settings.title, "version": __version__, "description": "A knowledge graph."},
        "servers": [{"url": settings.root_url}],
        "tags": [{"name": name} for name in dict.fromkeys(one["tag"] for one in said["operation"])],
        "paths": paths,
        "components": {
            "schemas": {"Problem": _PROBLEM},
            "responses": {"Problem": {"description": "What is wrong.", "content": problem}},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


# https://www.rfc-editor.org/rfc/rfc9457#section-3
_PROBLEM: Node = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "line": {"type": "integer", "description": "Of a text that does not parse, from 1."},
        "column": {"type": "integer", "description": "Of a text that does not parse, from 1."},
        "hint": {"type": "string"},
        "allowed": {"type": "array", "items": {"type": "string"}},
    },
}
_REF: Node = {"$ref": "#/components/schemas/Problem"}


@cache
def _said() -> Node:
    return tomllib.loads((files("graphsvc.web") / "openapi.toml").read_text(encoding="utf-8"))


def _operation(said: Node) -> Node:
    inside = re.findall(r"\{(\w+)\}", said["path"])
    required = said.get("required", ())
    made: Node = {
        "operationId": said["id"],
        "tags": [said["tag"]],
        "summary": said["summary"],
        "parameters": [
            *(
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                for name in inside
            ),
            *(_parameter(name, required=name in required) for name in said.get("parameters", ())),
        ],
        "responses": _responses(said.get("status"), said.get("answers", ()), said.get("errors", ())),
    }
    if said.get("takes"):
        made["requestBody"] = {"required": True, "content": _content(_media_types(said["takes"]))}
    if said.get("token"):
        made["security"] = [{"token": []}]
    return made


def _parameter(name: str, *, required: bool = False) -> Node:
    said = _said()["parameters"][name]
    schema = said.get("schema", {"type": "string"})
    if said.get("repeats"):
        schema = {"type": "array", "items": schema}
    return {
        "name": said.get("name", name),
        "in": said.get("in", "query"),
        "description": said["description"],
        "required": required,
        "schema": schema,
    }


def _media_types(names: Iterable[str]) -> list[str]:
    groups: Mapping[str, list[str]] = _said()["groups"]
    return [media_type for name in names for media_type in groups.get(name, [name])]


def _content(media_types: Iterable[str], schema: Node | None = None) -> Node:
    return {media_type: {"schema": schema} if schema else {} for media_type in media_types}


def _responses(status: int | None, answers: Iterable[str], errors: Iterable[int]) -> Node:
    """The responses; without answers and without a status of success there are errors only."""
    content = _content(_media_types(answers))
    problem = {"$ref": "#/components/responses/Problem"}
    failures: Node = {str(error): problem for error in errors}
    if status is None and not content:
        return failures
    status = status or 200
    success: Node = {"description": HTTPStatus(status).phrase} | ({"content": content} if content else {})
    return {str(status): success} | failures


def _query(query: StoredQuery) -> Node:
    """A stored query as an operation."""
    yields_graph = query.query.form.yields_graph
    offers = ["graphs" if yields_graph else "results", "page"]
    own = [_own_parameter(query, each) for each in query.parameters]
    parts = _PARTS if query.query.form.value == "SELECT" else ()
    return {
        "operationId": f"query-{query.name}",
        "tags": ["Stored queries"],
        "summary": query.summary,
        "description": query.description,
        "parameters": [*own, *(_parameter(name) for name in (*parts, "format", "timeout"))],
        "responses": _responses(200, offers, (400, 406, 503, 504)),
    }


def _own_parameter(query: StoredQuery, parameter: Parameter) -> Node:
    schema: Node = {"type": "string"} | ({"format": "iri"} if parameter.is_iri else {})
    try:
        allowed = query_parameters.allowed(query, parameter)
    except GraphsvcError:
        incomplete()
        allowed = None  # what is allowed cannot be looked up; that it is limited, the answer will tell
    if allowed is not None and allowed.complete:
        schema["enum"] = list(dict.fromkeys(("", *(term.value for term, _ in allowed.options))))
    if parameter.default:
        schema["default"] = parameter.default
    about = parameter.description or f"The value of ?{parameter.name}."
    if parameter.datatype:
        about += f" A literal of {parameter.datatype}."
    if parameter.language:
        about += f" A text in the language {parameter.language}."
    about += " An empty value leaves it open."
    return {"name": parameter.name, "in": "query", "description": about, "required": False, "schema": schema}
