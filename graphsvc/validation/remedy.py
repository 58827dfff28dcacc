"""What to do about a result: one plain sentence, with the nearest allowed value if there is one.

https://www.w3.org/TR/shacl/#core-components
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import islice

from graphsvc.rdf import BlankNode, Iri, Literal
from graphsvc.validation.advice import Advice, either
from graphsvc.validation.closeness import MAX_NAMES
from graphsvc.validation.path import Kind
from graphsvc.validation.report import Report, Result
from graphsvc.validation.retyping import example, retyped
from graphsvc.validation.statements import RDF, Statements
from graphsvc.vocab import PREFIXES

_SH, _XSD = PREFIXES["sh"], PREFIXES["xsd"]
_PATH, _PROPERTY = Iri(_SH + "path"), Iri(_SH + "property")
_NUMBERS = ("no", "one")
_ADDRESS = re.compile(r"https?://[^\x00-\x20<>\"{}|^`\\]+\Z")


def with_remedies(
    report: Report, shapes: Statements, data: Statements, ontology: Statements, prefixes: Mapping[str, str]
) -> Report:
    """The report with a remedy for each result of a core component; a query's message alone tells its remedy."""
    advice = Advice(shapes, data, ontology, prefixes)

    def advised(result: Result) -> Result:
        details = tuple(map(advised, result.details))
        name = result.component.value.removeprefix(_SH).removesuffix("ConstraintComponent")
        make = _REMEDIES.get(name)
        return replace(result, remedy=make(advice, result) if make else None, details=details)

    return replace(report, results=tuple(map(advised, report.results)))


def _min_count(advice: Advice, result: Result) -> str:
    """Too few values."""
    present = len(advice.values(result))
    missing = max(1, advice.number(result, "minCount") - present)
    what = f"{_count(missing)} {'more ' if present else ''}{'' if missing == 1 else 'values of '}"
    return f"Add at least {what}{advice.path(result)}{advice.hint(result)}."


def _max_count(advice: Advice, result: Result) -> str:
    """Too many values."""
    allowed, present = advice.number(result, "maxCount"), len(advice.values(result))
    if not allowed:
        return f"Remove what {advice.path(result)} leads to: no value is allowed."
    if present <= allowed:
        return f"Leave at most {_count(allowed)} of the values of {advice.path(result)}."
    return f"Remove {_count(present - allowed)} of the {present:,} values of {advice.path(result)}."


def _datatype(advice: Advice, result: Result) -> str:
    """A literal of another datatype, or none that is well-formed."""
    [datatype, *_] = [each.value for each in advice.parameter(result, "datatype")] or [_XSD + "string"]
    better = retyped(result.value, datatype) if result.value else None
    if better is not None:
        return f"Write the value as {advice.kind(datatype)}: {advice.text(better)}."
    shown = example(datatype, result.value)
    tail = f", for example {advice.text(shown)}" if shown else ""
    return f"Write the value as {advice.kind(datatype)}{tail}."


def _node_kind(advice: Advice, result: Result) -> str:
    """An IRI, a blank node or a literal where another is meant."""
    [kind, *_] = [each.value.removeprefix(_SH) for each in advice.parameter(result, "nodeKind")] or [""]
    wanted = _KINDS.get(kind, "another kind of term")
    value = result.value
    if isinstance(value, Literal) and "IRI" in kind and _ADDRESS.match(value.value):
        return f"Write the value as an IRI, not as text: <{value.value}>."
    if value is None or value == result.focus_node:
        return f"Make the node {wanted}."
    return f"Replace {advice.text(value)} by {wanted}."


def _class(advice: Advice, result: Result) -> str:
    """A value that is no instance of a class."""
    value = result.value or result.focus_node
    classes = advice.parameter(result, "class")
    wanted = next((each for each in classes if value not in advice.instances.of(each)), classes[0])
    name, number = advice.text(wanted), len(advice.instances.of(wanted))
    known = [*islice(advice.instances.of(wanted), MAX_NAMES)]
    choice = advice.choice(value, known, f"the {number:,} instances of {name}") if known else ""
    if isinstance(value, Literal):
        return f"Replace {advice.text(value)} by {choice or f'an IRI that is an instance of {name}'}."
    stated = f"State that {advice.text(value)} is an instance of {name}"
    if value == result.focus_node or not choice:
        return f"{stated}."
    return f"{stated}, or replace it by {choice}."


def _in(advice: Advice, result: Result) -> str:
    """A value that is not in the list."""
    allowed = advice.members(result, "in")
    value = result.value or result.focus_node
    if not allowed:
        return f"Remove {advice.text(value)}: no value is allowed."
    choice = advice.choice(value, allowed, f"the {len(allowed):,} allowed values")
    return f"Replace {advice.text(value)} by {choice}."


def _has_value(advice: Advice, result: Result) -> str:
    """A value that must be there."""
    wanted = " and ".join(advice.text(each) for each in advice.parameter(result, "hasValue"))
    if result.path is None:
        return f"Use {wanted} in place of this node."
    return f"Add {wanted} to the values of {advice.path(result)}."


def _language_in(advice: Advice, result: Result) -> str:
    """A text in no language, or in another."""
    allowed = advice.members(result, "languageIn")
    listed = either([advice.text(each) for each in allowed])
    value = result.value
    if not isinstance(value, Literal) or not allowed:
        return f"Write a text in the language {listed}."
    if value.language:
        near = advice.closeness.nearest(value.language, [each.value for each in allowed])
        better = replace(value, language=near or allowed[0].value)
        return f"Write the text in the language {listed}{f': {advice.text(better)}' if near else ''}."
    tagged = Literal(value.value, RDF + "langString", allowed[0].value)
    return f"Say in which language the text is ({listed}), for example {advice.text(tagged)}."


def _unique_lang(advice: Advice, result: Result) -> str:
    """Several values in one language."""
    tags = Counter(each.language.lower() for each in advice.values(result) if isinstance(each, Literal))
    twice = sorted(tag for tag, number in tags.items() if tag and number > 1)
    tail = f": there are several in {either(twice, 'and')}" if twice else ""
    return f"Keep one value of {advice.path(result)} in each language{tail}."


def _pattern(advice: Advice, result: Result) -> str:
    """A value that does not match."""
    patterns = " and ".join(each.value for each in advice.parameter(result, "pattern"))
    value = result.value or result.focus_node
    if isinstance(value, BlankNode):
        return f"Replace the blank node {advice.text(value)} by a text or an IRI."
    return f"Change {advice.text(value)} so that it matches the pattern {patterns}"


def _length(advice: Advice, result: Result, parameter: str, words: str) -> str:
    """A value that is too short or too long. A blank node has no length at all."""
    limit, value = advice.number(result, parameter), result.value or result.focus_node
    if isinstance(value, BlankNode):
        return f"Replace the blank node {advice.text(value)} by a text or an IRI."
    characters = f"{limit:,} character{'' if limit == 1 else 's'}"
    return words.format(advice.text(value), abs(limit - len(value.value)), characters)


def _bound(advice: Advice, result: Result, parameter: str, words: str) -> str:
    """A value beyond a bound."""
    limit = " and ".join(advice.text(each) for each in advice.parameter(result, parameter))
    return f"Replace {advice.text(result.value or result.focus_node)} by a value {words.format(limit)}."


def _pair(advice: Advice, result: Result, parameter: str, words: str) -> str:
    """A value that does not go with those of another property."""
    others = advice.parameter(result, parameter)
    other = " and ".join(advice.text(each) for each in others)
    there = [value for each in others if isinstance(each, Iri) for value in advice.of(result, each)]
    shown = f" ({', '.join(map(advice.text, there[:3]))}{', …' if len(there) > 3 else ''})" if there else ""
    value = advice.text(result.value) if result.value is not None else "the value"
    return words.format(value=value, path=advice.path(result), other=f"{other}{shown}")


def _closed(advice: Advice, result: Result) -> str:
    """A property that the shape does not have."""
    ignored = advice.members(result, "ignoredProperties")
    own = [
        path
        for part in advice.shapes.objects(result.source_shape, _PROPERTY)
        for path in advice.shapes.objects(part, _PATH)
        if isinstance(path, Iri)
    ]
    used = Iri(result.path.iri) if result.path is not None and result.path.kind is Kind.PREDICATE else None
    allowed = list(dict.fromkeys([*own, *ignored]))
    near = advice.near(used, [each for each in allowed if isinstance(each, Iri)]) if used else None
    sentence = f"Remove {advice.path(result)}"
    return (
        f"{sentence}, or use {advice.text(near)} in its place."
        if near
        else f"{sentence}: it is not allowed here."
    )


def _qualified(advice: Advice, result: Result, parameter: str, words: str) -> str:
    """Too few or too many values that conform to a shape."""
    shapes = either(advice.shape_names(result, "qualifiedValueShape"), "and")
    return words.format(_count(advice.number(result, parameter)), advice.path(result), shapes)


def _shape(advice: Advice, result: Result, parameter: str, words: str) -> str:
    """A value that does not conform to another shape, or to several."""
    value = advice.text(result.value or result.focus_node)
    sentence = words.format(value, either(advice.shape_names(result, parameter), "or"))
    return f"{sentence}; its details say what is amiss." if result.details else f"{sentence}."


def _not(advice: Advice, result: Result) -> str:
    """A value that conforms to a shape, and must not."""
    shapes = either(advice.shape_names(result, "not"), "or")
    value = advice.text(result.value or result.focus_node)
    instead = f"Remove {value} from {advice.path(result)}, or change it" if result.path else f"Change {value}"
    return f"{instead} so that it no longer conforms to {shapes}."


_KINDS = {
    "IRI": "an IRI",
    "Literal": "a literal",
    "BlankNode": "a blank node",
    "BlankNodeOrIRI": "a blank node or an IRI",
    "BlankNodeOrLiteral": "a blank node or a literal",
    "IRIOrLiteral": "an IRI or a literal",
}
Make = Callable[[Advice, Result], str]


def _with(make: Callable[[Advice, Result, str, str], str], parameter: str, words: str) -> Make:
    return lambda advice, result: make(advice, result, parameter, words)


_REMEDIES: Mapping[str, Make] = {
    "MinCount": _min_count,
    "MaxCount": _max_count,
    "Datatype": _datatype,
    "NodeKind": _node_kind,
    "Class": _class,
    "In": _in,
    "HasValue": _has_value,
    "LanguageIn": _language_in,
    "UniqueLang": _unique_lang,
    "Pattern": _pattern,
    "MinLength": _with(_length, "minLength", "Lengthen {} by {:,} or more, to at least {}."),
    "MaxLength": _with(_length, "maxLength", "Shorten {} by {:,} or more, to at most {}."),
    "Closed": _closed,
    "MinExclusive": _with(_bound, "minExclusive", "greater than {}"),
    "MinInclusive": _with(_bound, "minInclusive", "of {} or greater"),
    "MaxExclusive": _with(_bound, "maxExclusive", "less than {}"),
    "MaxInclusive": _with(_bound, "maxInclusive", "of {} or less"),
    "Equals": _with(
        _pair, "equals", "Give {path} and {other} the same values: {value} is only in one of them."
    ),
    "Disjoint": _with(_pair, "disjoint", "Remove {value} from {path}, or from {other}."),
    "LessThan": _with(
        _pair, "lessThan", "Replace {value} in {path} by a value less than every value of {other}."
    ),
    "LessThanOrEquals": _with(
        _pair,
        "lessThanOrEquals",
        "Replace {value} in {path} by a value no greater than any value of {other}.",
    ),
    "QualifiedMinCount": _with(
        _qualified, "qualifiedMinCount", "Let at least {} of the values of {} conform to {}."
    ),
    "QualifiedMaxCount": _with(
        _qualified, "qualifiedMaxCount", "Let at most {} of the values of {} conform to {}."
    ),
    "Node": _with(_shape, "node", "Change {} so that it conforms to {}"),
    "And": _with(_shape, "and", "Change {} so that it conforms to each of {}"),
    "Or": _with(_shape, "or", "Change {} so that it conforms to one of {} at least"),
    "Xone": _with(_shape, "xone", "Change {} so that it conforms to exactly one of {}"),
    "Not": _not,
}


def _count(number: int) -> str:
    return _NUMBERS[number] if number < len(_NUMBERS) else f"{number:,}"
