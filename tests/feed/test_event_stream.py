"""The changes as a Linked Data Event Stream, read by a consumer that knows nothing but the specification."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import rdflib
from rdflib import RDF, URIRef
from rdflib.compare import isomorphic

from tests.feed.nodes import PUBLIC, Node

LDES = rdflib.Namespace("https://w3id.org/ldes#")
TREE = rdflib.Namespace("https://w3id.org/tree#")
AS = rdflib.Namespace("https://www.w3.org/ns/activitystreams#")
GENID = "/.well-known/genid/"


class Consumer:
    """Walks a stream from its root by tree:relation, and keeps the newest version of each thing.

    What it once read that may not change is not asked for again.
    """

    def __init__(self, node: Node, media_type: str = "text/turtle") -> None:
        self._node = node
        self._media_type = media_type
        self._kept: dict[str, rdflib.Graph] = {}
        self.asked: list[str] = []

    def _fetch(self, url: str) -> rdflib.Graph:
        if url in self._kept:
            return self._kept[url]
        path = url.removeprefix(PUBLIC)
        status, told, body = self._node.ask("GET", path, Accept=self._media_type)
        assert status == 200, body
        assert told["Content-Type"].partition(";")[0] == self._media_type
        syntax = "nt" if self._media_type == "application/n-triples" else self._media_type
        found = rdflib.Graph().parse(data=body.decode(), format=syntax)
        self.asked.append(urlsplit(url).path)
        if "immutable" in told["Cache-Control"]:
            self._kept[url] = found
        return found

    def _pages(self) -> Iterator[rdflib.Graph]:
        root = self._fetch(f"{PUBLIC}/ldes")
        (stream,) = root.subjects(RDF.type, LDES.EventStream)
        self.stream = stream
        self.root = root
        waiting = list(root.objects(stream, TREE.view))
        seen = set()
        fetched = {URIRef(f"{PUBLIC}/ldes"): root}
        while waiting:
            url = waiting.pop()
            if url in seen:
                continue
            seen.add(url)
            page = fetched.get(url) or self._fetch(str(url))
            yield page
            waiting += [n for r in page.objects(url, TREE.relation) for n in page.objects(r, TREE.node)]

    def state(self) -> rdflib.Graph:
        """The present state of everything in the stream."""
        versions = []
        for page in self._pages():
            path, order, of = (
                next(self.root.objects(self.stream, LDES[name]))
                for name in ("timestampPath", "sequencePath", "versionOfPath")
            )
            for member in page.objects(self.stream, TREE.member):
                (thing,), (time,), (number,) = (
                    list(page.objects(member, each)) for each in (of, path, order)
                )
                said = [
                    (p, o) for _, p, o in page.triples((member, None, None)) if p not in (path, order, of)
                ]
                versions.append((time.toPython(), number.toPython(), str(member), thing, said))
        newest = {each[3]: each for each in sorted(versions, key=lambda each: each[:3])}
        found = rdflib.Graph()
        for *_, thing, said in newest.values():
            if said != [(RDF.type, AS.Delete)]:
                for predicate, value in said:
                    found.add((_blank(thing), predicate, _blank(value)))
        return found


def _blank(term: rdflib.term.Node) -> rdflib.term.Node:
    """A node that was blank in the store is blank again."""
    text = str(term)
    if isinstance(term, URIRef) and GENID in text:
        return rdflib.BNode(text.rpartition("/")[2])
    return term


def present(node: Node) -> rdflib.Graph:
    """What the service itself says that it holds, all graphs together."""
    query = "/sparql?query=CONSTRUCT%20WHERE%20%7B%3Fs%20%3Fp%20%3Fo%7D"
    body = node.ask("GET", query, Accept="application/n-triples")[2]
    return rdflib.Graph().parse(data=body.decode(), format="nt")


@pytest.fixture(scope="module")
def primary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with Node(tmp_path_factory.mktemp("p"), "127.0.0.1", feed_entries="160") as node:
        yield node


def test_a_consumer_rebuilds_the_present_state_from_the_stream_alone(primary: Node) -> None:
    consumer = Consumer(primary)
    assert isomorphic(consumer.state(), present(primary))
    primary.update(
        "INSERT DATA { GRAPH <urn:g> { <urn:s> <urn:p> 'a \\n\\t\\\\ \"ü😀'@de , 1.50 ; <urn:q> [ <urn:r> [] ] . "
        "<urn:gone> <urn:p> 1 } GRAPH <urn:h> { <urn:s> <urn:p> 1.50 , 2 } }"
    )
    primary.update("DELETE WHERE { GRAPH <urn:h> { ?s ?p ?o } }")
    primary.update("DELETE WHERE { GRAPH ?g { <urn:gone> ?p ?o } }")
    (graph,) = (
        row["g"] for row in primary.rows("SELECT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g LIMIT 1")[1]
    )
    primary.update(f"DROP GRAPH <{graph}>")
    assert isomorphic(consumer.state(), present(primary))
    assert isomorphic(Consumer(primary, "application/n-triples").state(), present(primary))
    # A state that was changed is what the changes say, and what was deleted is there as deleted.
    page = consumer._fetch(f"{PUBLIC}/ldes/changes/latest")
    (deleted,) = [m for m in page.subjects(AS.object, URIRef("urn:gone")) if (m, RDF.type, AS.Delete) in page]
    assert str(deleted).startswith(f"{PUBLIC}/ldes/versions/")
    assert (deleted, None, None) in consumer._fetch(str(deleted).partition("#")[0])


def test_a_consumer_that_comes_again_asks_only_for_what_is_new(primary: Node) -> None:
    consumer = Consumer(primary)
    consumer.state()
    for n in range(60):
        primary.update(f"INSERT DATA {{ GRAPH <urn:g> {{ <urn:n> <urn:p> {n} }} }}")
    consumer.asked.clear()
    assert isomorphic(consumer.state(), present(primary))
    (full,) = [path for path in consumer.asked if path not in ("/ldes", "/ldes/changes/latest")]
    consumer.asked.clear()
    consumer.state()
    assert sorted(consumer.asked) == ["/ldes", "/ldes/changes/latest"]
    status, told, _ = primary.ask("GET", full)
    assert (status, told["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
    assert primary.ask("GET", full, If_None_Match=told["ETag"])[0] == 304
    assert primary.ask("GET", "/ldes/changes/0123456789abcdef")[0] == 410


def test_a_stream_that_no_longer_goes_back_begins_with_a_later_state(primary: Node) -> None:
    (before,) = list(_states(primary))
    for n in range(240):
        primary.update(f"INSERT DATA {{ GRAPH <urn:g> {{ <urn:m> <urn:p> {n} }} }}")
    (after,) = list(_states(primary))
    assert before != after
    assert primary.ask("GET", before)[0] == 410
    assert isomorphic(Consumer(primary).state(), present(primary))


def _states(node: Node) -> list[str]:
    root = rdflib.Graph().parse(
        data=node.ask("GET", "/ldes", Accept="text/turtle")[2].decode(), format="turtle"
    )
    paths = sorted(urlsplit(str(target)).path for target in root.objects(None, TREE.node))
    return [path for path in paths if path.startswith("/ldes/state/")]


def test_a_replica_sends_consumers_to_its_primary(primary: Node, tmp_path: Path) -> None:
    with Node(tmp_path / "a", "127.0.0.2", follow=primary.url, feed_entries="10") as replica:
        status, told, _ = replica.ask("GET", "/ldes/changes/latest?format=nt")
        assert (status, told["Location"]) == (307, f"{primary.url}/ldes/changes/latest?format=nt")
