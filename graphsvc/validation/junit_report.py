"""A report as JUnit XML, as GitLab and Jenkins read it: a test case for each focus node and shape.

https://docs.gitlab.com/ci/testing/unit_test_reports/#test-report-file-format
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from graphsvc.validation.report import Report, Result
from graphsvc.validation.wording import excerpt, focus_name, message, reasons, shape_name, subject, verdict

# What XML 1.0 cannot have. https://www.w3.org/TR/xml/#charsets
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(report: Report, prefixes: Mapping[str, str]) -> bytes:
    """The report as one test suite. A test case fails where a result of its is as grave as the threshold.

    Results that are less grave are told in the output of a case that passes. Data that conform are one case that
    passes, since a suite without cases counts as broken. Validation does not say what a case took.
    """
    cases: dict[tuple[str, str], list[Result]] = {}
    for result in report.results:
        cases.setdefault((shape_name(result, prefixes), focus_name(result, prefixes)), []).append(result)
    failed = sum(any(map(report.fails, results)) for results in cases.values())
    counts = {"tests": str(max(1, len(cases))), "failures": str(failed), "errors": "0", "skipped": "0"}
    suites = Element("testsuites", {"name": "SHACL validation", **counts})
    suite = SubElement(suites, "testsuite", {"name": "SHACL validation", **counts})
    for (shape, focus), results in cases.items():
        _case(suite, shape, focus, results, report, prefixes)
    if not cases:
        SubElement(suite, "testcase", {"classname": "SHACL validation", "name": verdict(report)})
    if report.notes:
        SubElement(suite, "system-out").text = _clean("\n".join(report.notes))
    indent(suites, " ")
    return bytes(tostring(suites, encoding="utf-8", xml_declaration=True)) + b"\n"


def _case(
    suite: Element,
    shape: str,
    focus: str,
    results: Iterable[Result],
    report: Report,
    prefixes: Mapping[str, str],
) -> None:
    found = list(results)
    case = SubElement(suite, "testcase", {"classname": _clean(shape), "name": _clean(focus)})
    places = [result.location for result in found if result.location is not None]
    if places:
        case.set("file", _clean(places[0].document))
        if places[0].line is not None:
            case.set("line", str(places[0].line))
    grave = [result for result in found if report.fails(result)]
    if grave:
        kind = grave[0].component.value.rpartition("#")[2]
        failure = SubElement(case, "failure", {"message": _clean(message(grave[0])), "type": _clean(kind)})
        failure.text = _clean("\n\n".join(_told(result, prefixes) for result in grave))
    light = [result for result in found if not report.fails(result)]
    if light:
        SubElement(case, "system-out").text = _clean("\n\n".join(_told(result, prefixes) for result in light))


def _told(result: Result, prefixes: Mapping[str, str]) -> str:
    lines = [f"{result.grade.value}: {subject(result, prefixes)}: {message(result)}"]
    if result.location is not None:
        lines.append(str(result.location))
        lines += [line for line in excerpt(result.location) if line]
    if result.remedy:
        lines.append(result.remedy)
    lines += reasons(result, prefixes)
    return "\n".join(lines)


def _clean(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
