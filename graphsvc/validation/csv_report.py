"""A report as CSV, one row a result, for spreadsheets. https://www.rfc-editor.org/rfc/rfc4180"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from graphsvc.rdf import Iri, Term
from graphsvc.validation.compact import compact
from graphsvc.validation.report import Location, Report, Result
from graphsvc.validation.wording import message

COLUMNS = "severity document line column focus_node path value message remedy source_shape component".split()
_NOWHERE = Location("")


def write_csv(report: Report, prefixes: Mapping[str, str]) -> bytes:
    """The report as CSV with a header row; rows are in the report's order, details are left out.

    IRIs are whole, other terms as Turtle writes them; paths are shortened by the prefixes.
    """
    written = io.StringIO(newline="")
    rows = csv.writer(written)
    rows.writerow(COLUMNS)
    rows.writerows(_row(result, prefixes) for result in report.results)
    return written.getvalue().encode("utf-8")


def _row(result: Result, prefixes: Mapping[str, str]) -> list[object]:
    place = result.location or _NOWHERE
    return [
        result.grade.value,
        place.document,
        place.line,
        place.column,
        _term(result.focus_node),
        result.path.text(prefixes) if result.path else None,
        _term(result.value),
        message(result),
        result.remedy,
        _term(result.within or result.source_shape),
        result.component.value,
    ]


def _term(term: Term | None) -> str | None:
    if term is None:
        return None
    return term.value if isinstance(term, Iri) else compact(term, {})
