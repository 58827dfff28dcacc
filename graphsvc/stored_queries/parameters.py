"""The parameters of a stored query: what each may be, and a request's text as the term that it stands for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from graphsvc.errors import BadRequest, ValueNotAllowed
from graphsvc.rdf import BlankNode, Iri, Literal, Term
from graphsvc.sparql import read
from graphsvc.sparql.lexer import tokens
from graphsvc.store import Store
from graphsvc.store.rows import select
from graphsvc.validation.lexical import is_well_formed
from graphsvc.vocab import PREFIXES

# More values than these are not listed: each value is looked up when it comes.
MAX_CHOICES = 1_000
# Names that a request for the answer has for itself.
RESERVED = frozenset({"format", "_mediatype", "limit", "offset", "page", "timeout"})
_NAME = re.compile(r"[A-Za-z]\w*\Z", re.ASCII)
_LABELS = f"<{PREFIXES['skos']}prefLabel>|<{PREFIXES['rdfs']}label>"
_SHORTHANDS = {
    "class": f"SELECT DISTINCT ?value ?label {{ ?value a %s . FILTER(isIRI(?value)) "
    f"OPTIONAL {{ ?value {_LABELS} ?label }} }} ORDER BY ?value ?label",
    "scheme": f"SELECT DISTINCT ?value ?label {{ ?value <{PREFIXES['skos']}inScheme> %s . "
    f"OPTIONAL {{ ?value {_LABELS} ?label }} }} ORDER BY ?value ?label",
}


@dataclass(frozen=True)
class Parameter:
    """A variable of a query that a request may give a value.

    `datatype` (an IRI) and `language` are those of a literal; `default` is the text of the value where none is
    given, and without one the variable stays free; `values` is the query for what is allowed, if that is limited.
    """

    name: str
    is_iri: bool
    description: str = ""
    datatype: str = ""
    language: str = ""
    default: str = ""
    values: str = ""


@dataclass(frozen=True)
class Choices:
    """The values that are allowed, each with its label; `complete` tells whether these are all."""

    options: tuple[tuple[Term, str], ...]
    complete: bool


def parameter(said: Mapping[str, str], text: str) -> Parameter:
    """A parameter from the keys of its head; `text` is the query. Raises BadRequest for what makes no sense."""
    name = said.get("name", "")
    found = list(tokens(text))
    if not _NAME.match(name) or name in RESERVED:
        raise BadRequest(f"{name!r} cannot be the name of a parameter")
    if name not in {token.text[1:] for token in found if token.kind == "variable"}:
        raise BadRequest(f"the query has no variable ?{name} for the parameter {name}")
    kind = said.get("type", "")
    if kind not in ("iri", "literal"):
        raise BadRequest(f"the parameter {name} has the type iri or literal, not {kind!r}")
    if kind == "iri" and ("datatype" in said or "language" in said):
        raise BadRequest(f"the parameter {name} is an IRI and has no datatype and no language")
    if "datatype" in said and "language" in said:
        raise BadRequest(f"the parameter {name} has a datatype or a language, not both")
    made = Parameter(
        name,
        kind == "iri",
        said.get("description", ""),
        _datatype(said.get("datatype", "")),
        said.get("language", ""),
        said.get("default", ""),
        _values(said.get("values", ""), text),
    )
    for given in filter(None, (made.default,)):
        _term(made, given).n3()
    return made


def _datatype(text: str) -> str:
    prefix, colon, local = text.partition(":")
    iri = PREFIXES[prefix] + local if colon and prefix in PREFIXES else text.strip("<>")
    if iri:
        Iri(iri).n3()
    return iri


def _values(said: str, text: str) -> str:
    """The query for the allowed values: a SELECT with the PREFIX lines of the query it stands in."""
    word, _, rest = said.partition(" ")
    if word in _SHORTHANDS:
        said = _SHORTHANDS[word] % Iri(rest.strip().strip("<>")).n3()
    elif said:
        prologue = re.findall(r"^\s*PREFIX\s+\S*\s*<[^<>\s]*>", text, re.MULTILINE | re.IGNORECASE)
        said = "\n".join((*prologue, said))
    if said and read(said).form.value != "SELECT":
        raise BadRequest("`values` is `class IRI`, `scheme IRI` or a SELECT query")
    return said


def choices(parameter: Parameter, store: Store) -> Choices | None:
    """What is allowed for a parameter just now; None where that is not limited. Raises as `Store.query` does."""
    if not parameter.values:
        return None
    options: dict[Term, str] = {}
    value, label = (*_columns(parameter.values), "", "")[:2]
    for row in select(store, parameter.values):
        term = row.get(value)
        if term is None or isinstance(term, BlankNode):
            continue
        options.setdefault(term, row[label].value if label in row else "")
        if len(options) > MAX_CHOICES:
            return Choices(tuple(options.items())[:MAX_CHOICES], complete=False)
    return Choices(tuple(options.items()), complete=True)


def _columns(query: str) -> list[str]:
    """The variables between SELECT and the group, in order."""
    found: list[str] = []
    words = list(tokens(query))
    start = next(index for index, token in enumerate(words) if token.keyword == "SELECT")
    for token in words[start:]:
        if token.text == "{" or token.keyword == "WHERE":
            break
        if token.kind == "variable":
            found.append(token.text[1:])
    return found


def read_value(parameter: Parameter, text: str, allowed: Choices | None, store: Store) -> Term:
    """The term that a request's text stands for.

    Raises ValueNotAllowed where it is none of the allowed ones, BadRequest where it is no IRI or not in the
    lexical space of the datatype.
    """
    if allowed is not None:
        for term, _ in allowed.options:
            if term.value == text:
                return term
        if allowed.complete or not _is_value(parameter, text, store):
            shown = [term.value for term, _ in allowed.options]
            raise ValueNotAllowed(parameter.name, text, shown, complete=allowed.complete)
    return _term(parameter, text)


def _is_value(parameter: Parameter, text: str, store: Store) -> bool:
    """Whether a value that is not among the first ones is allowed all the same."""
    name = next(iter(_columns(parameter.values)))
    return bool(select(store, parameter.values, {name: _term(parameter, text)}))


def _term(parameter: Parameter, text: str) -> Term:
    if parameter.is_iri:
        iri = Iri(text)
        try:
            iri.n3()
        except BadRequest as error:
            raise BadRequest(f"The parameter {parameter.name}: {error}") from None
        return iri
    if parameter.datatype:
        if not is_well_formed(text, parameter.datatype):
            local = re.split(r"[#/]", parameter.datatype)[-1]
            raise BadRequest(f"The parameter {parameter.name}: {text[:80]!r} is no {local}.")
        return Literal(text, parameter.datatype)
    if parameter.language:
        return Literal(text, PREFIXES["rdf"] + "langString", parameter.language)
    return Literal(text)
