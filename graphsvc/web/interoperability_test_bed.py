"""The REST API of the SHACL validator of the EU's Interoperability Test Bed, below `/itb`.

https://www.itb.ec.europa.eu/docs/guides/latest/validatingRDF/. A client of that validator needs no change but of
the address. Nothing is fetched: content comes in the request. The report is RDF. Other than there, an error is a
problem (RFC 9457) with the status of its kind.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from graphsvc.errors import (
    BadRequest,
    NotAcceptable,
    NotFound,
    NotSupported,
    OutOfTime,
    RemoteAccessRefused,
    UnsupportedMediaType,
)
from graphsvc.formats import DATA_FORMATS, JSON_LD, N_TRIPLES, RDF_XML, TURTLE, Format, by_media_type
from graphsvc.negotiation import negotiate
from graphsvc.validation import Document, ValidationJob, ValidationLimits
from graphsvc.validation.written import Written
from graphsvc.web.limits import validation_limits
from graphsvc.web.parameters import content_type, decoded, read_body
from graphsvc.web.service import service
from graphsvc.web.validation_request import DEFAULT_TYPE, own_documents, shapes_of, validation_types

# The domain without shapes of its own: the request brings them.
ANY = "any"
MAX_INPUTS = 100
# In the order of that validator's preference.
_REPORTS = (RDF_XML, TURTLE, JSON_LD, N_TRIPLES)
_BODIES = ("application/json", "application/ld+json")
_URL = re.compile(r"(?:https?|ftp|file|jar):[^\s<>]+\Z", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*\Z")
blueprint = Blueprint("interoperability_test_bed", __name__, url_prefix="/itb")


@blueprint.get("/api/info")
def domains() -> Response:
    """Every domain and its validation types."""
    return _json([_information(name) for name in (_own_domain(), ANY)])


@blueprint.get("/<domain>/api/info")
def information(domain: str) -> Response:
    """The validation types of a domain."""
    return _json(_information(_checked(domain)))


@blueprint.post("/<domain>/api/validate")
def validate(domain: str) -> Response:
    """Validate one document."""
    given = _input(_content(), _checked(domain))
    report = _report(*given, validation_limits())
    response = Response(report.chunks)
    if report.length is not None:
        response.content_length = report.length
    response.headers["Content-Type"] = given[1].content_type
    response.headers["Vary"] = "Accept"
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/<domain>/api/validateMultiple")
def validate_multiple(domain: str) -> Response:
    """Validate several documents, each by itself, in the time of one."""
    content = _content()
    if not isinstance(content, list) or not 1 <= len(content) <= MAX_INPUTS:
        raise BadRequest(f"The body is a list of 1 to {MAX_INPUTS} inputs.")
    inputs = [_input(each, _checked(domain)) for each in content]
    limits = validation_limits()
    end = time.monotonic() + limits.timeout
    reports = []
    for job, form in inputs:
        left = end - time.monotonic()
        if left <= 0:
            raise OutOfTime(f"The limit of {limits.timeout:g} s was reached.")
        found = _report(job, form, ValidationLimits(left, limits.cancelled, limits.client)).read()
        reports.append({"report": base64.b64encode(found).decode(), "reportSyntax": form.media_type})
    return _json(reports)


def _own_domain() -> str:
    """The domain of the project's shapes: the last part of the IRI that its things are named under."""
    name = urlsplit(service().settings.base).path.rpartition("/")[2]
    return name if name not in ("", ANY, "api") else "graph"


def _checked(domain: str) -> str:
    known = (_own_domain(), ANY)
    if domain not in known:
        raise NotFound(f"There is no domain {domain[:60]!r}; there are {' and '.join(known)}.")
    return domain


def _information(domain: str) -> dict[str, Any]:
    types = {ANY: "Shapes of the request"} if domain == ANY else validation_types()
    named = [{"type": name, "description": label} for name, label in types.items()]
    return {"domain": domain, "validationTypes": named}


def _content() -> Any:
    """The body, read as JSON."""
    if content_type() not in _BODIES:
        raise UnsupportedMediaType(f"A body of type {content_type() or 'none'!r} is no input.", _BODIES)
    text = decoded(read_body(service().settings.max_upload_bytes), "input")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The body is no JSON: {error}.") from None


def _input(content: Any, domain: str) -> tuple[ValidationJob, Format]:
    """The job of one input, and the format of its report."""
    if not isinstance(content, dict):
        raise BadRequest("An input is a JSON object with `contentToValidate`.")
    _refuse(content)
    data = _document(content, "contentToValidate", "contentSyntax", "contentToValidate")
    rules = content.get("externalRules") or []
    if not isinstance(rules, list) or not all(isinstance(each, dict) for each in rules):
        raise BadRequest("`externalRules` is a list of objects with `ruleSet`.")
    external = [
        _document(each, "ruleSet", "ruleSyntax", f"externalRules[{number}]")
        for number, each in enumerate(rules)
    ]
    name = _text(content, "validationType")
    if domain == ANY:
        if name not in ("", ANY):
            raise BadRequest(f"The domain {ANY!r} has no validation type {name[:60]!r}.")
        if not external:
            raise BadRequest(f"The domain {ANY!r} has no shapes of its own: send some as `externalRules`.")
        shapes = tuple(external)
        ontology: tuple[Document, ...] = ()
    else:
        shapes = (*shapes_of(name or DEFAULT_TYPE), *external)
        ontology = tuple(own_documents("ontology"))
    prefixes = service().settings.prefixes
    return ValidationJob((data,), shapes, ontology, prefixes=prefixes), _syntax(content)


def _refuse(content: dict[str, Any]) -> None:
    """What this service does not do must not be passed over."""
    if any(content.get(name) for name in ("contentQuery", "contentQueryEndpoint")):
        raise RemoteAccessRefused("No SPARQL endpoint is asked for content; send it as `contentToValidate`.")
    if content.get("loadImports"):
        raise RemoteAccessRefused("Nothing is fetched, so `loadImports` cannot be true.")
    if _text(content, "reportQuery").strip():
        raise NotSupported("`reportQuery` is not supported; run the query on the report.")


def _text(content: dict[str, Any], name: str) -> str:
    value = content.get(name)
    if value is not None and not isinstance(value, str):
        raise BadRequest(f"`{name}` is a text.")
    return value or ""


def _document(content: dict[str, Any], field: str, syntax_field: str, name: str) -> Document:
    """The document in a field, however it is embedded."""
    text = _text(content, field)
    if not text.strip():
        raise BadRequest(f"There is no `{field}`.")
    method = _text(content, "embeddingMethod").upper() or _method(text)
    if method == "URL":
        raise RemoteAccessRefused(f"Nothing is fetched: send the document itself as `{field}`, not its URL.")
    if method == "BASE64":
        try:
            document = base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            raise BadRequest(f"`{field}` is not in Base64.") from None
    elif method == "STRING":
        document = text.encode("utf-8", "surrogatepass")
    else:
        raise BadRequest(f"`embeddingMethod` is STRING or BASE64, not {method[:40]!r}.")
    return Document(name, document, _syntax_of(document, _text(content, syntax_field), syntax_field))


def _method(text: str) -> str:
    """How a text is embedded that does not say so."""
    if _URL.match(text.strip()):
        return "URL"
    return "BASE64" if _BASE64.match(text) and len("".join(text.split())) % 4 == 0 else "STRING"


def _syntax_of(document: bytes, named: str, field: str) -> str:
    """The short name of a document's syntax, told by how it begins where it is not named."""
    if named:
        found = by_media_type(named.partition(";")[0].strip().lower(), DATA_FORMATS)
        if found is None:
            accepted = [each.media_type for each in DATA_FORMATS]
            raise UnsupportedMediaType(f"`{field}`: {named[:60]!r} is no RDF syntax.", accepted)
        return found.name
    begin = document.lstrip(b"\xef\xbb\xbf \t\r\n")
    if begin.startswith((b"<?xml", b"<rdf:RDF", b"<!DOCTYPE", b"<!--")):
        return RDF_XML.name
    if re.match(rb'\{\s*["}]|\[\s*[{\]]', begin):
        return JSON_LD.name
    return TURTLE.name


def _syntax(content: dict[str, Any]) -> Format:
    """The format of the report: the one that is named, else by Accept, else RDF/XML."""
    named = _text(content, "reportSyntax").partition(";")[0].strip().lower()
    if not named:
        try:
            return negotiate(request.headers.get("Accept"), _REPORTS)
        except NotAcceptable:
            return RDF_XML
    found = next((each for each in _REPORTS if each.media_type == named), None)
    if found is None:
        names = ", ".join(each.media_type for each in _REPORTS)
        raise BadRequest(f"`reportSyntax`: the report can be had as {names}, not as {named[:60]!r}.")
    return found


def _report(job: ValidationJob, form: Format, limits: ValidationLimits) -> Written:
    return service().validator.report(job, form, None, limits)


def _json(content: Any) -> Response:
    response = Response(json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    response.headers["Content-Type"] = "application/json"
    response.headers["Cache-Control"] = "no-cache" if request.method in ("GET", "HEAD") else "no-store"
    return response
