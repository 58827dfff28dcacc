"""The forms in which a report can be had."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from graphsvc.formats import (
    CSV,
    GITHUB,
    HTML,
    JSON,
    JSON_LD,
    JUNIT,
    N_TRIPLES,
    RDF_XML,
    SARIF,
    TEXT,
    TURTLE,
    Format,
    Kind,
)
from graphsvc.validation.csv_report import write_csv
from graphsvc.validation.github_report import write_github
from graphsvc.validation.html_report import write_html
from graphsvc.validation.json_report import write_json
from graphsvc.validation.junit_report import write_junit
from graphsvc.validation.rdf_report import write_rdf
from graphsvc.validation.report import Report
from graphsvc.validation.sarif_report import write_sarif
from graphsvc.validation.text_report import write_text

REPORT_TEXT = replace(TEXT, name="text")
# The same type and ending as the results of queries, and none of what W3C says of those.
REPORT_CSV = replace(CSV, kind=Kind.PAGE, iri=None)
_WRITERS: Mapping[Format, Callable[[Report, Mapping[str, str]], bytes]] = {
    JSON: write_json,
    REPORT_TEXT: write_text,
    REPORT_CSV: write_csv,
    SARIF: write_sarif,
    JUNIT: write_junit,
    GITHUB: write_github,
    HTML: write_html,
}
# In order of preference; JSON before JSON-LD, so that the name `json` and the type application/json mean it.
REPORT_FORMATS: tuple[Format, ...] = (
    TURTLE,
    JSON,
    JSON_LD,
    N_TRIPLES,
    RDF_XML,
    REPORT_TEXT,
    REPORT_CSV,
    SARIF,
    JUNIT,
    GITHUB,
)
# What a file may be written in: a service has a page of its own.
FILE_FORMATS: tuple[Format, ...] = (*REPORT_FORMATS, HTML)


def render(report: Report, form: Format, prefixes: Mapping[str, str]) -> bytes:
    """The report in one of FILE_FORMATS."""
    writer = _WRITERS.get(form)
    return writer(report, prefixes) if writer else write_rdf(report, form, prefixes)
