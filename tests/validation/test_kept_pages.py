"""A report on a stored graph is kept for its next pages, and made again once the data are others."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pyoxigraph as ox
import pytest

from graphsvc.errors import NotFound
from graphsvc.formats import JSON
from graphsvc.store import Write
from graphsvc.store.local import LocalStore
from graphsvc.validation import Document, Page, StoredJob, ValidationJob, ValidationLimits
from graphsvc.validation.kept import MAX_KEPT, KeptReports
from graphsvc.validation.pooled import PooledValidator, validate_stored_job
from graphsvc.validation.spread import PIECE, Spread
from graphsvc.validation.stored_job import judge_where_stored
from graphsvc.workers.client import Product
from graphsvc.workers.wire import Job

MANY = 2 * PIECE + 100
GRAPH = "http://example.org/g"
SHAPES = """@prefix ex: <http://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
ex:S a sh:NodeShape ; sh:targetClass ex:C ;
  sh:property [ sh:path ( ex:p ex:q ) ; sh:minCount 1 ; sh:severity sh:Warning ; sh:message "Ach."@de , "Oh." ] .
"""
LIMITS = ValidationLimits(30.0)


class Reader:
    """A reader of a store, in this process, that remembers what it was asked."""

    def __init__(self) -> None:
        self.store = LocalStore(ox.Store(), "first")
        lines = (f"<http://example.org/{n:05}> a <http://example.org/C> ." for n in range(MANY))
        self.store.write(Write("put", "\n".join(lines).encode(), GRAPH, "text/turtle"))
        self.jobs: list[Job] = []

    def run(self, job: Job, payload: bytes, cancelled: Callable[[], bool]) -> Product:
        self.jobs.append(job)
        out = io.BytesIO()
        validate_stored_job(self.store, job, payload, out)
        return Product(iter((out.getvalue(),)), len(out.getvalue()))

    def kinds(self) -> list[str]:
        """What was asked since the last time: the whole to be validated, or a page of what is kept."""
        jobs, self.jobs = self.jobs, []
        return ["page" if "job" in job.fields else "whole" for job in jobs]


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def validator(reader: Reader) -> PooledValidator:
    validator = PooledValidator("nowhere")
    validator._readers = reader  # type: ignore[assignment]
    return validator


def stored_job() -> StoredJob:
    rules = ValidationJob((), (Document("s", SHAPES.encode(), "ttl"),))
    return StoredJob((GRAPH,), "http://example.org/vocabulary/", rules)


def page(validator: PooledValidator, number: int, size: int) -> dict[str, Any]:
    return dict(json.loads(validator.report(stored_job(), JSON, Page(number, size), LIMITS).read()))


@pytest.mark.parametrize("size", [1, 7, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, MANY - 1])
def test_the_pages_of_a_kept_report_are_those_of_a_whole_one(
    reader: Reader, validator: PooledValidator, size: int
) -> None:
    whole = json.loads(validator.report(stored_job(), JSON, None, LIMITS).read())
    assert len(whole["results"]) == MANY
    last = -(-MANY // size)
    reader.kinds()
    for number in sorted({1, 2, last // 2 + 1, last}):
        found = page(validator, number, size)
        first = (number - 1) * size
        assert found["results"] == whole["results"][first : first + size]
        assert found["results"][0]["remedy"]
        assert found["counts"] == whole["counts"]
        assert (found["conforms"], found["passes"]) == (whole["conforms"], whole["passes"])
        assert found["page"] == {"number": number, "size": size, "pages": last, "results": MANY}
    kinds = reader.kinds()
    assert (kinds[0], set(kinds[1:])) == ("whole", {"page"})


def test_only_the_first_page_has_the_graph_validated(reader: Reader, validator: PooledValidator) -> None:
    page(validator, 3, 100)
    page(validator, 1, 100)
    page(validator, 2, 250)
    assert reader.kinds() == ["whole", "page", "page"]


def test_after_a_write_it_is_validated_again(reader: Reader, validator: PooledValidator) -> None:
    page(validator, 1, 100)
    gone = f"DELETE WHERE {{ GRAPH <{GRAPH}> {{ <http://example.org/00100> ?p ?o }} }}"
    reader.store.write(Write("update", gone.encode()))
    found = page(validator, 2, 100)
    assert found["results"][0]["focusNode"]["value"] == "http://example.org/00101"
    assert found["page"]["results"] == MANY - 1
    page(validator, 3, 100)
    assert reader.kinds() == ["whole", "page", "whole", "page"]


def test_a_page_beyond_the_last_is_not_found_whether_or_not_the_report_is_kept(
    reader: Reader, validator: PooledValidator
) -> None:
    for _ in range(2):
        with pytest.raises(NotFound, match="the last is 11"):
            page(validator, 12, 100)
        page(validator, 1, 100)
    assert reader.kinds() == ["whole", "whole", "page", "page"]


def test_a_report_of_one_page_is_not_kept(reader: Reader, validator: PooledValidator) -> None:
    page(validator, 1, MANY)
    page(validator, 1, MANY)
    assert reader.kinds() == ["whole", "whole"]


def test_what_is_kept_has_bounds(reader: Reader) -> None:
    report = Spread.of(judge_where_stored(reader.store.engine, stored_job()))
    assert Spread.unpacked(report.packed()) == report
    large = Spread(report.head, report.total, (b"x" * (MAX_KEPT // 3),))
    kept = KeptReports()
    for name in "abcd":
        kept.keep(name, large, "epoch")
    assert [name for name in "abcd" if kept.get(name)] == ["c", "d"]
    kept.keep("e", Spread(report.head, report.total, (b"x" * MAX_KEPT,)), "epoch")
    assert kept.get("e") is None
    kept.keep("f", report, "next epoch")
    assert [name for name in "cdf" if kept.get(name)] == ["f"]
