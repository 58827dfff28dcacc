"""The quality of the stored graph is found out beside the requests: once for each state, one at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from made_projects import project_of, served

from graphsvc.validation import Severity
from graphsvc.web.quality import Qualities, Quality

Make = Callable[[], tuple[str, Quality]]


def slowly(epoch: str, begun: list[str], may_end: threading.Event) -> Make:
    def make() -> tuple[str, Quality]:
        begun.append(epoch)
        assert may_end.wait(10)
        return epoch, Quality(failure=epoch)

    return make


def until(true: Callable[[], object]) -> object:
    """What is true in the end; fails after ten seconds."""
    end = time.monotonic() + 10
    while not (found := true()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return found


def test_who_asks_does_not_wait_and_no_second_one_is_begun_beside_the_first() -> None:
    qualities, begun, may_end = Qualities(), [], threading.Event()
    assert qualities.get("one", slowly("one", begun, may_end)) is None
    assert qualities.get("one", slowly("one", begun, may_end)) is None
    assert qualities.get("two", slowly("two", begun, may_end)) is None
    until(lambda: begun)
    assert begun == ["one"]
    may_end.set()
    assert until(lambda: qualities.get("one", slowly("one", begun, may_end))) == Quality(failure="one")
    assert begun == ["one"]


def test_a_new_state_is_validated_when_it_is_asked_for_and_the_old_one_is_forgotten() -> None:
    qualities, begun, may_end = Qualities(), [], threading.Event()
    may_end.set()
    for epoch in ("one", "one", "two", "two", "one"):
        assert qualities.get(epoch, slowly(epoch, begun, may_end), 10) == Quality(failure=epoch)
    assert begun == ["one", "two", "one"]


def test_a_report_on_a_later_state_is_not_taken_for_one_on_an_earlier() -> None:
    qualities = Qualities()
    later = Quality(counts={Severity.WARNING: 1})
    assert qualities.get("one", lambda: ("two", later), 10) is None
    assert qualities.get("two", lambda: ("two", Quality(failure="made again"))) == later


def test_a_graph_without_shapes_says_so(tmp_path: Path) -> None:
    with served(project_of(tmp_path, a__ttl="<http://example.org/made/a> a <urn:x:T> .")) as client:
        answer = client.get("/quality")
        assert "This graph has no shapes to be validated by." in answer.text
        assert "None is noted." in answer.text
