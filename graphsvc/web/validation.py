"""SHACL validation at `/validate`: data, or the name of a graph, in; report out.

The answer is 200 whether or not the data conform: the report is what was asked for. Data or shapes that are
broken are the client's error, never a report. https://www.w3.org/TR/shacl/#validation
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from graphsvc.errors import BadRequest
from graphsvc.formats import CSV, DATA_FORMATS, HTML, JSON, Format
from graphsvc.store import Answer
from graphsvc.validation import Page, StoredJob, ValidationJob
from graphsvc.validation.json_report import read_json
from graphsvc.validation.paging import pages
from graphsvc.validation.rendering import REPORT_CSV, REPORT_FORMATS
from graphsvc.validation.written import Written
from graphsvc.web.caching import allow, shape_files
from graphsvc.web.limits import validation_limits
from graphsvc.web.parameters import Parameters, from_url
from graphsvc.web.representation import choose, not_modified, page_tag, respond, whole
from graphsvc.web.service import absolute_url, service
from graphsvc.web.state import state_tag
from graphsvc.web.uploads import Upload
from graphsvc.web.validation_page import ReportView, form_page, report_page
from graphsvc.web.validation_request import (
    asked_graphs,
    check_fields,
    own_documents,
    page_link,
    read_page,
    read_request,
    stored_job,
    upload_job,
)

OFFERS: tuple[Format, ...] = (*REPORT_FORMATS, HTML)
blueprint = Blueprint("validation", __name__)


@blueprint.get("/validate")
def form() -> Response:
    """The form; with `graph`, a report on what is stored."""
    parameters = from_url()
    if not parameters.all("graph"):
        _check_form(parameters)
        choose((HTML,), None)
        epoch = service().store.epoch()
        tag = page_tag(epoch, "validation form")
        if not_modified(tag):
            return respond(None, HTML, tag=tag)
        page = form_page(DATA_FORMATS, OFFERS).encode("utf-8")
        allow()
        return respond(whole(page, epoch), HTML, tag=tag)
    return _stored(Upload({}, parameters))


@blueprint.post("/validate")
def validate() -> Response:
    """Validate the documents of the request, or what is stored by the shapes of the request."""
    upload = read_request()
    if asked_graphs(upload.parameters):
        return _stored(upload)
    parameters = upload.parameters
    check_fields(parameters)
    chosen = choose(OFFERS, parameters.one("format") or None)
    page = read_page(parameters, paged=chosen is HTML)
    found = _report(upload_job(upload), chosen, page, parameters)
    return _respond(found, chosen, page, None)


def _check_form(parameters: Parameters) -> None:
    """A request for a report that does not say on what must not get the form."""
    told = sorted(parameters.names() - {"format"})
    if told:
        raise BadRequest(
            f"`{told[0][:40]}` is given, and no data: name a graph (`graph=IRI`, `graph=all`), or POST them."
        )


def _stored(upload: Upload) -> Response:
    parameters = upload.parameters
    check_fields(parameters)
    chosen = choose(OFFERS, parameters.one("format") or None)
    page = read_page(parameters, paged=chosen is HTML)
    files, job = shape_files(), stored_job(upload)
    tag = _tag(service().store.epoch(), chosen, job, page)
    if not_modified(tag):
        return respond(None, chosen, tag=tag)
    found = _report(job, chosen, page, parameters)
    # The data may have changed since the tag was compared.
    tag = _tag(found.epoch, chosen, job, page)
    if request.method == "HEAD" and found.length is None:
        found.chunks.close()  # type: ignore[attr-defined]
    allow(files=files)
    return _respond(found, chosen, page, tag)


def _tag(epoch: str, chosen: Format, job: StoredJob, page: Page | None) -> str:
    parts = (repr(job), repr(page))
    return page_tag(epoch, *parts) if chosen is HTML else state_tag(epoch, chosen.media_type, *parts)


def _report(
    job: ValidationJob | StoredJob, chosen: Format, page: Page | None, parameters: Parameters
) -> Written:
    """The report; of a page for people, what the page shows is asked for."""
    asked = JSON if chosen is HTML else chosen
    found = service().validator.report(job, asked, page, validation_limits(parameters))
    if chosen is not HTML:
        return found
    rules, graphs = (job.rules, job.graphs or ()) if isinstance(job, StoredJob) else (job, None)
    view = ReportView(
        graphs,
        rules.shapes == tuple(own_documents("shapes")),
        page_link(page, found.results, -1),
        page_link(page, found.results, +1),
    )
    shown = report_page(read_json(found.read()), view).encode("utf-8", "replace")
    return Written(iter((shown,)), found.results, len(shown), found.epoch)


def _respond(found: Written, chosen: Format, page: Page | None, tag: str | None) -> Response:
    answer = Answer(found.chunks, found.epoch, found.length)
    response = respond(answer, chosen, tag=tag, cache="no-cache" if tag else "no-store")
    if not found.epoch:
        del response.headers["Graph-Epoch"]
    if chosen is REPORT_CSV or chosen is CSV:
        # What a cell of a spreadsheet begins with can make it a formula: a browser is to save it, not hand it on.
        response.headers["Content-Disposition"] = 'attachment; filename="report.csv"'
    if page is not None:
        last = pages(found.results, page.size)
        for relation, link in (
            ("first", page_link(page, found.results, 1 - page.number)),
            ("prev", page_link(page, found.results, -1)),
            ("next", page_link(page, found.results, +1)),
            ("last", page_link(page, found.results, last - page.number)),
        ):
            if link:
                response.headers.add("Link", f'<{absolute_url(link)}>; rel="{relation}"')
    response.headers["Result-Count"] = str(found.results)
    return response
