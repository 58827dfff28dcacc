"""Answers from the cache: counted, logged, named and limited like those that are made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import LIBRARY
from tests.operations.asking import Reply, Watched, ask, query_url, watched

ROWS = "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 5"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with watched(
        LIBRARY, tmp_path_factory.mktemp("again"), log_format="json", trusted_proxies="127.0.0.1"
    ) as found:
        yield found


def test_a_repeated_answer_is_counted_and_logged_with_a_name_of_its_own(service: Watched) -> None:
    before = service.sample("graphsvc_cache_hits_total")
    kept = service.sample("graphsvc_cache_entries")
    answers = [ask(query_url(service.url, ROWS))]
    # It is kept just after it was sent.
    assert service.until("graphsvc_cache_entries", kept + 1) == kept + 1
    answers += [ask(query_url(service.url, ROWS)) for _ in range(5)]
    assert service.sample("graphsvc_cache_hits_total") == before + 5
    assert len({answer.headers["X-Request-ID"] for answer in answers}) == 6
    names = [answer.headers["X-Request-ID"] for answer in answers]
    lines = [line for line in service.requests(6) if line["request_id"] in names]
    assert sorted(names) == sorted(line["request_id"] for line in lines)
    first, *others = ({**line, "time": "", "seconds": 0, "request_id": ""} for line in lines)
    assert all(other == first for other in others)
    assert service.until("graphsvc_requests_total", 6, route="/sparql", status="200") >= 6


def test_a_name_a_trace_and_a_client_are_those_of_the_request_that_is_answered(service: Watched) -> None:
    url = query_url(service.url, ROWS + " OFFSET 1")
    for number in range(4):
        told = {
            "X-Request-ID": f"mine-{number}",
            "X-Forwarded-For": f"192.0.{number}.9",
            "traceparent": f"00-{number + 1:032x}-{number + 1:016x}-01",
        }
        assert ask(url, told).headers["X-Request-ID"] == f"mine-{number}"
    lines = {line["request_id"]: line for line in service.requests(4)}
    for number in range(4):
        line = lines[f"mine-{number}"]
        assert line["client"] == f"192.0.{number}.0"
        assert line["trace"] == f"{number + 1:032x}"


def test_a_304_and_an_answer_to_head_are_logged_as_such(service: Watched) -> None:
    url = query_url(service.url, ROWS + " OFFSET 2")
    tag = ask(url).headers["ETag"]
    assert ask(url, {"If-None-Match": tag, "X-Request-ID": "known"}).status == 304
    assert ask(url, {"X-Request-ID": "head"}, method="HEAD").status == 200
    lines = {line["request_id"]: line for line in service.requests(3)}
    assert (lines["known"]["status"], lines["known"]["bytes"]) == (304, 0)
    assert (lines["head"]["method"], lines["head"]["bytes"]) == ("HEAD", 0)


def test_who_asks_too_often_is_refused_what_is_kept_too(tmp_path: Path) -> None:
    with watched(LIBRARY, tmp_path, rate_limit="0.01", rate_burst="5") as service:
        answers: list[Reply] = [ask(query_url(service.url, ROWS)) for _ in range(8)]
        assert [answer.status for answer in answers] == [200] * 5 + [429] * 3
        assert all("Retry-After" in answer.headers for answer in answers[5:])
        assert service.sample("graphsvc_cache_hits_total") >= 4
