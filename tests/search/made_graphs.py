"""Small graphs to search in."""

from __future__ import annotations

import pyoxigraph as ox

from graphsvc.store.local import LocalStore

BASE = "http://example.org/made/"
PREFIXES = f"""
@prefix : <{BASE}> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def store_of(turtle: str, epoch: str = "one") -> LocalStore:
    """A store with the triples of a Turtle text in one named graph."""
    engine = ox.Store()
    engine.load((PREFIXES + turtle).encode(), ox.RdfFormat.TURTLE, to_graph=ox.NamedNode(f"{BASE}graph"))
    return LocalStore(engine, epoch)
