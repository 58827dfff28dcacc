"""A report that is told in a packet between processes, which has an end."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from graphsvc.validation.json_report import write_json
from graphsvc.validation.report import Report, Result

# How long a report may be, as JSON in ASCII; it has to fit into a packet of 64 kB.
MAX_REPORT = 40_000


def told(report: Report) -> dict[str, Any]:
    """A report as an object of JSON, with so many of its results that it is no longer than MAX_REPORT.

    The gravest come first. Counts are those of all results, and a note says how many are told.
    """
    whole: dict[str, Any] = json.loads(write_json(replace(report, results=()), {}))
    room = MAX_REPORT - len(json.dumps(whole)) - 500
    kept: list[Result] = []
    for result in report.results:
        size = len(json.dumps(json.loads(write_json(Report((result,), ""), {}))))
        if size > room:
            continue
        room -= size
        kept.append(result)
        if room < 500:
            break
    notes = report.notes
    if len(kept) < len(report.results):
        notes = (*notes, f"Of {len(report.results):,} results, {len(kept):,} are told.")
    shown: dict[str, Any] = json.loads(write_json(replace(report, results=tuple(kept), notes=notes), {}))
    counts = {severity.value: number for severity, number in report.counts.items()}
    return shown | {"conforms": report.conforms, "passes": report.passes, "counts": counts}
