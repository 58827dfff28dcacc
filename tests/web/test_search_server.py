"""Search on a real server: the index is made by a process of its own and follows what is written."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from graphsvc.tokens import TokenFile
from tests.conftest import LIBRARY, running
from tests.processes import family

G = "http://example.org/library/graph/new"


@dataclass
class Service:
    """A server that takes writes, and the secret of a token."""

    url: str
    token: str

    def update(self, text: str) -> None:
        headers = {"Content-Type": "application/sparql-update", "Authorization": f"Bearer {self.token}"}
        with urlopen(Request(f"{self.url}/update", text.encode(), headers)) as answer:
            assert answer.status in (200, 204)

    def search(self, **parameters: str) -> dict:
        with urlopen(f"{self.url}/search?{urlencode(parameters)}") as answer:
            return dict(json.load(answer))

    def found(self, words: str) -> list[str]:
        """What is found once the index is of the present data."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            answer = self.search(q=words)
            if answer["current"]:
                return [hit["iri"] for hit in answer["results"]]
            time.sleep(0.1)
        pytest.fail("the index did not follow")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    tokens = tmp_path_factory.mktemp("tokens") / "tokens.json"
    secret = TokenFile(tokens).new("writer", ["write"])
    with running(LIBRARY, GRAPHSVC_TOKENS=str(tokens)) as url:
        yield Service(url, secret)


def test_what_is_written_is_found_and_what_is_removed_is_not(service: Service) -> None:
    assert service.found("kumquat") == []
    label = f'GRAPH <{G}> {{ <urn:x:fruit> <http://www.w3.org/2000/01/rdf-schema#label> "Kumquat" }}'
    service.update(f"INSERT DATA {{ {label} }}")
    assert service.found("kumqat") == ["urn:x:fruit"]
    service.update(f"DELETE DATA {{ {label} }}")
    assert service.found("kumquat") == []


def test_many_writes_and_searches_at_once_end_with_the_last_state(service: Service) -> None:
    for number in range(12):
        name = f"<urn:x:n{number}> <http://www.w3.org/2000/01/rdf-schema#label> 'Physalis {number}'"
        service.update(f"INSERT DATA {{ GRAPH <{G}> {{ {name} }} }}")
        assert service.search(q="physalis")["total"] <= number + 1
    assert len(service.found("physalis")) == 12


def test_a_query_finds_what_the_search_finds(service: Service) -> None:
    label = f'GRAPH <{G}> {{ <urn:x:q> <http://www.w3.org/2000/01/rdf-schema#label> "Quincequery" }}'
    service.update(f"INSERT DATA {{ {label} }}")
    assert service.found("quincequery") == ["urn:x:q"]
    query = 'SELECT ?t { ?t <urn:x-graphsvc:search> "quincequery" . GRAPH ?g { ?t ?p ?o } }'
    with urlopen(f"{service.url}/sparql?{urlencode({'query': query, 'format': 'csv'})}") as answer:
        assert answer.read().split() == [b"t", b"urn:x:q"]


def test_a_lost_indexer_is_replaced(service: Service) -> None:
    indexer = next(
        process.pid for process in family(os.getpid()) if "graphsvc.serving.indexer" in process.command
    )
    os.kill(indexer, signal.SIGKILL)
    label = f'GRAPH <{G}> {{ <urn:x:f2> <http://www.w3.org/2000/01/rdf-schema#label> "Medlar" }}'
    service.update(f"INSERT DATA {{ {label} }}")
    assert service.found("medlar") == ["urn:x:f2"]


def test_the_home_page_tells_of_changes_and_names_nobody(service: Service) -> None:
    service.update(f"INSERT DATA {{ GRAPH <{G}> {{ <urn:x:a> <urn:x:b> 1, 2, 3 }} }}")
    with urlopen(Request(f"{service.url}/", headers={"Accept": "text/html"})) as answer:
        text = answer.read().decode()
    assert "Recent changes" in text
    assert '<td class="number">3</td><td class="number">0</td>' in text
    assert "/graph/new" in text
    assert "writer" not in text
