"""Writes what the W3C tests came to, where `--report FILE` asks for it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FOUND = pytest.StashKey[list[tuple[str, str, str, str, str]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--report", type=Path, help="write the outcome of each W3C test to this CSV file")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report: Any = yield
    params = getattr(getattr(item, "callspec", None), "params", {})
    if report.when == "call" and "case" in params and "endpoint" in params:
        case = params["case"]
        outcome = "passed" if report.passed else "failed"
        reason = getattr(report, "wasxfail", "")
        row = (case.iri, case.group, params["endpoint"], outcome, reason)
        item.config.stash.setdefault(FOUND, []).append(row)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    path = session.config.getoption("report")
    if path is None:
        return
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("test", "group", "store", "outcome", "reason"))
        writer.writerows(sorted(session.config.stash.get(FOUND, [])))
