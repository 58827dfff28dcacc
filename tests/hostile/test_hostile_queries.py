"""Queries and updates that would stop, kill or bend a service: a clear answer, and nobody else notices."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hostile.query_cases import NAMED, READING, WRITING
from tests.hostile.siege import Case, Siege, besieged, check


@pytest.fixture(scope="module")
def siege(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    with besieged(tmp_path_factory.mktemp("siege")) as found:
        yield found


@pytest.mark.parametrize("each", [*READING, *WRITING], ids=lambda each: f"{each.row} {each.name}")
def test_a_hostile_query_is_answered_or_refused(siege: Siege, each: Case) -> None:
    check(siege, each)


@pytest.mark.parametrize("each", NAMED, ids=lambda each: f"{each.row} {each.name}")
def test_a_hostile_name_is_inert(siege: Siege, each: Case) -> None:
    reply = siege.send(each.request)
    assert reply.status in each.expected, reply.body[:2000]
    if reply.headers["content-type"].startswith("text/html"):
        assert b"<script>alert" not in reply.body
        assert "script-src 'self'" in reply.headers["content-security-policy"]
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "x-split" not in reply.headers
    siege.check_unharmed()
