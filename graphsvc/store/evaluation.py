"""One query on the engine: dataset, bindings, evaluation, serialisation.

The same function runs in a reader process and in the in-process adapters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import chain, islice
from typing import IO, Any

import pyoxigraph as ox

from graphsvc.errors import GraphsvcError, StoreError, UnknownFunction
from graphsvc.formats import GRAPH_FORMATS, N_TRIPLES, Format
from graphsvc.rdf.reading import engine_format
from graphsvc.rdf.writing import cannot_carry, sorted_lines, write_graph_document
from graphsvc.sparql import Query
from graphsvc.sparql.diagnosis import diagnose
from graphsvc.store.output_cap import OutputCap

_UNKNOWN_FUNCTION = re.compile(r"custom (?:aggregate )?function (<[^>]*>) is not supported")
# Up to so many triples a CONSTRUCT or DESCRIBE is sorted, so that the same graph gives the same bytes; beyond
# it is streamed as the engine finds them.
SORTED_TRIPLES = 20_000
# Of what a query constructs in N-Triples, which is for programs: to sort 1,200 lines takes a quarter of the time.
SORTED_LINES = 1_000


def failure(what: str, error: Exception) -> GraphsvcError:
    """What the engine's refusal to go on is to the asker: an UnknownFunction, else a StoreError."""
    refused = cannot_carry(error)
    if refused is not None:
        return refused
    unknown = _UNKNOWN_FUNCTION.search(str(error))
    if unknown:
        return UnknownFunction(
            f"There is no function {unknown[1]} here; the service description lists those there are."
        )
    return StoreError(f"{what}: {error}")


def evaluate(
    store: ox.Store,
    query: Query,
    result: Format,
    out: IO[bytes],
    *,
    base: str | None = None,
    prefixes: Mapping[str, str] | None = None,
    union: bool = True,
    cap: OutputCap = OutputCap(),  # noqa: B008
) -> None:
    """Run `query` on `store` and write its answer in the format `result` to `out`.

    `base` resolves relative IRIs in the text; `prefixes` shorten the IRIs of a Turtle answer and name what is
    missing in a syntax error; with `union` the default graph is the union of all graphs unless the query or its
    request names the dataset. Raises QuerySyntaxError, UnknownFunction, ResultTooLarge for an answer past the
    cap, or StoreError where the engine fails.
    """
    try:
        found = store.query(query.text, base_iri=base, **_dataset(query, union))
    except SyntaxError as error:
        raise diagnose(query.text, str(error), prefixes or {}) from None
    except (OSError, RuntimeError, ValueError) as error:
        raise failure("The store could not run the query", error) from error
    try:
        if isinstance(found, ox.QueryTriples):
            _write_found(found, result, out, prefixes or {}, cap)
        else:
            wanted = ox.QueryResultsFormat.from_media_type(result.media_type)
            if wanted is None:
                raise ValueError(f"{result.label} cannot carry solutions")
            found.serialize(cap.file(out, result), wanted)
    except BrokenPipeError:
        raise
    except (OSError, RuntimeError) as error:
        raise failure("The store failed while answering", error) from error


def _write_found(
    found: ox.QueryTriples, result: Format, out: IO[bytes], prefixes: Mapping[str, str], cap: OutputCap
) -> None:
    """Write what a query found, in N-Triples without an object for each triple."""
    capped = cap.file(out, result)
    if result != N_TRIPLES:
        write_triples(cap.counted(found), result, capped, prefixes)
        return
    lines = _Lines(capped, SORTED_LINES, cap)
    found.serialize(lines, ox.RdfFormat.N_TRIPLES)  # type: ignore[arg-type]
    lines.end()


class _Lines:
    """A file of N-Triples: less than `few` lines are sorted, and more pass as they come."""

    def __init__(self, out: IO[bytes], few: int, cap: OutputCap) -> None:
        self._out, self._few, self._cap = out, few, cap
        self._held: list[bytes] = []
        self._lines = 0

    def write(self, chunk: bytes) -> int:
        # A line end within a literal is escaped: https://www.w3.org/TR/n-triples/#grammar-production-STRING_LITERAL_QUOTE
        self._lines += chunk.count(b"\n")
        self._cap.count(self._lines)
        self._held.append(bytes(chunk))
        if self._lines >= self._few:
            self._out.write(b"".join(self._held))
            self._held = []
        return len(chunk)

    def flush(self) -> None:
        """Nothing: the serialiser calls it at its end, and so does `end`."""

    def end(self) -> None:
        """Write what was held."""
        self._out.write(sorted_lines(b"".join(self._held)))


def write_graph(
    store: ox.Store, name: str, result: Format, out: IO[bytes], *, prefixes: Mapping[str, str] | None = None
) -> None:
    """Write one graph of `store` to `out`; the empty name is the graph outside all named graphs."""
    graph = ox.NamedNode(name) if name else ox.DefaultGraph()
    if result == N_TRIPLES:
        lines = _Lines(out, SORTED_TRIPLES, OutputCap())
        store.dump(lines, ox.RdfFormat.N_TRIPLES, from_graph=graph)  # type: ignore[arg-type]
        lines.end()
        return
    quads = store.quads_for_pattern(None, None, None, graph)
    write_triples((quad.triple for quad in quads), result, out, prefixes or {})


def _dataset(query: Query, union: bool) -> dict[str, Any]:
    """https://www.w3.org/TR/sparql11-protocol/#dataset: the request's dataset beats the text's."""
    if query.dataset.given:
        return {
            "default_graph": [ox.NamedNode(iri) for iri in query.dataset.default_graphs or ()],
            "named_graphs": [ox.NamedNode(iri) for iri in query.dataset.named_graphs or ()],
        }
    return {"use_default_graph_as_union": True} if union and not query.names_dataset else {}


def write_triples(
    found: Iterable[ox.Triple], result: Format, out: IO[bytes], prefixes: Mapping[str, str]
) -> None:
    """Write triples to `out`; sorted, and so always the same bytes, as long as they are few."""
    if result not in GRAPH_FORMATS:
        raise ValueError(f"{result.label} cannot carry a graph")
    triples = iter(found)
    first = list(islice(triples, SORTED_TRIPLES))
    if len(first) < SORTED_TRIPLES:
        out.write(write_graph_document(first, result, prefixes))
    else:
        ox.serialize(chain(first, triples), out, engine_format(result), prefixes=dict(prefixes))
