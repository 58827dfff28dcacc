"""The service description of the SPARQL endpoint. https://www.w3.org/TR/sparql11-service-description/#vocab"""

from __future__ import annotations

from collections.abc import Mapping

import pyoxigraph as ox

from graphsvc.dataset.names import Names
from graphsvc.dataset.statements import Statements, iri, part, term
from graphsvc.formats import GRAPH_FORMATS, RESULTS_FORMATS

SIMPLE_ENTAILMENT = "http://www.w3.org/ns/entailment/Simple"


def describe_service(names: Names, graphs: Mapping[str, int]) -> list[ox.Quad]:
    """What the endpoint can do, and the named graphs that it holds, each with its number of triples.

    Nothing is claimed that is not so: no federation, no input formats. What is inferred is in the data, as
    named graphs; the matching of queries knows simple entailment only.
    """
    said = Statements()
    said.about(
        names.service,
        ["sd:Service"],
        sd_endpoint=iri(names.endpoint),
        sd_supportedLanguage=term("sd:SPARQL11Query"),
        sd_feature=term("sd:UnionDefaultGraph"),
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
    for graph, triples in graphs.items():
        said.about(names.named_graph(graph), ["sd:NamedGraph"], sd_name=iri(graph), sd_graph=iri(graph))
        said.about(graph, ["sd:Graph", "void:Dataset"], void_triples=triples)
    return said.quads
