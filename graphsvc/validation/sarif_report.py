"""A report as SARIF 2.1.0, for code scanning: shapes are rules, results point at lines.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any
from urllib.parse import quote, urlsplit

from graphsvc import __version__
from graphsvc.rdf import BlankNode, Term
from graphsvc.validation.report import Location, Report, Result, Severity
from graphsvc.validation.wording import focus_name, message, messages, reasons, shape_name, subject

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.VIOLATION: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_FINGERPRINT = "shaclResult/v1"


def write_sarif(report: Report, prefixes: Mapping[str, str]) -> bytes:
    """The report as a SARIF log of one run; the same report gives the same bytes."""
    rules: dict[str, dict[str, Any]] = {}
    for result in report.results:
        rules.setdefault(_rule_id(result), _rule(result, prefixes))
    order = {name: index for index, name in enumerate(rules)}
    seen: Counter[str] = Counter()
    run: dict[str, Any] = {
        "tool": {
            "driver": {"name": "graphsvc", "version": __version__, "rules": list(rules.values())},
            "extensions": [{"name": report.engine or "SHACL engine"}],
        },
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {"level": "note", "message": {"text": note}} for note in report.notes
                ],
            }
        ],
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\n", "\r"],
        "results": [_result(result, order, seen, prefixes) for result in report.results],
        "properties": {"conforms": report.conforms, "passes": report.passes},
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return (json.dumps(log, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _rule_id(result: Result) -> str:
    """The shape's IRI; the constraint's too where the shape has none of its own."""
    if result.within is None:
        return result.component.value
    if result.source_shape == result.within:
        return result.within.value
    path = f" {result.path.text({})}" if result.path else ""
    return f"{result.within.value}{path} {result.component.value.rpartition('#')[2]}"


def _rule(result: Result, prefixes: Mapping[str, str]) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": _rule_id(result),
        "shortDescription": {"text": shape_name(result, prefixes)},
        "fullDescription": {"text": message(result)},
        "defaultConfiguration": {"level": _LEVELS[result.grade]},
    }
    if result.within is not None and urlsplit(result.within.value).scheme in ("http", "https"):
        rule["helpUri"] = result.within.value
    return rule


def _result(
    result: Result, order: Mapping[str, int], seen: Counter[str], prefixes: Mapping[str, str]
) -> dict[str, Any]:
    rule = _rule_id(result)
    texts = [f"{subject(result, prefixes)}: {message(result)}", result.remedy, *reasons(result, prefixes)]
    fingerprint = _fingerprint(result)
    seen[fingerprint] += 1
    properties: dict[str, Any] = {
        "severity": result.severity.value,
        "component": result.component.value,
        "messages": [each.value for each in messages(result)],
    }
    if result.remedy:
        properties["remedy"] = result.remedy
    return {
        "ruleId": rule,
        "ruleIndex": order[rule],
        "level": _LEVELS[result.grade],
        "message": {"text": " ".join(text for text in texts if text)},
        "locations": [_location(result, prefixes)],
        "partialFingerprints": {_FINGERPRINT: f"{fingerprint}:{seen[fingerprint]}"},
        "properties": properties,
    }


def _location(result: Result, prefixes: Mapping[str, str]) -> dict[str, Any]:
    logical = {
        "name": focus_name(result, prefixes),
        "fullyQualifiedName": result.focus_node.value,
        "kind": "object",
    }
    if result.location is None:
        return {"logicalLocations": [logical]}
    if result.location.pointer is not None:
        logical["decoratedName"] = result.location.pointer
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(result.location.document)}}
    region = _region(result.location)
    if region:
        physical["region"] = region
    return {"physicalLocation": physical, "logicalLocations": [logical]}


def _region(location: Location) -> dict[str, Any]:
    if location.line is None:
        return {}
    fields = {
        "startLine": location.line,
        "startColumn": location.column,
        "endLine": location.end_line,
        "endColumn": location.end_column,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _uri(document: str) -> str:
    """The name of a document as a URI reference: a relative path is relative to the root of the sources."""
    path = PurePath(document)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _fingerprint(result: Result) -> str:
    """What stays the same while lines move: everything but the place, and but the labels of blank nodes."""

    def stable(term: Term | None) -> str:
        return "" if term is None else "[]" if isinstance(term, BlankNode) else term.n3()

    parts = (
        stable(result.owner or result.focus_node),
        result.path.text({}) if result.path else "",
        stable(result.value),
        result.component.value,
        stable(result.within or result.source_shape),
    )
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
