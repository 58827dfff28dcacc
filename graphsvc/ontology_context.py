"""The JSON-LD context of a project's ontology: what lets its terms be written by their short names.

`python -m graphsvc.ontology_context PROJECT` writes it to `ontology/context.jsonld`.
https://www.w3.org/TR/json-ld11/#the-context
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pyoxigraph as ox

from graphsvc.errors import ProjectError
from graphsvc.formats import TURTLE
from graphsvc.rdf import read_document
from graphsvc.settings import load
from graphsvc.vocab import PREFIXES

_TYPE = PREFIXES["rdf"] + "type"
_RANGE = PREFIXES["rdfs"] + "range"
_CLASS = PREFIXES["owl"] + "Class"
_RELATION = PREFIXES["owl"] + "ObjectProperty"
_ATTRIBUTE = PREFIXES["owl"] + "DatatypeProperty"
_TEXT = PREFIXES["rdf"] + "langString"
_STRING = PREFIXES["xsd"] + "string"

Definition = str | dict[str, str]


def write_context(root: Path) -> Path:
    """Write `ontology/context.jsonld` of the project in `root`, and say where it is."""
    target = root / "ontology" / "context.jsonld"
    target.write_bytes(context_document(root))
    return target


def context_document(root: Path) -> bytes:
    """The context of the Turtle files in `ontology/` of the project in `root`, as a JSON-LD document.

    The same ontology gives the same bytes. Raises DataSyntaxError with file, line and column, and ProjectError
    as `context_of` does.
    """
    settings = load(root, {})
    context = context_of(_ontology(root, f"{settings.base}/"), settings.prefixes)
    return json.dumps({"@context": context}, indent=2, ensure_ascii=False).encode() + b"\n"


def _ontology(root: Path, base: str) -> Iterator[ox.Quad]:
    for path in sorted((root / "ontology").rglob("*.ttl")):
        yield from read_document(path.read_bytes(), TURTLE, source=str(path.relative_to(root)), base=base)


def context_of(ontology: Iterable[ox.Quad], prefixes: Mapping[str, str]) -> dict[str, object]:
    """The context: all prefixes, then each class and property of the ontology by its local name.

    A value of an object property is read as an IRI, one of a datatype property as its range says; texts in a
    language are written as a map from language to text.
    Raises ProjectError where two terms have the same local name, or a term the name of a prefix.
    """
    kinds: dict[str, str] = {}
    ranges: dict[str, str] = {}
    for quad in ontology:
        if not isinstance(quad.subject, ox.NamedNode) or not isinstance(quad.object, ox.NamedNode):
            continue
        if quad.predicate.value == _TYPE and quad.object.value in (_CLASS, _RELATION, _ATTRIBUTE):
            kinds[quad.subject.value] = quad.object.value
        elif quad.predicate.value == _RANGE:
            ranges[quad.subject.value] = quad.object.value
    context: dict[str, object] = {"@version": 1.1, **dict(sorted(prefixes.items()))}
    for iri in sorted(kinds):
        namespace, name = _split(iri)
        if name in context:
            raise ProjectError(f"{iri}: the JSON-LD context already has {name!r}; rename the term")
        context[name] = _definition(
            _compact(namespace, name, prefixes), kinds[iri], ranges.get(iri), prefixes
        )
    return context


def _definition(term: str, kind: str, value: str | None, prefixes: Mapping[str, str]) -> Definition:
    if kind == _CLASS or (kind == _ATTRIBUTE and value in (None, _STRING)):
        return term
    if kind == _RELATION:
        return {"@id": term, "@type": "@id"}
    if value == _TEXT:
        return {"@id": term, "@container": "@language"}
    return {"@id": term, "@type": _compact(*_split(str(value)), prefixes)}


def _split(iri: str) -> tuple[str, str]:
    end = max(iri.rfind("#"), iri.rfind("/")) + 1
    return iri[:end], iri[end:]


def _compact(namespace: str, name: str, prefixes: Mapping[str, str]) -> str:
    prefix = next((short for short, iri in sorted(prefixes.items()) if iri == namespace), None)
    return f"{prefix}:{name}" if prefix else namespace + name


if __name__ == "__main__":
    write_context(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
