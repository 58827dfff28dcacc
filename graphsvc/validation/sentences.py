"""What a result says where its shape has no message of its own: one plain sentence for each component.

https://www.w3.org/TR/shacl/#core-components
"""

from __future__ import annotations

from collections.abc import Iterable

from graphsvc.errors import ShapesError
from graphsvc.rdf import BlankNode, Iri, Literal, Term
from graphsvc.validation.compact import compact
from graphsvc.validation.statements import RDF, Statements
from graphsvc.vocab import PREFIXES

_SH = PREFIXES["sh"]
MAX_MEMBERS = 10
_LISTS = frozenset({"and", "or", "xone", "in", "languageIn", "ignoredProperties"})
# By component: the parameter that stands in place of {}, and the sentence.
_SENTENCES = {
    "Class": ("class", "The value is not an instance of {}."),
    "Datatype": ("datatype", "The value is not a well-formed literal of datatype {}."),
    "NodeKind": ("nodeKind", "The value is not of kind {}."),
    "MinCount": ("minCount", "There are too few values: at least {} must be there."),
    "MaxCount": ("maxCount", "There are too many values: at most {} may be there."),
    "MinExclusive": ("minExclusive", "The value is not greater than {}."),
    "MinInclusive": ("minInclusive", "The value is not {} or greater."),
    "MaxExclusive": ("maxExclusive", "The value is not less than {}."),
    "MaxInclusive": ("maxInclusive", "The value is not {} or less."),
    "MinLength": ("minLength", "The value is too short: at least {} characters are needed."),
    "MaxLength": ("maxLength", "The value is too long: at most {} characters are allowed."),
    "Pattern": ("pattern", "The value does not match the pattern {}."),
    "LanguageIn": ("languageIn", "The value is not in one of the languages {}."),
    "UniqueLang": ("uniqueLang", "More than one value is in the same language."),
    "Equals": ("equals", "The value is not shared with {}."),
    "Disjoint": ("disjoint", "The value is also a value of {}."),
    "LessThan": ("lessThan", "The value is not less than every value of {}."),
    "LessThanOrEquals": ("lessThanOrEquals", "The value is not less than or equal to every value of {}."),
    "Not": ("not", "The value conforms to {}, and must not."),
    "And": ("and", "The value does not conform to all of {}."),
    "Or": ("or", "The value does not conform to any of {}."),
    "Xone": ("xone", "The value does not conform to exactly one of {}."),
    "Node": ("node", "The value does not conform to {}."),
    "QualifiedMinCount": ("qualifiedMinCount", "Too few values conform to the shape: at least {} must."),
    "QualifiedMaxCount": ("qualifiedMaxCount", "Too many values conform to the shape: at most {} may."),
    "Closed": ("closed", "The shape is closed, and does not have this property."),
    "HasValue": ("hasValue", "The value {} is missing."),
    "In": ("in", "The value is none of {}."),
    "SPARQL": ("sparql", "The query of the constraint finds fault with this."),
}


def sentence(component: Iri, shape: Term, shapes: Statements) -> Literal:
    """The sentence, in English, on a result of a component at a shape."""
    name = component.value.removeprefix(_SH).removesuffix("ConstraintComponent")
    parameter, template = _SENTENCES.get(name, ("", f"The constraint {component.n3()} is not met."))
    values = shapes.objects(shape, Iri(_SH + parameter)) if parameter else ()
    text = template.format(_listed(members(shapes, parameter, values)))
    return Literal(text, RDF + "langString", "en")


def members(shapes: Statements, parameter: str, values: Iterable[Term]) -> list[Term]:
    """The values of a parameter, with the members of the lists that they are."""
    if parameter not in _LISTS:
        return list(values)
    try:
        return [member for head in values for member in shapes.items(head)]
    except ShapesError:  # a broken list, which the syntax rules are just about to tell
        return []


def _listed(terms: list[Term]) -> str:
    texts = [compact(term, PREFIXES) for term in terms if not isinstance(term, BlankNode)]
    if len(texts) > MAX_MEMBERS:
        texts = [*texts[:MAX_MEMBERS], f"… ({len(texts):,} in all)"]
    unnamed = sum(isinstance(term, BlankNode) for term in terms)
    if unnamed:
        texts.append("an unnamed shape" if unnamed == 1 else f"{unnamed:,} unnamed shapes")
    return ", ".join(texts)
