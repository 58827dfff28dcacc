"""Asks the endpoints of SERVICE clauses: those that the operator lists, where they are, and no others.

https://www.w3.org/TR/sparql11-federated-query/. The processes that evaluate queries have no way to the network;
this is done before, and what the endpoints say goes into the query.
"""

from __future__ import annotations

import hashlib
import ipaddress
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaiting
from typing import Any
from urllib.parse import urlencode, urlsplit

import pyoxigraph as ox

from graphsvc.errors import BadRequest, OutOfTime, RemoteAccessRefused, RemoteFailure
from graphsvc.exchange import Message, Reply, exchange
from graphsvc.formats import RESULTS_JSON
from graphsvc.rdf import Iri
from graphsvc.sparql.federated_query import NOTHING_SAID, ServiceCall, Table, with_tables

# The most bytes and rows that one endpoint may answer with.
MAX_BYTES = 16 << 20
MAX_ROWS = 100_000
# A blank node of an answer becomes an IRI, since VALUES can hold none.
# https://www.w3.org/TR/rdf11-concepts/#section-skolemization
GENID = "/.well-known/genid/"


def with_answers(
    text: str, calls: Sequence[ServiceCall], deadline: float, cancelled: Callable[[], bool] = lambda: False
) -> str:
    """The text of a query with its SERVICE clauses answered, by `deadline` (of time.monotonic).

    An endpoint that fails counts as one empty solution where the clause is SILENT. Raises RemoteFailure,
    RemoteAccessRefused for one at a private address that is not listed as such, OutOfTime.
    """
    return with_tables(text, calls, [_table(call, deadline, cancelled) for call in calls])


def _table(call: ServiceCall, deadline: float, cancelled: Callable[[], bool]) -> Table:
    try:
        return _ask(call, deadline, cancelled)
    except (RemoteFailure, BadRequest):
        if call.silent:
            return NOTHING_SAID
        raise
    except OutOfTime as error:
        raise OutOfTime(f"SERVICE <{call.endpoint}>: {error}") from error


def _ask(call: ServiceCall, deadline: float, cancelled: Callable[[], bool]) -> Table:
    headers = {"Accept": RESULTS_JSON.media_type, "Content-Type": "application/x-www-form-urlencoded"}
    addresses = permitted_addresses(call.endpoint, deadline)
    body = urlencode({"query": call.query}).encode()
    with exchange(Message("POST", call.endpoint, headers, body, addresses), deadline, cancelled) as reply:
        reply.limit = MAX_BYTES
        if reply.status == 400:
            said = reply.read(1000).decode(errors="replace").strip()
            raise BadRequest(f"SERVICE <{call.endpoint}> says that its query is wrong: {said}")
        if reply.status != 200:
            raise RemoteFailure(f"SERVICE <{call.endpoint}> answered with status {reply.status}.")
        return _rows(call, reply)


def _rows(call: ServiceCall, reply: Reply) -> Table:
    syntax = ox.QueryResultsFormat.from_media_type(reply.media_type)
    if syntax not in (ox.QueryResultsFormat.JSON, ox.QueryResultsFormat.XML):
        raise RemoteFailure(f"SERVICE <{call.endpoint}> answered in {reply.media_type!r}.")
    rows: list[list[str]] = []
    found: Any = None
    try:
        found = ox.parse_query_results(reply, syntax)  # type: ignore[arg-type]
        told = [variable.value for variable in found.variables if variable.value in call.variables]
        for row in found:
            rows.append([_term(call, row[name]) for name in told])
            if len(rows) > MAX_ROWS:
                raise RemoteFailure(f"SERVICE <{call.endpoint}> answered with more than {MAX_ROWS:,} rows.")
    except (SyntaxError, OSError, ValueError, AttributeError) as error:
        wrong = RemoteFailure(f"SERVICE <{call.endpoint}> broke off its answer: {error}")
        raise reply.failure or wrong from error
    finally:
        # The engine's object must end in the thread that made it, and a traceback would keep it.
        found = None
    return told, rows


def _term(call: ServiceCall, term: object) -> str:
    if term is None:
        return "UNDEF"
    if isinstance(term, ox.NamedNode):
        return Iri(term.value).n3()
    if isinstance(term, ox.Literal):
        return str(term)
    if isinstance(term, ox.BlankNode):
        url = urlsplit(call.endpoint)
        name = hashlib.sha256(f"{call.endpoint} {call.query} {term.value}".encode()).hexdigest()[:24]
        return f"<{url.scheme}://{url.netloc}{GENID}{name}>"
    raise RemoteFailure(f"SERVICE <{call.endpoint}> answered with a triple term, which cannot be taken over.")


def permitted_addresses(url: str, deadline: float) -> list[str]:
    """The addresses at which a listed endpoint may be asked, looked up once.

    An address that is not one of the public network has to be what is listed: a name that leads to one is
    refused, whoever answers for the name. Raises RemoteAccessRefused, RemoteFailure, OutOfTime.
    """
    host = urlsplit(url).hostname or ""
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        found = _looked_up(host, deadline)
    for address in found:
        if not _is_public(address):
            raise RemoteAccessRefused(
                f"{host} is at {address}, which is no public address; list the address itself to allow it."
            )
    return found


def _looked_up(host: str, deadline: float) -> list[str]:
    pool = ThreadPoolExecutor(1)
    try:
        future = pool.submit(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM)
        found = future.result(max(0.0, deadline - time.monotonic()))
    except StillWaiting as error:
        raise OutOfTime(f"The address of {host} was not found in time.") from error
    except (OSError, UnicodeError) as error:
        raise RemoteFailure(f"{host} has no address.") from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text)
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_global and not (mapped or address).is_multicast)
