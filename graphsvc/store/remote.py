"""The adapter for any server of the SPARQL 1.1 Protocol and the Graph Store HTTP Protocol.

https://www.w3.org/TR/sparql11-protocol/, https://www.w3.org/TR/sparql11-http-rdf-update/. What the server
answers is read to its end and written anew, so that half an answer, or an error in the midst of one, never looks
like a whole one.
"""

from __future__ import annotations

import hashlib
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import urlencode

import pyoxigraph as ox

from graphsvc.errors import (
    Conflict,
    Forbidden,
    GraphsvcError,
    NotFound,
    NotSupported,
    RemoteFailure,
    UnknownFunction,
)
from graphsvc.exchange import Message, Reply, exchange
from graphsvc.formats import N_TRIPLES, RESULTS_JSON, Format
from graphsvc.sparql import Dataset, Query, Update
from graphsvc.sparql.diagnosis import diagnose
from graphsvc.sparql.gate import Form
from graphsvc.sparql.lexer import tokens
from graphsvc.sparql.update import operations
from graphsvc.store.evaluation import write_triples
from graphsvc.store.output_cap import OutputCap
from graphsvc.store.port import Answer, Limits, Receipt, Write
from graphsvc.store.updating import check_syntax
from graphsvc.store.writing import read_content

_FORM = "application/x-www-form-urlencoded"
_CHUNK = 1 << 16
# What a server may say when it refuses; longer is cut.
_EXCUSE = 1_000
# https://docs.openlinksw.com/virtuoso/rdfsparqlprotocolendpoint/
_CUT = frozenset({"x-sparql-maxrows", "x-sql-state", "x-sql-message"})
# What Oxigraph says, with a status that puts the blame on itself, of a fault of the request.
_KNOWN_EXCUSES: tuple[tuple[str, type[GraphsvcError]], ...] = (
    ("is not supported", UnknownFunction),
    ("does not exist", NotFound),
    ("already exists", Conflict),
)


@dataclass(frozen=True)
class Remote:
    """Where a remote store answers; without `update` and `graph_store` it is read-only.

    `authorization` is sent as the header of that name. `union_query` and `union_update` are the parameters of the
    URL that make the default graph the union of all, sent unless the dataset is named; the standard has none
    (Oxigraph: union-default-graph, using-union-graph). `freshness` is for how many seconds an answer may be
    taken for the present one, since the server does not say when its data change.
    """

    query: str
    update: str = ""
    graph_store: str = ""
    authorization: str = ""
    union_query: str = ""
    union_update: str = ""
    freshness: float = 2.0


@dataclass
class _Changes:
    """What is known of the changes of a remote store: those that were made here."""

    start: str = field(default_factory=lambda: uuid.uuid4().hex)
    own: int = 0


class RemoteStore:
    """The store behind `remote`; the default graph is what that server says that it is.

    `base` resolves relative IRIs, `prefixes` shorten those of an answer. A request has `timeout` seconds unless
    its limits give it less. Up to `hold_back` bytes an answer is kept in memory, beyond in a temporary file.
    """

    def __init__(
        self,
        remote: Remote,
        *,
        base: str | None = None,
        prefixes: Mapping[str, str] | None = None,
        reserved: str | None = None,
        timeout: float = 30.0,
        hold_back: int = 16 << 20,
    ) -> None:
        self._remote = remote
        self._base = base
        self._prefixes = dict(prefixes or {})
        self._reserved = reserved
        self._timeout = timeout
        self._hold_back = hold_back
        self._changes = _Changes()
        self._lock = threading.Lock()

    def query(self, query: Query, result: Format, limits: Limits = Limits()) -> Answer:  # noqa: B008
        """See `Store.query`. Raises RemoteFailure too."""
        if query.history:
            raise NotSupported("There is no record of the writes to a remote store.")
        rows = query.form in (Form.SELECT, Form.ASK)
        fields = [("query", self._based(query.text))]
        fields += _dataset(query.dataset, "default-graph-uri", "named-graph-uri")
        headers = {"Accept": (RESULTS_JSON if rows else N_TRIPLES).media_type, "Content-Type": _FORM}
        epoch = self.epoch()
        named = query.names_dataset or query.dataset.given
        url = self._remote.query if named else _with(self._remote.query, self._remote.union_query)
        message = self._message("POST", url, headers, urlencode(fields).encode())
        with self._send(message, limits) as reply:
            if reply.status == 400:
                raise diagnose(query.text, _excuse(reply), self._prefixes)
            _check_whole(reply)
            cap = OutputCap(limits.max_rows, limits.max_bytes)
            return self._rewritten(reply, result, epoch, cap, rows=rows)

    def graph(self, name: str, result: Format, limits: Limits = Limits()) -> Answer:  # noqa: B008
        """See `Store.graph`. Raises RemoteFailure too."""
        url = self._graph_url(name)
        epoch = self.epoch()
        with self._send(self._message("GET", url, {"Accept": N_TRIPLES.media_type}), limits) as reply:
            if reply.status == 404:
                raise NotFound(f"There is no graph <{name}>.")
            _check_whole(reply)
            return self._rewritten(reply, result, epoch, OutputCap(), rows=False)

    def graph_epoch(self, name: str, limits: Limits = Limits()) -> str:  # noqa: ARG002, B008
        """See `Store.graph_epoch`: it is not known."""
        return ""

    def write(self, write: Write, limits: Limits = Limits()) -> Receipt:  # noqa: B008
        """See `Store.write`; how much was changed is not known. Raises RemoteFailure and NotSupported too."""
        if write.if_epochs is not None or write.unless_epochs is not None:
            raise NotSupported(
                "The remote store does not say when a graph changes: no write can depend on it."
            )
        if write.dry_run:
            raise NotSupported("The remote store has no dry run.")
        message = self._update(write) if write.kind == "update" else self._graph_write(write)
        with self._lock:
            self._changes.own += 1
        try:
            with self._send(message, limits) as reply:
                if reply.status == 400 and write.kind == "update":
                    raise diagnose(write.content.decode(), _excuse(reply), self._prefixes)
                if reply.status == 404:
                    raise NotFound(f"There is no graph <{write.graph}>.")
                _check(reply)
                created = reply.status == 201 and write.kind in ("put", "post")
        finally:
            with self._lock:
                self._changes.own += 1
        return Receipt(self.epoch(), None, None, created)

    def epoch(self) -> str:
        """See `Store.epoch`: another after each write of ours, and after `freshness` seconds."""
        with self._lock:
            window = int(time.monotonic() / self._remote.freshness)
            state = f"{self._changes.start} {self._changes.own} {window}"
        return hashlib.sha256(state.encode()).hexdigest()[:16]

    def close(self) -> None:
        """See `Store.close`; nothing is held."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _based(self, text: str) -> str:
        return f"BASE <{self._base}> {text}" if self._base else text

    def _message(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Message:
        sent = dict(headers)
        if self._remote.authorization:
            sent["Authorization"] = self._remote.authorization
        return Message(method, url, sent, body)

    def _send(self, message: Message, limits: Limits) -> AbstractContextManager[Reply]:
        given = self._timeout if limits.timeout is None else min(limits.timeout, self._timeout)
        return exchange(message, time.monotonic() + given, limits.cancelled)

    def _rewritten(self, reply: Reply, result: Format, epoch: str, cap: OutputCap, *, rows: bool) -> Answer:
        # The answer closes it when it is read, or let go of.
        out: IO[bytes] = tempfile.SpooledTemporaryFile(self._hold_back)  # noqa: SIM115
        try:
            if rows:
                _copy_rows(reply, result, cap.file(out, result))
            else:
                _copy_triples(reply, result, out, self._prefixes, cap)
        except (SyntaxError, OSError) as error:
            out.close()
            raise reply.failure or RemoteFailure(f"The remote store broke off its answer: {error}") from error
        except BaseException:
            out.close()
            raise
        length = out.tell()
        out.seek(0)
        return Answer(_chunks(out), epoch, length)

    def _graph_url(self, name: str) -> str:
        if not self._remote.graph_store:
            raise NotSupported("The remote store has no graph store that this service knows of.")
        return _with(self._remote.graph_store, urlencode({"graph": name}) if name else "default")

    def _update(self, write: Write) -> Message:
        if not self._remote.update:
            raise NotSupported("The remote store takes no updates that this service knows of.")
        if write.allowed is not None:
            raise Forbidden("This token is for some graphs alone; to a remote store it may not send updates.")
        text = write.content.decode()
        check_syntax(text, base=self._base, prefixes=self._prefixes)
        # LOAD is refused here as in any store.
        for _ in operations(Update(text)):
            pass
        dataset = Dataset(write.using, write.using_named)
        fields = [
            ("update", self._based(text)),
            *_dataset(dataset, "using-graph-uri", "using-named-graph-uri"),
        ]
        named = dataset.given or any(token.keyword in ("USING", "WITH") for token in tokens(text))
        url = self._remote.update if named else _with(self._remote.update, self._remote.union_update)
        return self._message("POST", url, {"Content-Type": _FORM}, urlencode(fields).encode())

    def _graph_write(self, write: Write) -> Message:
        if write.kind == "patch":
            raise NotSupported("A graph of a remote store cannot be patched; send the update to /update.")
        if self._reserved is not None and write.graph.startswith(self._reserved):
            raise Forbidden(f"The graph <{write.graph}> is kept by the service itself.")
        if write.allowed is not None and not write.graph.startswith(write.allowed):
            raise Forbidden(f"This token may not write to <{write.graph}>.")
        url = self._graph_url(write.graph)
        if write.kind == "delete":
            return self._message("DELETE", url, {})
        triples = [quad.triple for quad in read_content(write, self._base)]
        body = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES)
        assert body is not None
        return self._message(write.kind.upper(), url, {"Content-Type": N_TRIPLES.media_type}, body)


def _with(url: str, parameters: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{parameters}" if parameters else url


def _dataset(dataset: Dataset, default: str, named: str) -> list[tuple[str, str]]:
    chosen = [(default, iri) for iri in dataset.default_graphs or ()]
    return chosen + [(named, iri) for iri in dataset.named_graphs or ()]


def _check(reply: Reply) -> None:
    if 200 <= reply.status < 300:
        return
    excuse = _excuse(reply)
    for words, error in _KNOWN_EXCUSES:
        if words in excuse:
            raise error(f"The remote store answered: {excuse}")
    raise RemoteFailure(f"The remote store answered {reply.status}: {excuse or 'nothing more'}")


def _check_whole(reply: Reply) -> None:
    """Refuse what says of itself that it is not all: 206, and the headers by which Virtuoso owns up to a cut."""
    _check(reply)
    cut = [name for name in reply.headers if name.lower() in _CUT]
    if reply.status != 200 or cut:
        sign = f"header {cut[0]}" if cut else f"status {reply.status}"
        raise RemoteFailure(f"The remote store answered with a part of the result ({sign}).")


def _excuse(reply: Reply) -> str:
    return reply.read(_EXCUSE).decode(errors="replace").strip()


def _copy_rows(reply: Reply, result: Format, out: IO[bytes]) -> None:
    given = ox.QueryResultsFormat.from_media_type(reply.media_type)
    wanted = ox.QueryResultsFormat.from_media_type(result.media_type)
    if given not in (ox.QueryResultsFormat.JSON, ox.QueryResultsFormat.XML):
        raise RemoteFailure(f"The remote store answered a query in {reply.media_type!r}.")
    if wanted is None:
        raise ValueError(f"{result.label} cannot carry solutions")
    found: Any = None
    try:
        found = ox.parse_query_results(reply, given)  # type: ignore[arg-type]
        found.serialize(out, wanted)
    finally:
        # The engine's object must end in the thread that made it, and a traceback would keep it.
        found = None


def _copy_triples(
    reply: Reply, result: Format, out: IO[bytes], prefixes: Mapping[str, str], cap: OutputCap
) -> None:
    triples = (quad.triple for quad in ox.parse(reply, ox.RdfFormat.N_TRIPLES))  # type: ignore[arg-type]
    try:
        write_triples(cap.counted(triples), result, cap.file(out, result), prefixes)
    finally:
        triples.close()


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk
