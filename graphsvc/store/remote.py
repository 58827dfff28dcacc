"""The adapter for any server of the SPARQL 1.1 Protocol and the Graph Store HTTP Protocol.

https://www.w3.org/TR/sparql11-protocol/, https://www.w3.org/TR/sparql11-http-rdf-update/. Half an answer, or an
error in the midst of one, never looks like a whole one (`remote_answer`).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

import pyoxigraph as ox

from graphsvc.errors import Forbidden, GraphsvcError, NotFound, NotSupported, OutOfTime, RemoteFailure
from graphsvc.exchange import Message, Reply
from graphsvc.formats import CSV, N_TRIPLES, Format
from graphsvc.sparql import Dataset, Query, Update, read
from graphsvc.sparql.dataset_clause import without_dataset
from graphsvc.sparql.diagnosis import diagnose
from graphsvc.sparql.gate import Form
from graphsvc.sparql.lexer import tokens
from graphsvc.sparql.update import operations
from graphsvc.store.output_cap import OutputCap
from graphsvc.store.port import Answer, Limits, Receipt, Write
from graphsvc.store.remote_answer import asked_for, copy_triples, handed_on, rewritten
from graphsvc.store.remote_link import Link, Remote, busy
from graphsvc.store.remote_state import RemoteState
from graphsvc.store.updating import check_syntax
from graphsvc.store.writing import read_content

__all__ = ["Remote", "RemoteStore"]
_FORM = "application/x-www-form-urlencoded"
# What a server may say when it refuses; longer is cut.
_EXCUSE = 1_000
# https://docs.openlinksw.com/virtuoso/rdfsparqlprotocolendpoint/
_CUT = frozenset({"x-sparql-maxrows", "x-sql-state", "x-sql-message"})
_LATE = "S1TAT"


class RemoteStore:
    """The store behind `remote`; the default graph is what that server says that it is.

    `base` resolves relative IRIs, `prefixes` shorten those of an answer. A request has `timeout` seconds unless
    its limits give it less. Up to `hold_back` bytes an answer is whole before its first byte is sent.
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
        self._link = Link(remote, timeout)
        self._state = RemoteState(remote, self._mark)

    def query(self, query: Query, result: Format, limits: Limits = Limits()) -> Answer:  # noqa: B008
        """See `Store.query`. Raises RemoteFailure and OutOfService too."""
        if query.history:
            raise NotSupported("There is no record of the writes to a remote store.")
        return self._answer(query, result, limits, self.epoch())

    def _answer(self, query: Query, result: Format, limits: Limits, epoch: str) -> Answer:
        rows = query.form in (Form.SELECT, Form.ASK)
        dialect = self._remote.dialect
        named = query.names_dataset or query.dataset.given
        # Some servers merge the two where the request's dataset should win.
        text = without_dataset(query.text) if query.dataset.given else query.text
        fields = [("query", self._based(text))]
        fields += _dataset(query.dataset, "default-graph-uri", "named-graph-uri")
        accept = asked_for(result, dialect) if rows else N_TRIPLES
        headers = {"Accept": accept.media_type, "Content-Type": _FORM}
        url = self._remote.query
        if not named:
            url = _with(url, dialect.union_query)
        url = self._timed(url, limits)
        message = Message("POST", url, headers, urlencode(fields).encode())
        cap = OutputCap(limits.max_rows, limits.max_bytes)
        with ExitStack() as stack:
            reply = stack.enter_context(self._link.reading(message, limits))
            if reply.status == 400:
                raise self._refused(query, _excuse(reply))
            self._check_whole(reply)
            if rows:
                return handed_on(stack, reply, result, dialect, cap, epoch, self._hold_back)
            return rewritten(reply, lambda out: copy_triples(reply, result, out, self._prefixes, cap), epoch)

    def _refused(self, query: Query, said: str) -> GraphsvcError:
        """What a server means that refuses a query; where the text is at fault, by our own parser's words."""
        if (known := self._excused(said)) is not None:
            return known
        if query.form is not Form.ASK:
            # The engine evaluates these when their solutions are asked for, so nothing runs.
            try:
                ox.Store().query(query.text, base_iri=self._base)
            except SyntaxError as error:
                return diagnose(query.text, str(error), self._prefixes)
        return diagnose(query.text, said, self._prefixes)

    def graph(self, name: str, result: Format, limits: Limits = Limits()) -> Answer:  # noqa: B008
        """See `Store.graph`. Raises RemoteFailure and OutOfService too."""
        epoch = self.epoch()
        if not self._remote.graph_store and name:
            return self._constructed(name, result, limits)
        message = Message("GET", self._graph_url(name), {"Accept": N_TRIPLES.media_type})
        with self._link.reading(message, limits) as reply:
            if reply.status == 404:
                raise NotFound(f"There is no graph <{name}>.")
            self._check_whole(reply)
            cap = OutputCap(limits.max_rows, limits.max_bytes)
            return rewritten(reply, lambda out: copy_triples(reply, result, out, self._prefixes, cap), epoch)

    def _constructed(self, name: str, result: Format, limits: Limits) -> Answer:
        """A graph by a query, of a server without the Graph Store Protocol: one without triples is not there."""
        graph = ox.NamedNode(name)
        if b"true" not in self.query(read(f"ASK {{ GRAPH {graph} {{ ?s ?p ?o }} }}"), CSV, limits).read():
            raise NotFound(f"There is no graph <{name}>.")
        text = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH {graph} {{ ?s ?p ?o }} }}"
        return self.query(read(text), result, limits)

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
        self._state.changed()
        try:
            with self._link.writing(message, limits) as reply:
                if reply.status == 400 and write.kind == "update":
                    said = _excuse(reply)
                    raise self._excused(said) or diagnose(write.content.decode(), said, self._prefixes)
                if reply.status == 404:
                    raise NotFound(f"There is no graph <{write.graph}>.")
                self._check(reply)
                created = reply.status == 201 and write.kind in ("put", "post")
            if write.kind != "update" and self._remote.epoch_graph:
                self._leave_mark(limits)
        finally:
            self._state.changed()
        return Receipt(self.epoch(), None, None, created)

    def _leave_mark(self, limits: Limits) -> None:
        """Tell the others of a change that was no update. Raises RemoteFailure where they cannot be told."""
        if not self._remote.update:
            raise NotSupported("A graph that marks changes needs the URL that takes updates.")
        fields = urlencode([("update", self._state.mark())]).encode()
        with self._link.writing(
            Message("POST", self._remote.update, {"Content-Type": _FORM}, fields), limits
        ) as reply:
            self._check(reply)

    def epoch(self) -> str:
        """See `Store.epoch`, as far as a remote store tells (`remote_state`)."""
        return self._state.name()

    def _mark(self, text: str) -> str:
        limits = Limits(timeout=min(5.0, self._timeout))
        return self._answer(read(text), CSV, limits, "").read().decode()

    def close(self) -> None:
        """See `Store.close`."""
        self._link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _based(self, text: str) -> str:
        return f"BASE <{self._base}> {text}" if self._base else text

    def _timed(self, url: str, limits: Limits) -> str:
        """The URL with how long the server may take, where it can be told."""
        deadline = self._remote.dialect.deadline
        given = self._timeout if limits.timeout is None else min(limits.timeout, self._timeout)
        return _with(url, deadline(given)) if deadline else url

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
            ("update", self._state.marked(self._based(text))),
            *_dataset(dataset, "using-graph-uri", "using-named-graph-uri"),
        ]
        named = dataset.given or any(token.keyword in ("USING", "WITH") for token in tokens(text))
        union = self._remote.dialect.union_update
        url = self._remote.update if named else _with(self._remote.update, union)
        return Message("POST", url, {"Content-Type": _FORM}, urlencode(fields).encode())

    def _graph_write(self, write: Write) -> Message:
        if write.kind == "patch":
            raise NotSupported("A graph of a remote store cannot be patched; send the update to /update.")
        if self._reserved is not None and write.graph.startswith(self._reserved):
            raise Forbidden(f"The graph <{write.graph}> is kept by the service itself.")
        if write.allowed is not None and not write.graph.startswith(write.allowed):
            raise Forbidden(f"This token may not write to <{write.graph}>.")
        url = self._graph_url(write.graph)
        if write.kind == "delete":
            return Message("DELETE", url)
        triples = [quad.triple for quad in read_content(write, self._base)]
        body = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES)
        assert body is not None
        return Message(write.kind.upper(), url, {"Content-Type": N_TRIPLES.media_type}, body)

    def _excused(self, said: str) -> GraphsvcError | None:
        for words, error in self._remote.dialect.excuses:
            if words in said:
                return error(f"The remote store answered: {said}")
        return None

    def _check(self, reply: Reply) -> None:
        if 200 <= reply.status < 300:
            return
        if (error := busy(reply)) is not None:
            raise error
        said = _excuse(reply)
        if (known := self._excused(said)) is not None:
            raise known
        if reply.status in (401, 403):
            raise RemoteFailure(f"The remote store does not let this service in ({reply.status}).")
        raise RemoteFailure(f"The remote store answered {reply.status}: {said or 'nothing more'}")

    def _check_whole(self, reply: Reply) -> None:
        """Refuse what says of itself that it is not all: 206, and the headers by which Virtuoso tells of a cut."""
        self._check(reply)
        cut = {name.lower(): value for name, value in reply.headers.items() if name.lower() in _CUT}
        if _LATE in cut.get("x-sql-state", ""):
            raise OutOfTime("The remote store did not finish in time.")
        if reply.status != 200 or cut:
            sign = f"header {next(iter(cut))}" if cut else f"status {reply.status}"
            raise RemoteFailure(f"The remote store answered with a part of the result ({sign}).")


def _with(url: str, parameters: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{parameters}" if parameters else url


def _dataset(dataset: Dataset, default: str, named: str) -> list[tuple[str, str]]:
    chosen = [(default, iri) for iri in dataset.default_graphs or ()]
    return chosen + [(named, iri) for iri in dataset.named_graphs or ()]


def _excuse(reply: Reply) -> str:
    return reply.read(_EXCUSE).decode(errors="replace").strip()
