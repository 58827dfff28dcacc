"""What a remedy is made of: the parameters of a shape, the values that are there, and the nearest that may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from graphsvc.rdf import Iri, Literal, Term
from graphsvc.validation.closeness import MAX_NAMES, Closeness
from graphsvc.validation.compact import compact, compact_iri
from graphsvc.validation.instances import Instances
from graphsvc.validation.path import Kind
from graphsvc.validation.report import Result
from graphsvc.validation.retyping import example
from graphsvc.validation.sentences import MAX_MEMBERS, members
from graphsvc.validation.statements import RDF, Statements
from graphsvc.vocab import PREFIXES

_SH = PREFIXES["sh"]
_MAX_TEXT, _MAX_DIGITS = 100, 20


class Advice:
    """The shapes and the data that results are about, and how sentences call what is in them."""

    def __init__(
        self, shapes: Statements, data: Statements, ontology: Statements, prefixes: Mapping[str, str]
    ) -> None:
        self.shapes, self.data = shapes, data
        self.prefixes = prefixes
        self.instances = Instances(data, ontology)
        self.closeness = Closeness()
        self._members: dict[tuple[Term, str], list[Term]] = {}

    def shape_names(self, result: Result, parameter: str) -> list[str]:
        """The shapes that a parameter names."""
        named = self.members(result, parameter)
        return [self.text(each) if isinstance(each, Iri) else "the shape given there" for each in named]

    def choice(self, value: Term, allowed: Sequence[Term], all_of_them: str) -> str:
        """`one of …; the nearest is …`, with as many as can be told."""
        if len(allowed) == 1:
            return self.text(allowed[0])
        near = self.near(value, allowed)
        if len(allowed) <= MAX_MEMBERS:
            all_of_them = either([self.text(each) for each in allowed])
        return f"one of {all_of_them}{f'; the nearest is {self.text(near)}' if near else ''}"

    def near(self, value: Term, allowed: Sequence[Term]) -> Term | None:
        """The allowed term that is most like the value, if one is."""
        if self.closeness.exhausted:
            return None
        names = {self._name(each): each for each in reversed(allowed[:MAX_NAMES])}
        near = self.closeness.nearest(self._name(value), list(names))
        return names[near] if near is not None else None

    def _name(self, term: Term) -> str:
        """What a writer may have misspelt: a text, or the last part of an IRI."""
        if isinstance(term, Iri):
            end = max(term.value.rstrip("/#").rfind(sign) for sign in "/#:") + 1
            return term.value[end:]
        return term.value

    def hint(self, result: Result) -> str:
        """What a value may be, from what else the shape asks of it."""
        for each in self.parameter(result, "hasValue"):
            return f": {self.text(each)}"
        allowed = self.members(result, "in")
        if allowed and len(allowed) <= MAX_MEMBERS:
            return f": {either([self.text(each) for each in allowed])}"
        for each in self.parameter(result, "datatype"):
            shown = example(each.value, None)
            return f", for example {self.text(shown)}" if shown else f", {self.kind(each.value)}"
        for each in self.parameter(result, "class"):
            return f", an instance of {self.text(each)}"
        return ""

    def parameter(self, result: Result, name: str) -> Sequence[Term]:
        """The values of a parameter of the shape that a result is of."""
        return self.shapes.objects(result.source_shape, Iri(_SH + name))

    def members(self, result: Result, name: str) -> list[Term]:
        """The values of a parameter, with the members of the lists that they are."""
        key = (result.source_shape, name)
        if key not in self._members:
            self._members[key] = members(self.shapes, name, self.parameter(result, name))
        return self._members[key]

    def number(self, result: Result, name: str) -> int:
        """The number that a parameter gives, or 0."""
        texts = [each.value for each in self.parameter(result, name)]
        return next((int(text) for text in texts if text.isdecimal() and len(text) < _MAX_DIGITS), 0)

    def values(self, result: Result) -> Sequence[Term]:
        """The values that are there, where the path is a plain predicate."""
        if result.path is None or result.path.kind is not Kind.PREDICATE:
            return ()
        return self.of(result, Iri(result.path.iri))

    def of(self, result: Result, predicate: Iri) -> Sequence[Term]:
        """The values that the focus node has for a predicate."""
        return self.data.objects(result.focus_node, predicate)

    def path(self, result: Result) -> str:
        """The path for a sentence."""
        return result.path.text(self.prefixes) if result.path else "the value"

    def kind(self, datatype: str) -> str:
        """A literal of the datatype, in words."""
        if datatype == RDF + "langString":
            return "text with a language tag"
        name = compact_iri(datatype, self.prefixes)
        return f"an {name}" if name[0] in "aeioux" else f"a {name}"

    def text(self, term: Term) -> str:
        """The term for a sentence, not too long."""
        if isinstance(term, Literal) and len(term.value) > _MAX_TEXT:
            term = replace(term, value=f"{term.value[:_MAX_TEXT]}…")
        return compact(term, self.prefixes)


def either(names: Sequence[str], word: str = "or") -> str:
    """The names as a list in words, each once."""
    shown = list(dict.fromkeys(names))
    return f"{', '.join(shown[:-1])} {word} {shown[-1]}" if len(shown) > 1 else "".join(shown)
