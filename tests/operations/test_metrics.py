"""Metrics: what happened is counted under what it was, on a listener that the public one does not have."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families

from graphsvc.figures import BOUNDS, Durations
from graphsvc.tokens import TokenFile
from tests.conftest import LIBRARY, ROOT
from tests.operations.asking import ENDLESS, Watched, ask, query_url, settled, watched
from tests.processes import family


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("metrics")
    tokens = folder / "tokens.json"
    secret = TokenFile(tokens).new("editor", ["write"])
    (folder / "secret").write_text(secret)
    with watched(ROOT, folder, tokens=str(tokens), query_timeout="20", reader_memory=str(320 << 20)) as found:
        yield found


def test_the_public_address_has_no_metrics(service: Watched) -> None:
    assert ask(f"{service.url}/metrics").status == 404
    assert ask(service.metrics_url).status == 200
    assert ask(service.metrics_url.replace("/metrics", "/sparql")).status == 404


def test_prometheus_can_read_them(service: Watched) -> None:
    families = {
        each.name: each for each in text_string_to_metric_families(ask(service.metrics_url).body.decode())
    }
    assert all(each.documentation for each in families.values())
    assert families["graphsvc_job_seconds"].type == "histogram"


def test_a_request_is_counted_by_its_route_method_and_status(service: Watched) -> None:
    before = service.sample("graphsvc_requests_total", route="/queries/<name>", method="GET", status="404")
    for name in ("a", "b", "c"):
        assert ask(f"{service.url}/queries/{name}").status == 404
    after = service.until(
        "graphsvc_requests_total", before + 3, route="/queries/<name>", method="GET", status="404"
    )
    assert after == before + 3


def test_labels_have_nothing_that_a_client_made_up(service: Watched) -> None:
    asked = ['/x"\n{', "/queries/one-of-many", "/doc/canary", "/no/such/canary", "/static/canary.css"]
    for path in asked:
        ask(service.url + quote(path))
    ask(f"{service.url}/sparql", method="CANARY")
    ask(query_url(service.url, "ASK { <urn:canary> ?p ?o }"))
    service.until("graphsvc_requests_total", 1, method="other")
    text = ask(service.metrics_url).body.decode()
    assert "canary" not in text.lower()
    assert "one-of-many" not in text


@pytest.mark.parametrize(
    ("text", "outcome", "status"),
    [
        ("ASK { ?s ?p ?o }", "ok", 200),
        (ENDLESS, "timeout", 504),
        ("ASK { ?s ?p ", "refused", 400),
        ("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c", "memory", 503),
    ],
)
def test_a_query_is_counted_by_how_it_ended(service: Watched, text: str, outcome: str, status: int) -> None:
    labels = {"pool": "readers", "kind": "query", "outcome": outcome}
    before = service.sample("graphsvc_job_seconds_count", **labels)
    requests = service.sample("graphsvc_request_seconds_count", route="/sparql", outcome=outcome)
    assert ask(query_url(service.url, text, timeout="1" if outcome == "timeout" else "20")).status == status
    assert service.until("graphsvc_job_seconds_count", before + 1, **labels) >= before + 1
    assert (
        service.until("graphsvc_request_seconds_count", requests + 1, route="/sparql", outcome=outcome)
        == requests + 1
    )
    assert service.sample("graphsvc_job_seconds_bucket", le="+Inf", **labels) == service.sample(
        "graphsvc_job_seconds_count", **labels
    )


def test_who_goes_away_is_counted_as_such(service: Watched) -> None:
    labels = {"pool": "readers", "kind": "query", "outcome": "abandoned"}
    before = service.sample("graphsvc_job_seconds_count", **labels)
    parts = urlsplit(query_url(service.url, f"{ENDLESS} # gone"))
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as client:
        client.sendall(f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        service.until("graphsvc_workers_busy", 1, pool="readers")
    assert service.until("graphsvc_job_seconds_count", before + 1, **labels) == before + 1
    assert service.sample("graphsvc_workers_ended_total", pool="readers", reason="abandoned") >= 1


def test_a_write_moves_the_state_and_is_counted(service: Watched) -> None:
    epoch = {its for (name, its) in service.samples() if name == "graphsvc_epoch_info"}
    changes, quads = service.sample("graphsvc_changes"), service.sample("graphsvc_store_quads")
    secret = (service.log.parent / "secret").read_text()
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/sparql-update"}
    update = b"INSERT DATA { GRAPH <urn:x:g> { <urn:x:a> <urn:x:b> 1 } }"
    assert ask(f"{service.url}/update", headers, method="POST", body=update).status == 204
    assert service.sample("graphsvc_changes") == changes + 1
    assert {its for (name, its) in service.samples() if name == "graphsvc_epoch_info"} != epoch
    assert service.sample("graphsvc_job_seconds_count", pool="readers", kind="write", outcome="ok") >= 1
    assert quads > 1000


def test_a_validation_is_work_of_the_checker(service: Watched) -> None:
    data = b"<urn:x:a> <urn:x:b> <urn:x:c> ."
    assert (
        ask(f"{service.url}/validate", {"Content-Type": "text/turtle"}, method="POST", body=data).status
        == 200
    )
    assert service.until("graphsvc_job_seconds_count", 1, pool="checker", kind="validate", outcome="ok") == 1


def test_a_keeper_that_does_not_answer_is_down_and_the_rest_is_told(tmp_path: Path) -> None:
    with watched(LIBRARY, tmp_path) as service:
        assert service.sample("graphsvc_pool_up", pool="readers") == 1
        port = service.url.rpartition(":")[2]
        (served,) = (each for each in family(os.getpid()) if f" --port {port}" in each.command)
        keeper = next(
            each
            for each in family(served.pid)
            if each.parent == served.pid and "serving.keeper" in each.command
        )
        os.kill(keeper.pid, signal.SIGSTOP)
        try:
            assert service.sample("graphsvc_pool_up", pool="readers") == 0
            assert service.sample("graphsvc_pool_up", pool="checker") == 1
        finally:
            os.kill(keeper.pid, signal.SIGCONT)
        assert settled(lambda: service.sample("graphsvc_pool_up", pool="readers"), bool) == 1


def test_a_store_on_disk_has_a_size(tmp_path: Path) -> None:
    with watched(LIBRARY, tmp_path, store=f"disk:{tmp_path / 'db'}") as service:
        assert service.sample("graphsvc_store_bytes") > 10_000


def test_durations_are_counted_in_the_class_that_they_belong_to() -> None:
    durations = Durations()
    for seconds in (0.0, BOUNDS[0], BOUNDS[0] * 1.01, 1e9):
        durations.add(seconds)
    told = durations.told()
    assert (told["counts"][0], told["counts"][1], told["counts"][-1]) == (2, 1, 1)
    assert sum(told["counts"]) == 4
