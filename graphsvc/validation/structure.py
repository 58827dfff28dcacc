"""What a shapes graph must be before it may run: no circles, no features that are off, no depth without end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from graphsvc.errors import TooComplex
from graphsvc.rdf import Iri, Literal, Term
from graphsvc.validation.path import ALTERNATIVE_PATH, read_path
from graphsvc.validation.statements import RDF, Statements
from graphsvc.vocab import PREFIXES

SH = PREFIXES["sh"]
# How deep shapes may refer to shapes, and how many ways there may be from a shape down through others.
MAX_DEPTH = 64
MAX_WAYS = 100_000
MAX_PATTERN = 10_000
_SHAPE = tuple(Iri(SH + name) for name in ("node", "property", "not", "qualifiedValueShape"))
_SHAPE_LIST = tuple(Iri(SH + name) for name in ("and", "or", "xone"))
_OTHER_LIST = tuple(Iri(SH + name) for name in ("in", "languageIn", "ignoredProperties"))
# SHACL Advanced Features and SHACL JavaScript: code of the shapes graph's that would run here.
_OFF = tuple(
    Iri(SH + name)
    for name in "target rule js jsLibrary jsLibraryURL expression values construct jsFunctionName".split()
)
_OFF_TYPES = frozenset(
    Iri(SH + name)
    for name in """SPARQLFunction SPARQLRule TripleRule SPARQLTarget SPARQLTargetType
    JSFunction JSRule JSTarget JSTargetType JSConstraint JSValidator JSLibrary""".split()
)
_TYPE, _PATH = Iri(RDF + "type"), Iri(SH + "path")


def check_structure(shapes: Statements) -> None:
    """Refuse a shapes graph that has no defined meaning, or uses what is not enabled.

    Raises ShapesError for recursive shapes (https://www.w3.org/TR/shacl/#shapes-recursion), lists and paths
    that are cyclic or broken, patterns that do not compile, entailment regimes, and SHACL Advanced Features;
    TooComplex for shapes nested deeper, or in more ways, than can be walked through.
    """
    _check_features(shapes)
    for predicate in _OTHER_LIST:
        for _, head in shapes.pairs(predicate):
            shapes.items(head)
    _check_paths(shapes)
    _check_patterns(shapes)
    _check_shapes(shapes)
    _check_references(shapes)


def _check_features(shapes: Statements) -> None:
    for predicate in _OFF:
        for subject, _ in shapes.pairs(predicate):
            raise shapes.fault(
                subject,
                f"{shapes.name(subject)} has <{predicate.value}>: SHACL Advanced Features and SHACL "
                "JavaScript are not enabled.",
            )
    for subject, kind in shapes.pairs(_TYPE):
        if kind in _OFF_TYPES:
            raise shapes.fault(subject, f"{shapes.name(subject)} is a {shapes.name(kind)}: not enabled.")
    for subject, regime in shapes.pairs(Iri(SH + "entailment")):
        raise shapes.fault(
            subject, f"The entailment regime {shapes.name(regime)} is not supported: nothing is inferred."
        )


def _check_paths(shapes: Statements) -> None:
    for subject, path in shapes.pairs(_PATH):
        if len(shapes.objects(subject, _PATH)) > 1:
            raise shapes.fault(subject, f"{shapes.name(subject)} has more than one sh:path.")
        if isinstance(path, Literal):
            raise shapes.fault(subject, f"The value {path.n3()} of sh:path is no property path.")
        read_path(shapes, path)
    for _, head in shapes.pairs(ALTERNATIVE_PATH):
        shapes.items(head)


def _check_shapes(shapes: Statements) -> None:
    """No literal where a shape belongs, and a parameter has a predicate."""
    for start in [*shapes.subjects()]:
        for shape in references(shapes, start):
            if isinstance(shape, Literal):
                raise shapes.fault(start, f"{shapes.name(start)} refers to {shape.n3()}, which is no shape.")
    for component, parameter in shapes.pairs(Iri(SH + "parameter")):
        paths = shapes.objects(parameter, _PATH)
        if len(paths) != 1 or not isinstance(paths[0], Iri):
            raise shapes.fault(
                component, f"A parameter of {shapes.name(component)} needs one IRI in sh:path."
            )


def undescribed(shapes: Statements) -> list[Term]:
    """The shapes that others refer to and nothing is said of: they hold for everything."""
    found = {
        shape
        for start in [*shapes.subjects()]
        for shape in references(shapes, start)
        if not shapes.describes(shape)
    }
    return sorted(found, key=lambda shape: shape.n3())


def _check_patterns(shapes: Statements) -> None:
    """https://www.w3.org/TR/shacl/#PatternConstraintComponent"""
    for subject, pattern in shapes.pairs(Iri(SH + "pattern")):
        if len(pattern.value) > MAX_PATTERN:
            raise TooComplex(f"The sh:pattern of {shapes.name(subject)} is longer than {MAX_PATTERN:,}.")
        try:
            re.compile(pattern.value)
        except (re.error, OverflowError, RecursionError) as error:
            raise shapes.fault(
                subject, f"The sh:pattern of {shapes.name(subject)} does not compile: {error}."
            ) from None


def references(shapes: Statements, shape: Term) -> Iterator[Term]:
    """The shapes that a shape refers to. https://www.w3.org/TR/shacl/#dfn-refers-to"""
    for predicate in _SHAPE:
        yield from shapes.objects(shape, predicate)
    for predicate in _SHAPE_LIST:
        for head in shapes.objects(shape, predicate):
            yield from shapes.items(head)


def _check_references(shapes: Statements) -> None:
    """Walk the shapes in depth-first order, without recursion, so that depth costs no stack."""
    depth: dict[Term, int] = {}
    ways: dict[Term, int] = {}
    for start in shapes.subjects():
        if start in depth:
            continue
        trail: dict[Term, Iterator[Term]] = {start: references(shapes, start)}
        while trail:
            shape = next(reversed(trail))
            following = next((each for each in trail[shape] if each not in depth), None)
            if following is None:
                below = list(references(shapes, shape))
                depth[shape] = 1 + max((depth[each] for each in below), default=0)
                ways[shape] = 1 + sum(ways[each] for each in below)
                _check_size(shapes, shape, depth[shape], ways[shape])
                del trail[shape]
            elif following in trail:
                raise _recursion(shapes, [*trail][[*trail].index(following) :])
            else:
                trail[following] = references(shapes, following)


def _check_size(shapes: Statements, shape: Term, depth: int, ways: int) -> None:
    if depth > MAX_DEPTH:
        raise TooComplex(f"{shapes.name(shape)} refers to shapes more than {MAX_DEPTH} deep.")
    if ways > MAX_WAYS:
        raise TooComplex(f"{shapes.name(shape)} refers to other shapes in more than {MAX_WAYS:,} ways.")


def _recursion(shapes: Statements, cycle: list[Term]) -> Exception:
    names = [shapes.name(each) for each in [*cycle, cycle[0]]]
    shown = names if len(names) <= 8 else [*names[:6], "…", names[-1]]
    return shapes.fault(
        cycle[0],
        f"Recursive shapes have no defined meaning, and these refer to one another: {' → '.join(shown)}.",
    )
