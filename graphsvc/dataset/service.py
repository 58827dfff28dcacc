"""The service description of the SPARQL endpoint. https://www.w3.org/TR/sparql11-service-description/#vocab"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from graphsvc.dataset.names import Names
from graphsvc.dataset.statements import Statements, iri, part, term
from graphsvc.formats import GRAPH_FORMATS, RESULTS_FORMATS

SIMPLE_ENTAILMENT = "http://www.w3.org/ns/entailment/Simple"


@dataclass(frozen=True)
class Abilities:
    """What an endpoint does by its settings: the union of all graphs is the default graph, it takes writes, it
    asks other endpoints, and the IRIs of the functions and of the properties that search, which it has beyond the
    standard's."""

    union: bool = True
    writes: bool = False
    federation: bool = False
    functions: Sequence[str] = ()
    properties: Sequence[str] = ()


def describe_service(names: Names, graphs: Mapping[str, int | None], can: Abilities) -> list[ox.Quad]:
    """What the endpoint can do, and the named graphs that it holds, each with its number of triples if known.

    Nothing is claimed that is not so. What is inferred is in the data, as named graphs; the matching of queries
    knows simple entailment only.
    """
    said = Statements()
    features = {"sd:UnionDefaultGraph": can.union, "sd:BasicFederatedQuery": can.federation}
    said.about(
        names.service,
        ["sd:Service"],
        sd_endpoint=iri(names.endpoint),
        sd_supportedLanguage=term("sd:SPARQL11Query"),
        sd_feature=[term(name) for name, there in features.items() if there],
        sd_extensionFunction=[iri(function) for function in can.functions],
        sd_propertyFeature=[iri(name) for name in can.properties],
        sd_resultFormat=[iri(one.iri) for one in (*RESULTS_FORMATS, *GRAPH_FORMATS) if one.iri],
        sd_defaultEntailmentRegime=iri(SIMPLE_ENTAILMENT),
        sd_defaultDataset=iri(names.dataset),
        sd_availableGraphs=iri(part(names.dataset, "available", "graphs")),
    )
    members = [iri(names.named_graph(graph)) for graph in graphs]
    default = part(names.dataset, "default", "graph")
    said.about(
        names.dataset,
        ["sd:Dataset", "void:Dataset"],
        sd_defaultGraph=iri(default),
        sd_namedGraph=members,
        void_sparqlEndpoint=iri(names.endpoint),
    )
    said.about(default, ["sd:Graph"])
    said.about(part(names.dataset, "available", "graphs"), ["sd:GraphCollection"], sd_namedGraph=members)
    if can.writes:
        said.about(
            names.update_service,
            ["sd:Service"],
            sd_endpoint=iri(names.update),
            sd_supportedLanguage=term("sd:SPARQL11Update"),
            sd_inputFormat=[iri(one.iri) for one in GRAPH_FORMATS if one.iri],
            sd_defaultDataset=iri(names.dataset),
        )
    for function in can.functions:
        said.about(function, ["sd:Function"])
    for name in can.properties:
        said.about(name, ["sd:Feature"])
    for graph, triples in graphs.items():
        said.about(names.named_graph(graph), ["sd:NamedGraph"], sd_name=iri(graph), sd_graph=iri(graph))
        said.about(graph, ["sd:Graph", "void:Dataset"], void_triples=triples)
    return said.quads
