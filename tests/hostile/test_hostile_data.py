"""RDF documents that would stop, kill or open a service: refused or taken, and nothing else happens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hostile.data_cases import CHECKED, ENCODED, GOOD, PUT, TRIPLES, TURTLE
from tests.hostile.siege import Case, Request, Siege, besieged, check, judge, limit_of, upload, validation

GRAPH = "/graph-store?graph=urn:hostile"


@pytest.fixture(scope="module")
def siege(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    with besieged(tmp_path_factory.mktemp("siege")) as found:
        yield found


@pytest.mark.parametrize("each", [*PUT, *ENCODED], ids=lambda each: f"{each.row} {each.name}")
def test_a_hostile_graph_is_refused_and_changes_nothing(siege: Siege, each: Case) -> None:
    reply = siege.send(each.request, limit_of(each))
    judge(each, reply)
    if reply.status in (201, 204):
        siege.forget()
        return
    siege.check_unharmed()
    assert siege.send(Request("GET", GRAPH)).status == 404


@pytest.mark.parametrize("each", CHECKED, ids=lambda each: f"{each.row} {each.name}")
def test_a_hostile_document_is_no_report(siege: Siege, each: Case) -> None:
    check(siege, each)


@pytest.mark.parametrize("each", GOOD, ids=lambda each: f"{each[0]} {each[1]}")
def test_what_is_large_and_good_is_taken(siege: Siege, each: tuple[int, str]) -> None:
    kind, content = GOOD[each]
    assert siege.send(validation(content, kind, timeout=20)).status == 200
    if kind in (TURTLE, TRIPLES):
        reply = siege.send(upload(content, kind, timeout=20))
        assert reply.status == 201, reply.body[:2000]
        siege.forget()
