"""The gate for updates, and an update's text taken apart into its operations.

https://www.w3.org/TR/sparql11-update/. `read_update` answers in linear time what must be known before;
`operations` is for text that the engine's parser has accepted, and trusts it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from graphsvc.errors import BadRequest, RemoteAccessRefused
from graphsvc.sparql.federated_query import ServiceCall, check_calls
from graphsvc.sparql.gate import Dataset, check_shape, check_text, syntax_error
from graphsvc.sparql.lexer import Token, tokens
from graphsvc.sparql.search_clause import search_clauses

_STARTS = frozenset({"INSERT", "DELETE", "WITH", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY"})
_QUERIES = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})
# The schemes of what somebody might fetch.
_FETCHED = frozenset({"http", "https", "file", "ftp", "ftps", "data", "jar", "urn", "s3", "hdfs"})
_PROLOGUE = {"PREFIX": 3, "BASE": 2, "VERSION": 2}


@dataclass(frozen=True)
class Update:
    """An update request that may run: its text, and the dataset that the request gives its WHERE clauses.

    https://www.w3.org/TR/sparql11-protocol/#update-operation
    """

    text: str
    dataset: Dataset = field(default_factory=Dataset)
    calls: tuple[ServiceCall, ...] = ()


@dataclass(frozen=True)
class Operation:
    """One operation of an update.

    `kind` is its keyword, or DATA, MODIFY or DELETE WHERE. Templates and `where` are texts with their braces;
    `prologue` holds every declaration before the operation. `graphs` are the graphs it names, in their order,
    each as it stands in the text (`<iri>`, a prefixed name, DEFAULT, NAMED or ALL).
    """

    kind: str
    prologue: str
    silent: bool = False
    graphs: tuple[str, ...] = ()
    delete: str = ""
    insert: str = ""
    where: str = ""
    with_graph: str = ""
    using: tuple[str, ...] = ()
    using_named: tuple[str, ...] = ()


def read_update(
    text: str, *, dataset: Dataset | None = None, max_bytes: int = 256 << 10, endpoints: Sequence[str] = ()
) -> Update:
    """Let an update's text through the gate; its SERVICE clauses may ask `endpoints`.

    Raises TooLarge past `max_bytes`, QuerySyntaxError for text that has no update form or cannot be UTF-8,
    BadRequest for a query and for a request with both a dataset and USING or WITH, RemoteAccessRefused for
    any other SERVICE, TooComplex for nesting or chains beyond what the planner can take.
    """
    check_text(text, max_bytes, "update")
    found = list(tokens(text))
    start = _prologue_end(found, 0)
    if start < len(found):
        _check_start(text, found[start])
    check_shape(found, "update")
    calls = check_calls(text, found, endpoints)
    for clause in search_clauses(text, found, [(call.start, call.end) for call in calls]):
        raise syntax_error(text, clause.start, "A search stands in queries alone.", source="update")
    if dataset is not None and dataset.given and any(t.keyword in ("USING", "WITH") for t in found):
        raise BadRequest(
            "The request gives a dataset (using-graph-uri, using-named-graph-uri), and so does the update "
            "by USING or WITH; only one may."
        )
    return Update(text, dataset or Dataset(), calls)


def _check_start(text: str, token: Token) -> None:
    if token.keyword in _QUERIES:
        raise BadRequest(f"This is a query ({token.keyword}), and this operation takes updates.")
    if token.keyword not in _STARTS:
        raise syntax_error(
            text, token.start, f"An update does not start with {token.text[:40]!r}.", source="update"
        )


def _prologue_end(found: list[Token], place: int) -> int:
    while place < len(found) and found[place].keyword in _PROLOGUE:
        place += _PROLOGUE[found[place].keyword]
    return place


def operations(update: Update) -> Iterator[Operation]:
    """The operations of an update whose syntax is right, in their order.

    Raises RemoteAccessRefused for LOAD, SILENT or not; but what nobody could fetch, LOAD SILENT may fail to
    (https://www.w3.org/TR/sparql11-update/#load).
    """
    reader = _Reader(update.text)
    while reader.more():
        reader.take_prologue()
        if reader.more():
            operation = reader.take_operation()
            if operation.kind != "LOAD":
                yield operation
            elif not (operation.silent and _is_of_no_known_scheme(operation.graphs[0])):
                raise RemoteAccessRefused(
                    f"LOAD would fetch a document ({operation.graphs[0]}); this service does not."
                )
        reader.skip(";")


def _is_of_no_known_scheme(document: str) -> bool:
    scheme, colon, _ = document.removeprefix("<").partition(":")
    return document.startswith("<") and bool(colon) and scheme.lower() not in _FETCHED


class _Reader:
    """Walks through the tokens of an update; every method takes what it names and moves on."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(tokens(text))
        self._place = 0
        self._prologue = ""

    def more(self) -> bool:
        return self._place < len(self._tokens)

    def skip(self, *texts: str) -> bool:
        if self.more() and self._tokens[self._place].text.upper() in texts:
            self._place += 1
            return True
        return False

    def take_prologue(self) -> None:
        end = _prologue_end(self._tokens, self._place)
        declared = [token.text for token in self._tokens[self._place : end]]
        self._prologue += " ".join(declared) + "\n"
        self._place = end

    def take_operation(self) -> Operation:
        word = self._word()
        if word in ("INSERT", "DELETE") and self.skip("DATA"):
            block = self._block()
            deleted = word == "DELETE"
            return Operation(
                "DATA",
                self._prologue,
                delete=block if deleted else "",
                insert="" if deleted else block,
            )
        if word == "DELETE" and self.skip("WHERE"):
            block = self._block()
            return Operation("DELETE WHERE", self._prologue, delete=block, where=block)
        if word in ("INSERT", "DELETE", "WITH"):
            return self._modify(word)
        silent = self.skip("SILENT")
        graphs = [self._graph()]
        if self.skip("TO", "INTO"):
            graphs.append(self._graph())
        return Operation(word, self._prologue, silent, tuple(graphs))

    def _modify(self, word: str) -> Operation:
        with_graph = ""
        if word == "WITH":
            with_graph = self._raw()
            word = self._word()
        delete = self._block() if word == "DELETE" else ""
        insert = self._block() if word == "INSERT" or self.skip("INSERT") else ""
        using: list[str] = []
        using_named: list[str] = []
        while self.skip("USING"):
            (using_named if self.skip("NAMED") else using).append(self._raw())
        self.skip("WHERE")
        return Operation(
            "MODIFY",
            self._prologue,
            delete=delete,
            insert=insert,
            where=self._block(),
            with_graph=with_graph,
            using=tuple(using),
            using_named=tuple(using_named),
        )

    def _word(self) -> str:
        return self._raw().upper()

    def _raw(self) -> str:
        self._place += 1
        return self._tokens[self._place - 1].text

    def _graph(self) -> str:
        self.skip("GRAPH")
        token = self._tokens[self._place]
        self._place += 1
        return token.keyword or token.text

    def _block(self) -> str:
        """From an opening brace to the one that closes it, as it stands in the text."""
        first = self._place
        depth = 0
        while True:
            token = self._tokens[self._place]
            self._place += 1
            depth += (token.text == "{") - (token.text == "}")
            if depth == 0:
                return self._text[self._tokens[first].start : token.start + 1]
