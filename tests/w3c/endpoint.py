"""A service that may be written to, asked over HTTP."""

from __future__ import annotations

import http.client
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pyoxigraph as ox

from tests.w3c.comparison import table
from tests.w3c.manifest import Documents, iri_of

MEDIA_TYPES = {
    ".srx": "application/sparql-results+xml",
    ".srj": "application/sparql-results+json",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".ttl": "text/turtle",
    ".rdf": "application/rdf+xml",
    ".nt": "application/n-triples",
}


class Endpoint:
    """A service that may be written to, over one connection."""

    def __init__(self, url: str, secret: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self._token = {"Authorization": f"Bearer {secret}"}

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        named = {name.replace("_", "-"): value for name, value in headers.items()} | self._token
        self._connection.request(method, path, body, named)
        response = self._connection.getresponse()
        return response.status, response.read()

    def query(self, text: str, accept: str) -> tuple[int, bytes]:
        return self.ask(
            "POST", "/sparql", text.encode(), Accept=accept, Content_Type="application/sparql-query"
        )

    def update(self, text: str) -> tuple[int, bytes]:
        return self.ask("POST", "/update", text.encode(), Content_Type="application/sparql-update")

    def load(self, documents: Documents) -> None:
        """Make the store hold a dataset and nothing else."""
        assert self.update("DROP ALL")[0] == 204
        for path in documents.default:
            self._put("POST", {"default": "", "base": iri_of(path)}, path)
        for name, path in documents.named.items():
            self._put("PUT", {"graph": name, "base": iri_of(path)}, path)

    def _put(self, method: str, parameters: dict[str, str], path: Path) -> None:
        status, body = self.ask(
            method,
            f"/graph-store?{urlencode(parameters)}",
            path.read_bytes(),
            Content_Type=MEDIA_TYPES[path.suffix],
        )
        assert status in (201, 204), body

    def dataset(self) -> list[ox.Quad]:
        """All that the store holds, graph by graph."""
        _, names = self.query("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }", MEDIA_TYPES[".srj"])
        rows = table(names, ".srj")
        assert isinstance(rows, list)
        quads = read_triples(self.ask("GET", "/graph-store?default", Accept="application/n-triples")[1], None)
        for row in rows:
            name = str(row["g"].value)  # type: ignore[attr-defined]
            path = f"/graph-store?{urlencode({'graph': name})}"
            quads += read_triples(self.ask("GET", path, Accept="application/n-triples")[1], name)
        return quads


def read_triples(triples: bytes, graph: str | None) -> list[ox.Quad]:
    """The quads of an N-Triples document, put in a graph."""
    name = ox.NamedNode(graph) if graph else ox.DefaultGraph()
    found = ox.parse(triples, ox.RdfFormat.N_TRIPLES, rename_blank_nodes=False)
    return [ox.Quad(quad.subject, quad.predicate, quad.object, name) for quad in found]
