"""The gate for all query text: what form it has, what it would touch, and whether it may go on.

Nothing here parses in full. The engine's parser, behind a wall that may fall, has the last word on syntax;
the gate answers in linear time what must be known before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from graphsvc.errors import BadRequest, QuerySyntaxError, TooComplex, TooLarge
from graphsvc.rdf.terms import Term
from graphsvc.sparql.binding import bind
from graphsvc.sparql.federated_query import ServiceCall, check_calls, from_graphs
from graphsvc.sparql.lexer import Token, position, tokens
from graphsvc.sparql.names import is_plain
from graphsvc.sparql.search_clause import SearchClause, search_clauses

MAX_DEPTH = 128
MAX_OPERATORS = 4_000
MAX_UNIONS = 1_000
_OPENING = {"{": "}", "(": ")", "[": "]", "<<": ">>", "<<(": ")>>"}
_CLOSING = frozenset(_OPENING.values())
_OPERATORS = frozenset({"||", "&&", "+", "-", "*", "/", "!", "^", "|"})
_VOLATILE = frozenset({"NOW", "RAND", "UUID", "STRUUID", "BNODE"})
_UPDATES = frozenset({"INSERT", "DELETE", "WITH", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY"})


class Form(Enum):
    """The four query forms. https://www.w3.org/TR/sparql11-query/#QueryForms"""

    SELECT = "SELECT"
    ASK = "ASK"
    CONSTRUCT = "CONSTRUCT"
    DESCRIBE = "DESCRIBE"

    @property
    def yields_graph(self) -> bool:
        """Whether the answer is RDF rather than a table or a truth value."""
        return self in (Form.CONSTRUCT, Form.DESCRIBE)


@dataclass(frozen=True)
class Dataset:
    """The RDF dataset that a request asks for; None where it does not say.

    https://www.w3.org/TR/sparql11-protocol/#dataset
    """

    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None

    @property
    def given(self) -> bool:
        """Whether the request names its dataset: then FROM and FROM NAMED in the text do not count."""
        return self.default_graphs is not None or self.named_graphs is not None


@dataclass(frozen=True)
class Query:
    """A query that may run: its text, with its parameters bound, its form, and the dataset asked for.

    `names_dataset` tells whether the text has FROM or FROM NAMED; `volatile` whether the same query on the same
    data may give another answer (NOW, RAND, UUID, STRUUID, BNODE, SERVICE, a search). `calls` are its SERVICE
    clauses, `searches` its searches, `graphs` those of FROM and FROM NAMED. `history` asks the record of writes
    instead of the data.
    """

    text: str
    form: Form
    names_dataset: bool = False
    dataset: Dataset = field(default_factory=Dataset)
    volatile: bool = False
    calls: tuple[ServiceCall, ...] = ()
    graphs: tuple[str, ...] = ()
    history: bool = False
    searches: tuple[SearchClause, ...] = ()

    @property
    def reads(self) -> frozenset[str] | None:
        """The only graphs that its answer can depend on, where its dataset says so; None: any.

        A name in the text that the engine may read as another (relative, escaped) counts as none that is known.
        """
        if self.dataset.given:
            return frozenset((*(self.dataset.default_graphs or ()), *(self.dataset.named_graphs or ())))
        if self.names_dataset and all(map(is_plain, self.graphs)):
            return frozenset(self.graphs)
        return None


def read(
    text: str,
    *,
    dataset: Dataset | None = None,
    bindings: Mapping[str, Term] | None = None,
    max_bytes: int = 256 << 10,
    endpoints: Sequence[str] = (),
) -> Query:
    """Let a query text through the gate, with `bindings` for its variables.

    A SERVICE clause may ask one of `endpoints`; what it says, and what a search finds, has to be put in its place
    before the query runs.

    Raises TooLarge past `max_bytes`, QuerySyntaxError for text that has no query form or cannot be UTF-8,
    BadRequest for an update, RemoteAccessRefused for any other SERVICE, TooComplex for nesting or chains
    beyond what the planner can take.
    """
    check_text(text, max_bytes)
    found = list(tokens(text))
    form = _form(text, found)
    check_shape(found)
    names_dataset = any(token.keyword == "FROM" for token in found)
    named = tuple(from_graphs(found))
    volatile = any(token.keyword in _VOLATILE for token in found)
    if bindings:
        text = bind(text, found, bindings)
        found = list(tokens(text))
    calls = check_calls(text, found, endpoints)
    searches = search_clauses(text, found, [(call.start, call.end) for call in calls])
    volatile = volatile or bool(calls or searches)
    return Query(text, form, names_dataset, dataset or Dataset(), volatile, calls, named, searches=searches)


def check_text(text: str, max_bytes: int, source: str = "query") -> None:
    """Refuse text that is too long (TooLarge) or no text (QuerySyntaxError); `source` is what it should be."""
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise syntax_error(text, error.start, "A lone surrogate is not a character.", source=source) from None
    if size > max_bytes:
        raise TooLarge(f"The {source} is {size:,} bytes long; the limit is {max_bytes:,}.")
    if "\0" in text:
        raise syntax_error(text, text.index("\0"), "The NUL character cannot stand in SPARQL.", source=source)
    if text.startswith("\ufeff"):
        raise syntax_error(
            text,
            0,
            f"The {source} starts with a byte order mark.",
            hint=f"Save the {source} as UTF-8 without BOM.",
            source=source,
        )


def syntax_error(
    text: str, offset: int, message: str, *, hint: str | None = None, source: str = "query"
) -> QuerySyntaxError:
    """An error at a character offset of a text, with its line."""
    line, column = position(text, offset)
    shown = text.split("\n")[line - 1].rstrip("\r")
    return QuerySyntaxError(
        message, source=source, line=line, column=column, offset=offset, source_line=shown, hint=hint
    )


def _form(text: str, found: list[Token]) -> Form:
    """The first keyword after the prologue. https://www.w3.org/TR/sparql11-query/#rPrologue"""
    place = 0
    while place < len(found) and found[place].keyword in ("BASE", "PREFIX", "VERSION"):
        place += 3 if found[place].keyword == "PREFIX" else 2
    if place >= len(found):
        raise syntax_error(
            text, len(text), "There is no query: one of SELECT, ASK, CONSTRUCT, DESCRIBE is missing."
        )
    word = found[place].keyword
    if word in Form.__members__:
        return Form[word]
    if word in _UPDATES:
        raise BadRequest(f"This is an update ({word}), and this operation takes queries.")
    raise syntax_error(
        text,
        found[place].start,
        f"A query starts with SELECT, ASK, CONSTRUCT or DESCRIBE, not with {found[place].text[:40]!r}.",
    )


def check_shape(found: list[Token], source: str = "query") -> None:
    """Refuse (TooComplex) nesting and chains beyond what the planner can take."""
    depth = operators = unions = 0
    for token in found:
        if token.text in _OPENING:
            depth += 1
            if depth > MAX_DEPTH:
                raise TooComplex(f"The {source} nests brackets more than {MAX_DEPTH} deep.")
        elif token.text in _CLOSING:
            depth -= 1
        elif token.text in _OPERATORS and token.kind == "punctuation":
            operators += 1
        elif token.keyword == "UNION":
            unions += 1
    if operators > MAX_OPERATORS:
        raise TooComplex(f"The {source} has {operators:,} operators; the limit is {MAX_OPERATORS:,}.")
    if unions > MAX_UNIONS:
        raise TooComplex(f"The {source} has {unions:,} UNIONs; the limit is {MAX_UNIONS:,}.")
