"""Resources with very many links: the page shows a part and pages the rest, the RDF is whole."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from made_projects import project_of, served
from page_reading import read_page

INCOMING, OUTGOING, PAGE_SIZE = 100_000, 50_000, 100


@pytest.fixture(scope="module")
def hubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    base = "http://example.org/made"
    lines = [f"<{base}/id/n{i}> <{base}/in> <{base}/id/hub> .\n" for i in range(INCOMING)]
    lines += [f"<{base}/id/fan> <{base}/out> <{base}/id/n{i}> .\n" for i in range(OUTGOING)]
    lines += [f'<{base}/id/fan> <http://www.w3.org/2000/01/rdf-schema#label> "Fan" .\n']
    lines += [f'<{base}/id/wide> <{base}/p{i}> "{i}" .\n' for i in range(3_000)]
    lines += [f'<{base}/id/long> <{base}/text> "{"x" * 1_000_000}" .\n']
    # Of 100,000 statements these are three.
    few = [f"<{base}/id/f{i}> <{base}/next> <{base}/id/f{i + 1}> .\n" for i in range(5)]
    few += [f"<{base}/id/fshape> <http://www.w3.org/ns/shacl#hasValue> <{base}/id/hub> .\n"]
    few += [f"<{base}/id/ftheme> <{base}/late> <{base}/id/hub> .\n"]
    few += [f"<{base}/id/fterm> <http://www.w3.org/ns/shacl#path> <{base}/late> .\n"]
    project = project_of(tmp_path_factory.mktemp("hubs"), hubs__nt="".join(lines), few__nt="".join(few))
    with served(project) as client:
        client.get("/")
        yield client


def test_the_page_of_a_hub_is_small_and_pages_what_points_at_it(hubs: FlaskClient) -> None:
    started = time.monotonic()
    answer = hubs.get("/doc/hub.html")
    assert time.monotonic() - started < 5
    assert len(answer.data) < 50_000
    page = read_page(answer.text)
    assert "All, more than 10,000" in page.text
    assert "More than 10,000 statements lead here." in page.text
    more = next(link["href"] for link in page.all("a") if "inverse=" in link["href"])
    seen = set()
    last = INCOMING // PAGE_SIZE
    for number, total, place in (
        (1, "More than 10,000 in all", "Page 1"),
        (2, "More than 10,000 in all", "Page 2"),
        (last - 1, f"More than {INCOMING - PAGE_SIZE:,} in all", f"Page {last - 1}"),
        (last, f"{INCOMING:,} in all", f"Page {last:,}"),
    ):
        listing = hubs.get(f"{more}&page={number}", headers={"Accept": "text/html"})
        assert listing.status_code == 200
        text = read_page(listing.text).text
        assert total in text
        assert place in text
        assert ("Next" in text) == (number < last)
        found = {link["href"] for link in read_page(listing.text).all("a") if "/id/n" in link["href"]}
        assert len(found) == PAGE_SIZE
        assert not found & seen
        seen |= found
    past = hubs.get(f"{more}&page={INCOMING // PAGE_SIZE + 1}", headers={"Accept": "text/html"})
    assert past.status_code == 404


def test_the_page_of_a_fan_is_small_and_its_rdf_whole(hubs: FlaskClient) -> None:
    answer = hubs.get("/doc/fan.html")
    assert len(answer.data) < 50_000
    assert f"All {OUTGOING:,} values" in answer.text
    started = time.monotonic()
    assert hubs.get("/doc/fan.nt").text.count("/out>") == OUTGOING
    assert time.monotonic() - started < 15
    more = next(a["href"] for a in read_page(answer.text).all("a") if "property=" in a["href"])
    assert hubs.get(f"{more}&page=500", headers={"Accept": "text/html"}).status_code == 200


def test_a_resource_of_many_properties_and_one_of_a_long_text_have_pages(hubs: FlaskClient) -> None:
    wide = hubs.get("/doc/wide.html")
    assert wide.status_code == 200
    assert len(wide.data) < 500_000
    long = hubs.get("/doc/long.html")
    assert len(long.data) < 50_000
    assert "1,000,000 characters" in long.text
    assert len(hubs.get("/doc/long.nt").data) > 1_000_000


@pytest.mark.parametrize("number", ["0", "-1", "x", "1e3", "99999999"])
def test_a_page_number_that_is_none_is_refused(hubs: FlaskClient, number: str) -> None:
    answer = hubs.get(f"/doc/hub.html?inverse=http://example.org/made/in&page={number}")
    assert answer.status_code == 400


def test_a_large_graph_is_streamed_with_its_name(hubs: FlaskClient) -> None:
    total = INCOMING + OUTGOING + 1 + 3_000 + 1
    body = hubs.get("/graph/hubs.nq").data
    assert body.count(b"<http://example.org/made/graph/hubs> .\n") == total
    assert hubs.get("/graph/hubs.nt").data.count(b" .\n") == total
    page = hubs.get("/graph/hubs.html")
    assert "More than 10,000 statements" in page.text
    assert len(page.data) < 100_000
    assert hubs.get("/graph/hubs.html?page=2").status_code == 200


def test_what_vocabularies_name_is_told_of_a_hub_though_it_comes_late(hubs: FlaskClient) -> None:
    page = read_page(hubs.get("/doc/hub.html").text)
    assert "/id/ftheme" in page.text
    assert "/id/fshape" in page.text


def test_a_small_graph_lists_its_resources_in_the_order_of_their_names(hubs: FlaskClient) -> None:
    page = read_page(hubs.get("/graph/few.html").text)
    assert "8 statements" in page.text
    named = [link["title"] for link in page.all("a") if "/id/f" in link.get("title", "")]
    assert named == sorted(named)
    assert len(named) == 8


def test_a_web_of_blank_nodes_ends(tmp_path: Path) -> None:
    nodes = range(12)
    lines = ["<http://example.org/made/x> <http://example.org/p> _:n0 .\n"]
    lines += [f"_:n{i} <http://example.org/q> _:n{j} .\n" for i in nodes for j in nodes]
    with served(project_of(tmp_path, web__nt="".join(lines))) as client:
        started = time.monotonic()
        assert client.get("/x.nt").text.count(" .\n") == 1 + len(nodes) ** 2
        assert client.get("/x.html").status_code == 200
        assert time.monotonic() - started < 5
