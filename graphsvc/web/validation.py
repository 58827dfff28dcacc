"""SHACL validation at `/validate`: data in, report out.

The answer is 200 whether or not the data conform: the report is what was asked for. Data or shapes that are
broken are the client's error, never a report. https://www.w3.org/TR/shacl/#validation
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from graphsvc.errors import BadRequest
from graphsvc.formats import DATA_FORMATS, HTML, Format
from graphsvc.validation import Document, Severity, ValidationJob
from graphsvc.validation.rendering import REPORT_CSV, REPORT_FORMATS, render
from graphsvc.web.limits import validation_limits
from graphsvc.web.parameters import Parameters
from graphsvc.web.representation import choose
from graphsvc.web.service import service
from graphsvc.web.uploads import Upload, read_upload
from graphsvc.web.validation_page import form_page, report_page

ROLES = ("data", "shapes", "ontology")
OFFERS: tuple[Format, ...] = (*REPORT_FORMATS, HTML)
_FIELDS = frozenset(
    {
        "format",
        "severity",
        "base",
        "timeout",
        *(f"{role}{end}" for role in ROLES for end in ("", "_text", "_format")),
    }
)
blueprint = Blueprint("validation", __name__)


@blueprint.get("/validate")
def form() -> Response:
    """The form."""
    choose((HTML,), None)
    return _respond(form_page(DATA_FORMATS, OFFERS).encode("utf-8"), HTML)


@blueprint.post("/validate")
def validate() -> Response:
    """Validate the documents of the request."""
    settings = service().settings
    upload = read_upload(ROLES, settings.max_upload_bytes)
    parameters = upload.parameters
    _check_fields(parameters)
    chosen = choose(OFFERS, parameters.one("format") or None)
    report = service().validator.validate(_job(upload), validation_limits(parameters))
    if chosen is HTML:
        return _respond(report_page(report).encode("utf-8"), HTML)
    return _respond(render(report, chosen, settings.prefixes), chosen)


def _check_fields(parameters: Parameters) -> None:
    """A field that is misspelt must not be passed over: the report would be on something else."""
    unknown = sorted({name for name, _ in parameters.pairs} - _FIELDS)
    if unknown:
        names = ", ".join(sorted(_FIELDS))
        raise BadRequest(f"There is no field {unknown[0][:40]!r}; there are {names}.")


def _job(upload: Upload) -> ValidationJob:
    """The job; where no shapes or no ontology are sent, the project's own are meant."""
    data = upload.documents.get("data", ())
    if not data:
        raise BadRequest("There are no data: send them as the body, or in the field `data` or `data_text`.")
    severity = upload.parameters.one("severity")
    return ValidationJob(
        data=tuple(data),
        shapes=tuple(upload.documents.get("shapes") or _own("shapes")),
        ontology=tuple(upload.documents.get("ontology") or _own("ontology")),
        severity=Severity.named(severity) if severity else Severity.INFO,
        prefixes=service().settings.prefixes,
    )


def _own(folder: str) -> list[Document]:
    """The project's documents of one folder."""
    project, base = service().project, service().settings.base
    return [
        Document(str(file.path.relative_to(project.root)), file.read(), file.syntax.name, f"{base}/")
        for file in project.files
        if file.folder == folder
    ]


def _respond(body: bytes, chosen: Format) -> Response:
    response = Response(body)
    response.headers["Content-Type"] = chosen.content_type
    response.headers["Vary"] = "Accept, Accept-Language" if chosen is HTML else "Accept"
    if chosen is REPORT_CSV:
        # What a cell of a spreadsheet begins with can make it a formula: a browser is to save it, not hand it on.
        response.headers["Content-Disposition"] = 'attachment; filename="report.csv"'
    response.headers["Cache-Control"] = "no-cache" if request.method == "GET" else "no-store"
    return response
