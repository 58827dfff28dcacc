"""What a shape demands, in words: each constraint component as a phrase, those that hold shapes as nested phrases.

https://www.w3.org/TR/shacl/#core-components
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from graphsvc.describe.index import Index, Node
from graphsvc.describe.names import SH, TYPE
from graphsvc.rdf import BlankNode, Iri, Literal, Term

Words = tuple[Term | str, ...]
# How deep shapes in shapes are told; what is deeper is in the RDF.
_DEPTH = 6
_KINDS = {
    "IRI": "an IRI",
    "BlankNode": "a blank node",
    "Literal": "a literal",
    "BlankNodeOrIRI": "an IRI or a blank node",
    "BlankNodeOrLiteral": "a blank node or a literal",
    "IRIOrLiteral": "an IRI or a literal",
}
# Components with one value, which the phrase ends with.
_PHRASES = {
    "class": "an instance of",
    "datatype": "of the datatype",
    "minExclusive": "more than",
    "minInclusive": "at least",
    "maxExclusive": "less than",
    "maxInclusive": "at most",
    "equals": "the same values as those of",
    "disjoint": "no value that is also one of",
    "lessThan": "each less than every value of",
    "lessThanOrEquals": "none more than any value of",
    "hasValue": "one value is",
}
_LISTS = {"in": "one of", "languageIn": "in one of the languages"}
_LOGIC = {"and": "all of these", "or": "at least one of these", "xone": "exactly one of these"}
# What is told elsewhere, or belongs to another component.
_APART = frozenset(
    SH + name
    for name in (
        "path minCount maxCount severity message name order description group property deactivated flags "
        "targetClass targetNode targetSubjectsOf targetObjectsOf target ignoredProperties qualifiedMinCount "
        "qualifiedMaxCount qualifiedValueShapesDisjoint defaultValue declare prefixes select ask rule"
    ).split()
) | {TYPE}


@dataclass(frozen=True)
class Demand:
    """A phrase of words and terms.

    `inner` are the phrases that it is about, `code` is a regular expression or a query.
    """

    words: Words
    inner: tuple[Demand, ...] = ()
    code: str = ""


def demands(index: Index, node: Node, languages: Sequence[str], depth: int = 0) -> tuple[Demand, ...]:
    """What a shape demands by itself: neither its property shapes nor how many values are wanted."""
    found: list[Demand] = []
    for name, values in sorted(index.properties(node).items()):
        if name in _APART or not name.startswith(SH):
            continue
        found += _Teller(index, languages, depth).component(node, name[len(SH) :], values)
    return tuple(found)


def cardinality(index: Index, node: Node, least: str = "minCount", most: str = "maxCount") -> str:
    """How many values are wanted, as `exactly 1`, `0–1` or `1 or more`."""
    low, high = index.value(node, SH + least), index.value(node, SH + most)
    if low is None and high is None:
        return "any number"
    lowest = low.value if low else "0"
    if high is None:
        return f"{lowest} or more"
    if high.value == "0":
        return "none"
    return f"exactly {lowest}" if lowest == high.value else f"{lowest}–{high.value}"


def path_words(index: Index, node: Term, depth: int = 0) -> list[Term | str]:
    """A property path in SPARQL's notation: https://www.w3.org/TR/shacl/#property-paths"""
    if not isinstance(node, BlankNode) or depth > 8:
        return [node]
    step: Callable[[Term], list[Term | str]] = lambda inner: path_words(index, inner, depth + 1)  # noqa: E731
    for name, before, after in (
        ("inversePath", "^", ""),
        ("zeroOrMorePath", "", "*"),
        ("oneOrMorePath", "", "+"),
        ("zeroOrOnePath", "", "?"),
    ):
        inner = index.value(node, SH + name)
        if inner is not None:
            return [before, *step(inner), after]
    alternatives = index.value(node, SH + "alternativePath")
    sign, members = ("|", alternatives) if alternatives is not None else ("/", node)
    joined: list[Term | str] = []
    for member in index.members(members):
        joined += [sign, *step(member)]
    return joined[1:]


@dataclass(frozen=True)
class _Teller:
    index: Index
    languages: Sequence[str]
    depth: int

    def component(self, node: Node, name: str, values: Sequence[Term]) -> list[Demand]:
        """The phrases of one constraint parameter of a shape."""
        if name in _PHRASES:
            return [Demand((_PHRASES[name], value)) for value in values]
        if name in _LISTS:
            return [Demand((_LISTS[name], *self._listed(value))) for value in values]
        if name in _LOGIC:
            return [self._logic(_LOGIC[name], value) for value in values]
        special = getattr(self, f"_{name}", None)
        if special is not None:
            return [told for value in values if (told := special(node, value)) is not None]
        return [Demand((name, *(each for value in values for each in self._listed(value))))]

    def _listed(self, value: Term) -> list[Term]:
        members = list(self.index.members(value)) if isinstance(value, BlankNode) else []
        return members or [value]

    def _logic(self, words: str, value: Term) -> Demand:
        return Demand((words,), tuple(self._shape(member) for member in self.index.members(value)))

    def _nodeKind(self, _: Node, value: Term) -> Demand:  # noqa: N802 (SHACL's name)
        return Demand((_KINDS.get(value.value.removeprefix(SH), value.value),))

    def _minLength(self, _: Node, value: Term) -> Demand:  # noqa: N802
        return Demand((f"at least {value.value} {_characters(value)}",))

    def _maxLength(self, _: Node, value: Term) -> Demand:  # noqa: N802
        return Demand((f"at most {value.value} {_characters(value)}",))

    def _pattern(self, node: Node, value: Term) -> Demand:
        flags = self.index.value(node, SH + "flags")
        said = f"matches, with the flags {flags.value}," if flags else "matches"
        return Demand((said,), code=value.value)

    def _uniqueLang(self, _: Node, value: Term) -> Demand | None:  # noqa: N802
        return Demand(("at most one in each language",)) if _true(value) else None

    def _closed(self, node: Node, value: Term) -> Demand | None:
        if not _true(value):
            return None
        ignored = self.index.value(node, SH + "ignoredProperties")
        apart = list(self.index.members(ignored)) if ignored is not None else []
        own = "no properties but those listed"
        return Demand((own, "and", *apart)) if apart else Demand((own,))

    def _not(self, _: Node, value: Term) -> Demand:
        return Demand(("not",), (self._shape(value),))

    def _node(self, _: Node, value: Term) -> Demand:
        return self._shape(value)

    def _qualifiedValueShape(self, node: Node, value: Term) -> Demand:  # noqa: N802
        number = cardinality(self.index, node, "qualifiedMinCount", "qualifiedMaxCount")
        disjoint = self.index.value(node, SH + "qualifiedValueShapesDisjoint")
        apart = " and not what another rule of this shape counts" if disjoint and _true(disjoint) else ""
        return Demand((f"{number} of the values{apart}:",), (self._shape(value),))

    def _sparql(self, _: Node, value: Term) -> Demand | None:
        if not isinstance(value, Iri | BlankNode):
            return None
        query = self.index.value(value, SH + "select", SH + "ask")
        return Demand(("nothing that a query finds",), (), query.value if query else "")

    def _shape(self, value: Term) -> Demand:
        """A shape that is a part of another: a link where it has a name, else what it demands."""
        if isinstance(value, Iri):
            return Demand(("conforms to", value))
        if not isinstance(value, BlankNode) or self.depth >= _DEPTH:
            return Demand(("a shape that the RDF has",))
        inner = [*demands(self.index, value, self.languages, self.depth + 1)]
        for each in self.index.values(value, SH + "property"):
            inner.append(_Teller(self.index, self.languages, self.depth + 1)._property(each))
        if self.index.value(value, SH + "path") is not None:
            return self._property(value)
        return inner[0] if len(inner) == 1 else Demand(("all of these",), tuple(inner))

    def _property(self, value: Term) -> Demand:
        """A property shape in another shape: its path, how many values, and what they have to be."""
        if not isinstance(value, Iri | BlankNode):
            return Demand((value,))
        path = self.index.value(value, SH + "path")
        if path is None:
            return Demand(("conforms to", value)) if isinstance(value, Iri) else Demand(("anything",))
        number = cardinality(self.index, value)
        words: Words = (*path_words(self.index, path), f": {number}" if number != "any number" else "")
        if self.depth >= _DEPTH:
            return Demand(words)
        return Demand(words, demands(self.index, value, self.languages, self.depth + 1))


def _true(value: Term) -> bool:
    return isinstance(value, Literal) and value.value in ("true", "1")


def _characters(value: Term) -> str:
    return "character" if value.value == "1" else "characters"
