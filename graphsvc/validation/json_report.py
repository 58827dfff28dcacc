"""A report in JSON, for programs; reading it back gives the same report.

    {"conforms": false, "passes": true, "threshold": "violation", "counts": {"violation": 0, "warning": 1, …},
     "engine": "…", "judgedBy": {"another engine": [TERM, …]}, "notes": ["…"],
     "results": [{"severity": "warning", "severityIri": "…", "focusNode": TERM, "path": PATH, "value": TERM,
                  "messages": [{"text": "…", "language": "en"}], "component": "…", "sourceShape": TERM,
                  "sourceConstraint": TERM, "within": "…", "owner": "…", "details": [RESULT, …],
                  "remedy": "…", "location": {"document": "…", "line": 3, "column": 5, "endLine": 3,
                  "endColumn": 9, "text": "…", "textColumn": 1, "pointer": "…"}}]}

A TERM is as in SPARQL 1.1 Query Results JSON (https://www.w3.org/TR/sparql11-results-json/#select-encode-terms);
a PATH is {"text": "ex:a/ex:b", "kind": "sequence", "parts": [PATH, …]} or {"text": …, "kind": "predicate",
"iri": "…"}. Lines and columns count from 1; `text` is the line, from `textColumn` on. What is not
there is left out. A page of a report has "page": {"number": 2, "size": 100, "pages": 4, "results": 321}, and the
counts and the verdict of the whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from graphsvc.rdf import BlankNode, Iri, Literal, Term
from graphsvc.rdf.terms import XSD_STRING
from graphsvc.validation.paging import Page, ReportPage
from graphsvc.validation.path import Kind, Path
from graphsvc.validation.report import Location, Report, Result, Severity
from graphsvc.vocab import PREFIXES

_LANG_STRING = PREFIXES["rdf"] + "langString"
_LOCATION = {
    "document": "document",
    "line": "line",
    "column": "column",
    "end_line": "endLine",
    "end_column": "endColumn",
    "text": "text",
    "text_column": "textColumn",
    "pointer": "pointer",
}


def write_json(report: Report, prefixes: Mapping[str, str]) -> bytes:
    """The report as JSON; `prefixes` shorten the texts of paths only."""
    judged_by = {engine: [_term(shape) for shape in shapes] for engine, shapes in report.judged_by.items()}
    content = {
        "conforms": report.conforms,
        "passes": report.passes,
        "threshold": report.threshold.value,
        "counts": {severity.value: count for severity, count in report.counts.items()},
        **({"page": _page(report)} if isinstance(report, ReportPage) else {}),
        "engine": report.engine,
        **({"judgedBy": judged_by} if judged_by else {}),
        "notes": list(report.notes),
        "results": [_result(result, prefixes) for result in report.results],
    }
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _page(report: ReportPage) -> dict[str, int]:
    page = report.page
    return {"number": page.number, "size": page.size, "pages": report.pages, "results": report.total}


def _result(result: Result, prefixes: Mapping[str, str]) -> dict[str, Any]:
    fields = {
        "severity": result.grade.value,
        "severityIri": result.severity.value,
        "focusNode": _term(result.focus_node),
        "path": _path(result.path, prefixes),
        "value": _term(result.value),
        "messages": [_message(message) for message in result.messages],
        "component": result.component.value,
        "sourceShape": _term(result.source_shape),
        "sourceConstraint": _term(result.source_constraint),
        "within": result.within.value if result.within else None,
        "owner": result.owner.value if result.owner else None,
        "details": [_result(detail, prefixes) for detail in result.details],
        "remedy": result.remedy,
        "location": _location(result.location),
    }
    return {name: value for name, value in fields.items() if value not in (None, [])}


def _location(location: Location | None) -> dict[str, Any] | None:
    if location is None:
        return None
    fields = {key: getattr(location, name) for name, key in _LOCATION.items()}
    return {key: value for key, value in fields.items() if value is not None}


def _term(term: Term | None) -> dict[str, str] | None:
    match term:
        case Iri(value):
            return {"type": "uri", "value": value}
        case BlankNode(value):
            return {"type": "bnode", "value": value}
        case Literal(value, datatype, language):
            if language:
                return {"type": "literal", "value": value, "xml:lang": language}
            kind = {} if datatype == XSD_STRING else {"datatype": datatype}
            return {"type": "literal", "value": value, **kind}
    return None


def _message(message: Literal) -> dict[str, str]:
    written = {"text": message.value}
    if message.language:
        return written | {"language": message.language}
    return written if message.datatype == XSD_STRING else written | {"datatype": message.datatype}


def _path(path: Path | None, prefixes: Mapping[str, str]) -> dict[str, Any] | None:
    if path is None:
        return None
    written: dict[str, Any] = {"text": path.text(prefixes), "kind": path.kind.value}
    if path.kind is Kind.PREDICATE:
        return written | {"iri": path.iri}
    return written | {"parts": [_path(part, prefixes) for part in path.parts]}


def read_json(document: bytes) -> Report:
    """The report of `write_json`, or the page."""
    content = json.loads(document)
    report = Report(
        tuple(_read_result(each) for each in content["results"]),
        content["engine"],
        tuple(content["notes"]),
        Severity(content["threshold"]),
        {
            engine: tuple(shape for each in shapes if (shape := _read_term(each)) is not None)
            for engine, shapes in content.get("judgedBy", {}).items()
        },
    )
    if "page" not in content:
        return report
    page = Page(content["page"]["number"], content["page"]["size"])
    totals = {Severity(name): count for name, count in content["counts"].items()}
    return ReportPage(
        report.results, report.engine, report.notes, report.threshold, report.judged_by, page, totals
    )


def write_results(results: Sequence[Result]) -> bytes:
    """Results as JSON on one line, for another process; texts of paths are left to who reads them."""
    return json.dumps([_result(result, {}) for result in results]).encode()


def read_results(written: bytes) -> tuple[Result, ...]:
    """The results of `write_results`."""
    return tuple(_read_result(each) for each in json.loads(written))


def _read_result(fields: Mapping[str, Any]) -> Result:
    focus_node, source_shape = _read_term(fields["focusNode"]), _read_term(fields["sourceShape"])
    assert focus_node is not None
    assert source_shape is not None
    return Result(
        focus_node=focus_node,
        severity=Iri(fields["severityIri"]),
        component=Iri(fields["component"]),
        source_shape=source_shape,
        path=_read_path(fields["path"]) if "path" in fields else None,
        value=_read_term(fields.get("value")),
        messages=tuple(_read_message(each) for each in fields.get("messages", ())),
        source_constraint=_read_term(fields.get("sourceConstraint")),
        details=tuple(_read_result(each) for each in fields.get("details", ())),
        within=Iri(fields["within"]) if "within" in fields else None,
        owner=Iri(fields["owner"]) if "owner" in fields else None,
        location=_read_location(fields.get("location")),
        remedy=fields.get("remedy"),
    )


def _read_location(fields: Mapping[str, Any] | None) -> Location | None:
    if fields is None:
        return None
    return Location(**{name: fields[key] for name, key in _LOCATION.items() if key in fields})


def _read_term(written: Mapping[str, str] | None) -> Term | None:
    if written is None:
        return None
    if written["type"] != "literal":
        return (Iri if written["type"] == "uri" else BlankNode)(written["value"])
    language = written.get("xml:lang", "")
    datatype = _LANG_STRING if language else written.get("datatype", XSD_STRING)
    return Literal(written["value"], datatype, language)


def _read_message(written: Mapping[str, str]) -> Literal:
    language = written.get("language", "")
    return Literal(
        written["text"], _LANG_STRING if language else written.get("datatype", XSD_STRING), language
    )


def _read_path(written: Mapping[str, Any]) -> Path:
    return Path(
        Kind(written["kind"]),
        written.get("iri", ""),
        tuple(_read_path(part) for part in written.get("parts", ())),
    )
