"""The dataset's own description: VoID for its content, DCAT-AP for catalogues.

https://www.w3.org/TR/void/#dataset and https://semiceu.github.io/DCAT-AP/releases/3.0.0/#Dataset
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pyoxigraph as ox

from graphsvc.dataset.names import Names
from graphsvc.dataset.statements import Statements, iri, part
from graphsvc.dataset.statistics import Statistics
from graphsvc.errors import BadRequest, ProjectError
from graphsvc.formats import GRAPH_FORMATS, RESULTS_FORMATS, Format
from graphsvc.rdf import Iri
from graphsvc.settings import Settings

_IANA = "https://www.iana.org/assignments/media-types/"
_FILE_TYPE = "http://publications.europa.eu/resource/authority/file-type/"
GZIP = "application/gzip"
# The codes of the EU file type authority table, which DCAT-AP asks for.
FILE_TYPES: Mapping[str, str] = {
    "ttl": "RDF_TURTLE",
    "jsonld": "JSON_LD",
    "nt": "RDF_N_TRIPLES",
    "rdf": "RDF_XML",
    "trig": "RDF_TRIG",
    "nq": "RDF_N_QUADS",
}
_PROTOCOL = "https://www.w3.org/TR/sparql11-protocol/"


def describe_dataset(
    settings: Settings, version: str, statistics: Statistics | None, graphs: Mapping[str, int | None]
) -> list[ox.Quad]:
    """What the dataset is, how much is in it, and how it can be had.

    `version` names the state of the data; `graphs` are the named graphs with their numbers of triples. What is not
    counted yet (None) is not said. Who
    publishes it and under which licence is said only where the settings say so, and a catalogue, which may
    not be without a publisher, only where there is one. Raises ProjectError where the licence is no IRI.
    """
    names = Names.of(settings)
    said = Statements()
    licence = _licence(settings)
    publisher = part(names.dataset, "publisher", "agent") if settings.publisher else None
    shared = {
        "dct_license": iri(licence) if licence else None,
        "dct_publisher": iri(publisher) if publisher else None,
    }
    _dataset(said, settings, names, version, statistics, graphs, shared)
    if statistics is not None:
        _content(said, names, statistics)
    for graph, triples in graphs.items():
        said.about(graph, ["void:Dataset"], void_triples=triples)
    for syntax in GRAPH_FORMATS:
        for packed in (False, True):
            _distribution(said, names, syntax, packed, shared["dct_license"])
    _service(said, settings, names, shared)
    _document(said, settings, names)
    if licence:
        said.about(licence, ["dct:LicenseDocument"])
    if publisher:
        said.about(publisher, ["foaf:Agent"], foaf_name=settings.publisher)
        _catalogue(said, settings, names, shared)
    return said.quads


def description_of(settings: Settings) -> str:
    """One or two sentences about the dataset, from the settings or else the plainest true one."""
    plain = f"The knowledge graph “{settings.title}”, whose things are named under {settings.base}/."
    return settings.description or plain


def vocabularies(statistics: Statistics, prefixes: Mapping[str, str]) -> list[str]:
    """The namespaces of the prefix table that a property or class of the data belongs to, sorted."""
    used = [one.iri for one in statistics.properties] + [one.iri for one in statistics.classes]
    return sorted({space for space in prefixes.values() if any(name.startswith(space) for name in used)})


def _licence(settings: Settings) -> str | None:
    if not settings.license:
        return None
    try:
        Iri(settings.license).n3()
    except BadRequest:
        raise ProjectError(f"license must be the IRI of a licence, not {settings.license!r}") from None
    return settings.license


def _dataset(
    said: Statements,
    settings: Settings,
    names: Names,
    version: str,
    statistics: Statistics | None,
    graphs: Mapping[str, int | None],
    shared: Mapping[str, ox.NamedNode | None],
) -> None:
    space = f"{settings.base}/"
    said.about(
        names.dataset,
        ["void:Dataset", "dcat:Dataset"],
        **shared,
        dct_title=settings.title,
        dct_description=description_of(settings),
        dct_identifier=names.dataset,
        dcat_version=version,
        dcat_landingPage=iri(names.page),
        dcat_distribution=[
            iri(names.distribution(one, packed)) for one in GRAPH_FORMATS for packed in (False, True)
        ],
        void_sparqlEndpoint=iri(names.endpoint),
        void_dataDump=[iri(names.download(one)) for one in GRAPH_FORMATS],
        void_feature=[iri(one.iri) for one in GRAPH_FORMATS if one.iri],
        void_uriSpace=space,
        void_uriRegexPattern=f"^{re.escape(space)}",
        void_vocabulary=[iri(one) for one in vocabularies(statistics, settings.prefixes)]
        if statistics
        else [],
        void_exampleResource=[iri(one) for one in statistics.examples] if statistics else [],
        void_subset=[iri(graph) for graph in graphs],
    )
    said.about(names.page, ["foaf:Document"])


def _content(said: Statements, names: Names, statistics: Statistics) -> None:
    """The counts. https://www.w3.org/TR/void/#statistics"""
    by_property = {part(names.dataset, "property", one.iri): one for one in statistics.properties}
    by_class = {part(names.dataset, "class", one.iri): one for one in statistics.classes}
    said.about(
        names.dataset,
        [],
        void_triples=statistics.triples,
        void_entities=statistics.entities,
        void_distinctSubjects=statistics.subjects,
        void_distinctObjects=statistics.objects,
        void_properties=len(by_property),
        void_classes=len(by_class),
        void_propertyPartition=[iri(node) for node in by_property],
        void_classPartition=[iri(node) for node in by_class],
    )
    for node, counted in by_property.items():
        said.about(
            node,
            ["void:Dataset"],
            void_property=iri(counted.iri),
            void_triples=counted.triples,
            void_distinctSubjects=counted.subjects,
            void_distinctObjects=counted.objects,
        )
    for node, kind in by_class.items():
        said.about(
            node,
            ["void:Dataset"],
            void_class=iri(kind.iri),
            # An entity has an IRI; a blank node is an instance and a subject, and no entity.
            void_entities=kind.entities,
            void_distinctSubjects=kind.instances,
        )


def _distribution(
    said: Statements, names: Names, syntax: Format, packed: bool, licence: ox.NamedNode | None
) -> None:
    file = iri(names.download(syntax, packed))
    media_type, file_type = iri(_IANA + syntax.media_type), iri(_FILE_TYPE + FILE_TYPES[syntax.name])
    said.about(
        names.distribution(syntax, packed),
        ["dcat:Distribution"],
        dct_title=f"The whole dataset as {syntax.label}{', gzip' if packed else ''}",
        dct_format=file_type,
        dct_license=licence,
        dcat_mediaType=media_type,
        dcat_compressFormat=iri(_IANA + GZIP) if packed else None,
        dcat_downloadURL=file,
        dcat_accessURL=file,
        dcat_accessService=iri(names.service),
    )
    said.about(file_type.value, ["dct:MediaTypeOrExtent"])
    said.about(media_type.value, ["dct:MediaType"])
    if packed:
        said.about(_IANA + GZIP, ["dct:MediaType"])


def _service(
    said: Statements, settings: Settings, names: Names, shared: Mapping[str, ox.NamedNode | None]
) -> None:
    """The endpoint as a data service. https://www.w3.org/TR/vocab-dcat-3/#Class:Data_Service"""
    types = [iri(_IANA + one.media_type) for one in (*RESULTS_FORMATS, *GRAPH_FORMATS)]
    said.about(
        names.service,
        ["dcat:DataService"],
        **shared,
        dct_title=f"SPARQL endpoint of {settings.title}",
        dct_conformsTo=iri(_PROTOCOL),
        dct_format=types,
        dcat_endpointURL=iri(names.endpoint),
        dcat_endpointDescription=iri(names.endpoint),
        dcat_servesDataset=iri(names.dataset),
    )
    said.about(_PROTOCOL, ["dct:Standard"])
    for media_type in types:
        said.about(media_type.value, ["dct:MediaTypeOrExtent"])


def _document(said: Statements, settings: Settings, names: Names) -> None:
    """The description itself. https://www.w3.org/TR/void/#void-file"""
    said.about(
        names.document,
        ["void:DatasetDescription"],
        dct_title=f"Description of {settings.title}",
        foaf_primaryTopic=iri(names.dataset),
    )


def _catalogue(
    said: Statements, settings: Settings, names: Names, shared: Mapping[str, ox.NamedNode | None]
) -> None:
    said.about(
        part(names.dataset, "catalogue", "all"),
        ["dcat:Catalog"],
        **shared,
        dct_title=f"Catalogue of {settings.title}",
        dct_description=f"The one dataset of {settings.title}, and the service that answers queries on it.",
        dcat_dataset=iri(names.dataset),
        dcat_service=iri(names.service),
        foaf_homepage=iri(names.page),
    )
