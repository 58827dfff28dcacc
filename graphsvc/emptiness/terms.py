"""The terms of a query that never occur in the data, and what may have been meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from graphsvc.emptiness.asking import Asker, Enough
from graphsvc.sparql.group import Piece, pieces
from graphsvc.sparql.lexer import Token
from graphsvc.validation.closeness import Closeness
from graphsvc.vocab import PREFIXES

# Terms that are looked for, and those of them for which something near is looked for.
MAX_TERMS, MAX_NEAR = 60, 5
# Seconds for one look through all literals or all names of a namespace.
_LOOK = 2.0
_TERMS = frozenset({"iri", "name", "string", "number"})
_LOOKED_INTO = frozenset({"group", "graph", "union"})
# Whether ?t is a term of any triple, or the name of a graph.
_NOWHERE = " ".join(
    f"FILTER NOT EXISTS {{ {pattern} }}"
    for pattern in (
        "?t ?p1 ?o1",
        "?s2 ?t ?o2",
        "?s3 ?p3 ?t",
        "GRAPH ?g4 { ?t ?p4 ?o4 }",
        "GRAPH ?g5 { ?s5 ?t ?o5 }",
        "GRAPH ?g6 { ?s6 ?p6 ?t }",
        "GRAPH ?t { ?s7 ?p7 ?o7 }",
    )
)


@dataclass(frozen=True)
class Missing:
    """A term that never occurs: as it is written, where, and the nearest that does (an IRI, or a literal as it is
    written), if there is one."""

    text: str
    start: int
    nearest: str | None = None


def missing_terms(
    text: str, found: Sequence[Piece], asker: Asker, known: Sequence[str], prologue: Sequence[Token]
) -> list[Missing]:
    """The terms of a group that are nowhere in the dataset; `known` are the IRIs of the vocabulary.

    Terms in OPTIONAL and MINUS cannot be why a query is empty, and are left out; of a FILTER only what a variable
    is said to be equal to. Raises as `Asker` does.
    """
    terms = list(dict.fromkeys(_terms(text, found)))[:MAX_TERMS]
    unique = list(dict.fromkeys(term for term, _ in terms))
    if not unique:
        return []
    values = " ".join(f"({number} {term})" for number, term in enumerate(unique))
    rows = asker.select("?i", f"VALUES (?i ?t) {{ {values} }} {_NOWHERE}")
    absent = sorted(int(row["i"]["value"]) for row in rows)
    prefixes = _declared(prologue)
    made = []
    for place, number in enumerate(absent):
        start = next(start for term, start in terms if term == unique[number])
        try:
            near = _nearest(unique[number], prefixes, asker, known) if place < MAX_NEAR else None
        except Enough:
            near = None
        made.append(Missing(unique[number], start, near))
    return made


def _terms(text: str, found: Sequence[Piece]) -> Iterator[tuple[str, int]]:
    """Each term that has to occur, as it is written, with its place."""
    for piece in found:
        if piece.kind in ("triples", "values"):
            yield from _of_tokens(piece.tokens)
        elif piece.kind == "filter":
            yield from _equals(piece.tokens)
        elif piece.kind in _LOOKED_INTO:
            if piece.kind == "graph":
                yield from _of_tokens(piece.tokens[1:2])
            for inner in _groups(piece):
                yield from _terms(text, pieces(text, inner))


def _groups(piece: Piece) -> Iterator[Sequence[Token]]:
    """The tokens of each outermost pair of braces of a piece."""
    depth, start = 0, 0
    for index, token in enumerate(piece.tokens):
        if token.text == "{":
            depth += 1
            start = index + 1 if depth == 1 else start
        elif token.text == "}":
            depth -= 1
            if depth == 0:
                inner = piece.tokens[start:index]
                if not (inner and inner[0].keyword == "SELECT"):
                    yield inner


def _of_tokens(tokens: Sequence[Token]) -> Iterator[tuple[str, int]]:
    """The terms of triples; a literal with its datatype or language is one."""
    place = 0
    while place < len(tokens):
        token, after = tokens[place], place + 1
        if token.kind in _TERMS:
            written = token.text
            if token.kind == "string" and after < len(tokens):
                if tokens[after].kind == "language":
                    written, after = written + tokens[after].text, after + 1
                elif tokens[after].text == "^^" and after + 1 < len(tokens):
                    written, after = f"{written}^^{tokens[after + 1].text}", after + 2
            yield written, token.start
        place = after


def _equals(tokens: Sequence[Token]) -> Iterator[tuple[str, int]]:
    """The IRIs that a variable is compared with."""
    for place, token in enumerate(tokens[1:-1], 1):
        if token.text == "=":
            for one, other in (
                (tokens[place - 1], tokens[place + 1]),
                (tokens[place + 1], tokens[place - 1]),
            ):
                if one.kind == "variable" and other.kind in ("iri", "name"):
                    yield other.text, other.start


def _declared(prologue: Sequence[Token]) -> dict[str, str]:
    return {
        prologue[place + 1].text: prologue[place + 2].text[1:-1]
        for place, token in enumerate(prologue[:-2])
        if token.keyword == "PREFIX"
    }


def _nearest(term: str, prefixes: dict[str, str], asker: Asker, known: Sequence[str]) -> str | None:
    """What there is that is most like a term that there is not."""
    if term[0] in "\"'":
        return _near_literal(term, asker)
    if term[0] == "<":
        iri = term[1:-1]
    else:
        prefix, _, local = term.partition(":")
        if prefix + ":" not in prefixes:
            return None
        iri = prefixes[prefix + ":"] + re.sub(r"\\(.)", r"\1", local)
    near = _near_iri(iri, asker, known)
    return None if near == iri else near  # it is in the vocabulary, and not in the graphs that are asked


def _near_iri(iri: str, asker: Asker, known: Sequence[str]) -> str | None:
    """The nearest name of the same namespace, in the vocabulary or the data; else the same name in another one."""
    namespace, local = _split(iri)
    closeness = Closeness()
    near = _by_local(one for one in known if _split(one)[0] == namespace)
    found = closeness.nearest(local, list(near))
    if found is not None:
        return near[found]
    escaped = namespace.replace("\\", "\\\\").replace('"', '\\"')
    where = f'?t ?p ?o FILTER(isIRI(?t) && STRSTARTS(STR(?t), "{escaped}"))'
    near = _by_local(row["t"]["value"] for row in asker.select("DISTINCT ?t", where, _LOOK))
    found = closeness.nearest(local, list(near))
    if found is not None:
        return near[found]
    return next((one for one in known if _split(one)[1].casefold() == local.casefold() != ""), None)


def _by_local(iris: Iterable[str]) -> dict[str, str]:
    return {_split(iri)[1]: iri for iri in iris if _split(iri)[1]}


def _split(iri: str) -> tuple[str, str]:
    """Namespace and local name."""
    place = max(iri.rfind("#"), iri.rfind("/")) + 1
    return iri[:place], iri[place:]


def _near_literal(term: str, asker: Asker) -> str | None:
    """A literal of the same text, whatever its case, language or datatype, as it is written."""
    found = re.match(r"(\"\"\".*\"\"\"|'''.*'''|\".*\"|'.*')", term, re.DOTALL)
    if found is None:
        return None
    rows = asker.select(
        "DISTINCT ?t", f"?s ?p ?t FILTER(isLiteral(?t) && LCASE(STR(?t)) = LCASE({found[0]}))", _LOOK
    )
    if not rows:
        return None
    value = rows[0]["t"]
    written = '"' + value["value"].replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    if value.get("xml:lang"):
        return f"{written}@{value['xml:lang']}"
    datatype = value.get("datatype", PREFIXES["xsd"] + "string")
    return written if datatype == PREFIXES["xsd"] + "string" else f"{written}^^<{datatype}>"
