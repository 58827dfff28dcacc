"""docs/operations.md is true: of the metrics, the fields of the log, the settings and the files that it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from graphsvc.outcomes import OUTCOMES
from graphsvc.settings import described, load
from tests.conftest import LIBRARY, ROOT
from tests.operations.asking import ask, query_url, watched

TEXT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
METRICS, LOG = TEXT.partition("## Metrics")[2].partition("## Log")[::2]


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the rows of the table whose first column has this heading."""
    table = text.partition(f"| {heading} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table]


def test_the_metrics_are_those_that_there_are_with_their_labels(tmp_path: Path) -> None:
    listed = {name: row[1] for row in rows(METRICS, "metric") for name in re.findall(r"`(\w+)`", row[0])}
    with watched(LIBRARY, tmp_path, store=f"disk:{tmp_path / 'db'}", rate_limit="100") as service:
        ask(query_url(service.url, "ASK {}"))
        service.until("graphsvc_requests_total", 1)
        families = list(text_string_to_metric_families(ask(service.metrics_url).body.decode()))
    found: dict[str, set[str]] = {}
    for each in families:
        name = f"{each.name}_total" if each.type == "counter" else each.name
        found[name] = {label for sample in each.samples for label in sample.labels} - {"le"}
    assert set(listed) == set(found)
    for name, labels in listed.items():
        assert {label for label in labels.split(", ") if label} == found[name], name


def test_the_outcomes_are_those_that_there_are() -> None:
    assert tuple(row[0].strip("`") for row in rows(METRICS, "`outcome`")) == OUTCOMES


def test_the_fields_of_the_log_are_those_that_there_are(tmp_path: Path) -> None:
    listed = {name for row in rows(LOG, "field") for name in re.findall(r"`(\w+)`", row[0])}
    trace = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    with watched(LIBRARY, tmp_path, log_format="json", log_queries="true") as service:
        ask(query_url(service.url, "ASK {}"), trace)
        (line,) = service.requests(1)
    assert set(line) == listed


@pytest.mark.parametrize(("name", "value"), re.findall(r"`(\w+) = (\S+?)`", TEXT))
def test_a_setting_that_is_shown_can_be_set(name: str, value: str, tmp_path: Path) -> None:
    known = {known for _, known, _ in described()}
    assert name in known
    assert load(tmp_path, {f"GRAPHSVC_{name.upper()}": value.strip('"')})


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#:]+)\)", TEXT))
def test_a_link_leads_somewhere(link: str) -> None:
    assert (ROOT / "docs" / link).exists()
