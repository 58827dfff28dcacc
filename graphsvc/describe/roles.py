"""What the store knows an IRI as, and what it is kin to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graphsvc.describe.names import OWL, RDFS, SH, TYPE, batches, listed, usable
from graphsvc.rdf import Iri
from graphsvc.store import Store
from graphsvc.store.rows import select


@dataclass(frozen=True)
class Roles:
    """Where in the graph an IRI stands."""

    subject: bool = False
    object: bool = False
    predicate: bool = False
    graph: bool = False

    @property
    def known(self) -> bool:
        """Whether anything at all is known of the IRI."""
        return self.subject or self.object or self.predicate or self.graph


def roles(store: Store, iris: Iterable[str]) -> dict[str, Roles]:
    """The roles of each IRI; one that no query could name has none."""
    found = {}
    for batch in batches(sorted({iri for iri in iris if usable(iri)})):
        rows = select(
            store,
            f"""
            SELECT ?iri ?subject ?object ?predicate ?graph {{
              VALUES ?iri {{ {listed(batch)} }}
              BIND(EXISTS {{ ?iri ?p1 ?o1 }} AS ?subject)
              BIND(EXISTS {{ ?s2 ?p2 ?iri }} AS ?object)
              BIND(EXISTS {{ ?s3 ?iri ?o3 }} AS ?predicate)
              BIND(EXISTS {{ GRAPH ?iri {{ ?s4 ?p4 ?o4 }} }} AS ?graph)
            }}""",
        )
        for row in rows:
            found[row["iri"].value] = Roles(
                # Some engines compute with numbers for truth values.
                *(row[name].value in ("true", "1") for name in ("subject", "object", "predicate", "graph"))
            )
    return found


def current_of(store: Store, version: str) -> str | None:
    """The ontology whose version IRI this is, or None. https://www.w3.org/TR/owl2-syntax/#Ontology_IRI_and_Version_IRI"""
    rows = select(
        store,
        f"SELECT ?ontology {{ ?ontology <{OWL}versionIRI> {Iri(version).n3()} }} ORDER BY ?ontology LIMIT 1",
    )
    return rows[0]["ontology"].value if rows and isinstance(rows[0]["ontology"], Iri) else None


@dataclass(frozen=True)
class Kinship:
    """What a resource's Link headers name: its types, the shapes that hold for those, and their ontologies."""

    types: tuple[str, ...]
    shapes: tuple[str, ...]
    ontologies: tuple[str, ...]


def kinship(store: Store, iri: str, limit: int = 10) -> Kinship:
    """Types, shapes and ontologies of a resource, sorted, at most `limit` of each."""
    if not usable(iri):
        return Kinship((), (), ())
    rows = select(
        store,
        f"""
        SELECT DISTINCT ?type ?shape ?ontology {{
          {Iri(iri).n3()} <{TYPE}> ?type FILTER(isIRI(?type))
          OPTIONAL {{ ?type <{RDFS}subClassOf>* ?class . ?shape <{SH}targetClass> ?class FILTER(isIRI(?shape)) }}
          OPTIONAL {{ ?type <{RDFS}isDefinedBy> ?ontology FILTER(isIRI(?ontology)) }}
        }} LIMIT 200""",
    )

    def values(name: str) -> tuple[str, ...]:
        return tuple(sorted({row[name].value for row in rows if name in row})[:limit])

    return Kinship(values("type"), values("shape"), values("ontology"))
