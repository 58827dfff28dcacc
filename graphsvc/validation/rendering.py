"""The forms in which a report can be had, but for the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from graphsvc.formats import JSON, JSON_LD, N_TRIPLES, RDF_XML, TEXT, TURTLE, Format
from graphsvc.validation.json_report import write_json
from graphsvc.validation.rdf_report import write_rdf
from graphsvc.validation.report import Report
from graphsvc.validation.text_report import write_text

REPORT_TEXT = replace(TEXT, name="text")
# In order of preference; JSON before JSON-LD, so that the name `json` and the type application/json mean it.
REPORT_FORMATS: tuple[Format, ...] = (TURTLE, JSON, JSON_LD, N_TRIPLES, RDF_XML, REPORT_TEXT)


def render(report: Report, form: Format, prefixes: Mapping[str, str]) -> bytes:
    """The report in one of REPORT_FORMATS."""
    if form is REPORT_TEXT:
        return write_text(report, prefixes)
    if form is JSON:
        return write_json(report, prefixes)
    return write_rdf(report, form, prefixes)
