"""SPARQL inside shapes: every query of a shapes graph passes the gate before any of them may run.

https://www.w3.org/TR/shacl/#sparql-constraints
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyoxigraph as ox

from graphsvc.errors import BadRequest, QuerySyntaxError, RemoteAccessRefused, ShapesError
from graphsvc.rdf import Iri, Literal, Term
from graphsvc.sparql import Form, read
from graphsvc.sparql.diagnosis import diagnose
from graphsvc.sparql.lexer import tokens
from graphsvc.validation.statements import Statements
from graphsvc.vocab import PREFIXES

_SH = PREFIXES["sh"]
_PREFIX = re.compile(r"[A-Za-z](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?\Z|\Z")
# https://www.w3.org/TR/shacl/#pre-binding
_FORBIDDEN = ("MINUS", "VALUES")
_PRE_BOUND = ("this", "currentShape")
PREFIXES_OF = Iri(_SH + "prefixes")
_IMPORTS = Iri(PREFIXES["owl"] + "imports")
_SELECT = Iri(_SH + "select")
QUERIES = {_SELECT: Form.SELECT, Iri(_SH + "ask"): Form.ASK}


def checked_queries(shapes: Statements) -> dict[tuple[Term, Iri, Term], Literal]:
    """Each query of the shapes graph by its triple, checked, with its prefixes declared in its own text.

    Raises ShapesError for one that does not parse, is an update, or uses what SHACL forbids in it, and
    RemoteAccessRefused for SERVICE.
    """
    for shape, constraint in shapes.pairs(Iri(_SH + "sparql")):
        if len(shapes.objects(constraint, _SELECT)) != 1:
            raise shapes.fault(shape, f"A value of sh:sparql at {shapes.name(shape)} needs one sh:select.")
    return {
        (subject, predicate, query): Literal(_checked(shapes, subject, query, QUERIES[predicate]))
        for subject, predicate, query in queries_of(shapes)
    }


def queries_of(shapes: Statements) -> Iterator[tuple[Term, Iri, Term]]:
    """The triples whose objects are queries; in the same order for the same documents."""
    for predicate in QUERIES:
        for subject, query in shapes.pairs(predicate):
            yield subject, predicate, query


def _checked(shapes: Statements, subject: Term, query: Term, form: Form) -> str:
    """The query's text under one line that declares its prefixes."""
    if not isinstance(query, Literal):
        raise shapes.fault(subject, f"The query of {shapes.name(subject)} is no literal.")
    declared = _declared(shapes, subject)
    header = " ".join(f"PREFIX {prefix}: <{namespace}>" for prefix, namespace in declared.items())
    try:
        # The engine that runs the query decodes \u escapes before it parses, so what they hide counts too.
        for text in dict.fromkeys((query.value, _unescaped(query.value))):
            _check(text, header, form)
    except RemoteAccessRefused as error:
        raise RemoteAccessRefused(f"{shapes.name(subject)}: {error}") from None
    except BadRequest as error:
        raise _about(shapes, subject, error) from None
    return f"{header}\n{query.value}"


def _check(text: str, header: str, form: Form) -> None:
    query = read(text)
    if query.form is not form:
        raise BadRequest(f"It must be of the form {form.value}, and is of the form {query.form.value}.")
    if query.names_dataset:
        raise BadRequest("FROM cannot stand in a constraint: it runs on the data graph.")
    previous = ""
    for token in tokens(text):
        if token.keyword in _FORBIDDEN:
            raise BadRequest(f"SHACL forbids {token.keyword} in a constraint.")
        if previous == "AS" and token.text[1:] in _PRE_BOUND:
            raise BadRequest(f"SHACL forbids AS {token.text} in a constraint: it has its value beforehand.")
        previous = token.keyword
    try:
        ox.Store().query(f"{header}\n{text}")
    except SyntaxError as error:
        fault = diagnose(f"{header}\n{text}", str(error), PREFIXES)
        fault.line = fault.line - 1 if fault.line and fault.line > 1 else None
        raise fault from None


def _unescaped(text: str) -> str:
    from rdflib.plugins.sparql.parser import expandUnicodeEscapes

    try:
        return expandUnicodeEscapes(text)
    except ValueError as error:
        raise BadRequest(str(error)) from None


def _about(shapes: Statements, subject: Term, error: BadRequest) -> ShapesError:
    """The error as one of the shapes graph; its line counts from the first of the query."""
    message, place, hint = str(error), "", None
    if isinstance(error, QuerySyntaxError):
        message, hint = error.message, error.hint
        place = f", line {error.line}, column {error.column}" if error.line else ""
    fault = shapes.fault(subject, f"The query of {shapes.name(subject)}{place}: {message}")
    fault.hint = hint
    return fault


def _declared(shapes: Statements, subject: Term) -> dict[str, str]:
    """The prefixes of a query. https://www.w3.org/TR/shacl/#sparql-prefixes"""
    found: dict[str, str] = {name: PREFIXES[name] for name in ("rdf", "rdfs", "owl")}
    holders = dict.fromkeys(shapes.objects(subject, PREFIXES_OF))
    waiting = [*holders]
    while waiting:
        imported = shapes.objects(waiting.pop(), _IMPORTS)
        waiting += [each for each in imported if each not in holders]
        holders |= dict.fromkeys(imported)
    for holder in reversed(holders):
        for declaration in shapes.objects(holder, Iri(_SH + "declare")):
            found |= _declaration(shapes, declaration)
    return dict(sorted(found.items()))


def _declaration(shapes: Statements, node: Term) -> dict[str, str]:
    prefix = shapes.objects(node, Iri(_SH + "prefix"))
    namespace = shapes.objects(node, Iri(_SH + "namespace"))
    if len(prefix) != 1 or len(namespace) != 1 or not _PREFIX.match(prefix[0].value):
        raise shapes.fault(
            node, f"{shapes.name(node)} declares no prefix: it needs sh:prefix and sh:namespace."
        )
    try:
        Iri(namespace[0].value).n3()
    except BadRequest as error:
        raise shapes.fault(node, f"The namespace of {shapes.name(node)}: {error}") from None
    return {prefix[0].value: namespace[0].value}
