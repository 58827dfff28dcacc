"""The description of the service as an API: valid, whole, and true of the stored queries."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from graphsvc.formats import DATA_FORMATS, GRAPH_FORMATS, RESULTS_FORMATS
from graphsvc.web.openapi import _said

# OpenAPI 3.1 has no QUERY, HEAD is GET without a body, and OPTIONS is there everywhere.
NOT_DESCRIBED = {"HEAD", "OPTIONS", "QUERY"}


@pytest.fixture
def document(shipped: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = shipped.get("/openapi.json").json or {}
    return found


def test_the_description_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    validate(document, cls=OpenAPIV31SpecValidator)


def test_every_route_is_described_and_no_other(shipped: FlaskClient, document: dict[str, Any]) -> None:
    routes = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in shipped.application.url_map.iter_rules()
        for method in (rule.methods or set()) - NOT_DESCRIBED
    }
    described = {
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
        if not re.match(r"/queries/[\w-]+\Z", path)
    }
    assert described == routes


def test_every_stored_query_is_described_with_what_is_allowed(
    shipped: FlaskClient, document: dict[str, Any]
) -> None:
    for entry in shipped.get("/queries").json or []:
        operation = document["paths"][f"/queries/{entry['name']}"]["get"]
        assert operation["summary"] == entry["summary"]
        names = [each["name"] for each in operation["parameters"]]
        assert names[: len(entry["parameters"])] == [each["name"] for each in entry["parameters"]]
    (stage,) = document["paths"]["/queries/find-instruments-by-stage"]["get"]["parameters"][:1]
    assert len(stage["schema"]["enum"]) == 4
    for value in stage["schema"]["enum"]:
        assert (
            shipped.get("/queries/find-instruments-by-stage", query_string={"stage": value}).status_code
            == 200
        )


def test_the_media_types_are_those_that_there_are() -> None:
    groups = _said()["groups"]
    assert groups["graphs"] == [each.media_type for each in GRAPH_FORMATS]
    assert groups["data"] == [each.media_type for each in DATA_FORMATS]
    assert groups["results"] == [each.media_type for each in RESULTS_FORMATS]


def test_the_description_is_cached(shipped: FlaskClient) -> None:
    tag = shipped.get("/openapi.json").headers["ETag"]
    assert shipped.get("/openapi.json", headers={"If-None-Match": tag}).status_code == 304


def test_the_vocabulary_has_what_an_editor_completes(shipped: FlaskClient) -> None:
    answer = shipped.get("/sparql/vocabulary.json", headers={"Accept-Language": "en"})
    found: dict[str, Any] = answer.json or {}
    assert found["prefixes"]["dg"] == "https://w3id.org/eu-dg/def/dg#"
    classes = {each["name"]: each for each in found["classes"]}
    assert classes["dg:Instrument"]["label"] == "instrument"
    assert classes["dg:Instrument"]["uses"] == 15
    assert {"name": "dg:year", "uses": 15}.items() <= {
        key: value for each in found["properties"] if each["name"] == "dg:year" for key, value in each.items()
    }.items()
    tag = answer.headers["ETag"]
    again = shipped.get("/sparql/vocabulary.json", headers={"Accept-Language": "en", "If-None-Match": tag})
    assert again.status_code == 304
    other = shipped.get("/sparql/vocabulary.json", headers={"Accept-Language": "fr"})
    assert other.headers["ETag"] != tag
