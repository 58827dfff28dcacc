"""SPARQL 1.1 Update on a draft: each operation sees what those before it did.

https://www.w3.org/TR/sparql11-update/#updateLanguage. WHERE clauses are queries of the engine, templates are
read as TriG with IRIs in place of variables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import uuid4

import pyoxigraph as ox

from graphsvc.errors import Conflict, DataSyntaxError, NotFound, QuerySyntaxError, StoreError
from graphsvc.rdf.terms import Term
from graphsvc.sparql.binding import bind
from graphsvc.sparql.diagnosis import diagnose
from graphsvc.sparql.lexer import tokens
from graphsvc.sparql.update import Operation, Update, operations
from graphsvc.store.changes import Draft, GraphName
from graphsvc.store.evaluation import failure

_VARIABLE = "urn:x-graphsvc:variable:"
_SCRATCH = ox.NamedNode("urn:x-graphsvc:scratch")


def perform(
    draft: Draft,
    update: Update,
    *,
    base: str | None = None,
    prefixes: Mapping[str, str] | None = None,
    union: bool = True,
    default: GraphName | None = None,
    bindings: Mapping[str, Term] | None = None,
) -> None:
    """Make every change that an update asks for.

    `default` takes the place of the default graph, in templates and in WHERE clauses.
    With `union` the default graph of a WHERE clause is the union of all graphs, unless the operation or the
    request names it. `bindings` hold in every WHERE clause, and so in templates.
    Raises QuerySyntaxError, Conflict for a graph to create that exists, NotFound for one that
    is to be there and is not; then the draft holds what was done before, to be undone.
    """
    check_syntax(update.text, base=base, prefixes=prefixes)
    for operation in operations(update):
        performer = _Performer(draft, update, operation, base, union, default or ox.DefaultGraph())
        performer.bindings = bindings or {}
        performer.perform()


def check_syntax(text: str, *, base: str | None = None, prefixes: Mapping[str, str] | None = None) -> None:
    """Parse an update without running it. Raises QuerySyntaxError."""
    if not any(True for _ in tokens(text)):
        return
    scratch = ox.Store()
    scratch.add_graph(_SCRATCH)
    try:
        # The engine parses the whole request first; then the first operation fails, and the rest is not begun.
        scratch.update(f"CREATE GRAPH {_SCRATCH};{text}", base_iri=base)
    except SyntaxError:
        try:
            ox.Store().update(text, base_iri=base)
        except SyntaxError as error:
            raise _as_update(diagnose(text, str(error), prefixes or {})) from None
        except (RuntimeError, OSError):
            return
    except (RuntimeError, OSError):
        return


def _as_update(error: QuerySyntaxError) -> QuerySyntaxError:
    error.source = "update"
    return error


class _Performer:
    """One operation of an update on a draft."""

    def __init__(
        self,
        draft: Draft,
        update: Update,
        operation: Operation,
        base: str | None,
        union: bool,
        default: GraphName,
    ) -> None:
        self._draft = draft
        self._engine = draft.engine
        self._update = update
        self._operation = operation
        self._base = base
        self._union = union
        self._default = default
        self.bindings: Mapping[str, Term] = {}

    def perform(self) -> None:
        match self._operation.kind:
            case "DATA":
                self._draft.remove(self._ground(self._operation.delete))
                self._draft.add(self._ground(self._operation.insert))
            case "MODIFY" | "DELETE WHERE":
                self._modify()
            case "CLEAR" | "DROP":
                self._clear_or_drop()
            case "CREATE":
                self._create()
            case "ADD" | "MOVE" | "COPY":
                self._transfer()
            case other:
                raise StoreError(f"There is no operation {other}.")

    # Graph management, https://www.w3.org/TR/sparql11-update/#graphManagement

    def _clear_or_drop(self) -> None:
        act = self._draft.clear if self._operation.kind == "CLEAR" else self._draft.drop
        which = self._operation.graphs[0]
        if which in ("NAMED", "ALL"):
            for graph in self._draft.named_graphs():
                act(graph)
        if which in ("DEFAULT", "ALL"):
            act(self._default)
        elif which != "NAMED" and self._is_there(which):
            act(self._graph(which))

    def _create(self) -> None:
        graph = self._graph(self._operation.graphs[0])
        if isinstance(graph, ox.DefaultGraph):
            raise Conflict("The default graph is always there.")
        if not self._engine.contains_named_graph(graph):
            self._draft.create(graph)
        elif not self._operation.silent:
            raise Conflict(f"The graph {graph} exists already.")

    def _transfer(self) -> None:
        """ADD, MOVE, COPY. https://www.w3.org/TR/sparql11-update/#add"""
        first, second = self._operation.graphs
        if not self._is_there(first):
            return
        source, target = self._graph(first), self._graph(second)
        if source == target:
            return
        found = list(self._engine.quads_for_pattern(None, None, None, source))
        if self._operation.kind != "ADD":
            self._draft.drop(target)
        if not isinstance(target, ox.DefaultGraph):
            self._draft.create(target)
        self._draft.add(ox.Quad(quad.subject, quad.predicate, quad.object, target) for quad in found)
        if self._operation.kind == "MOVE":
            self._draft.drop(source)

    def _is_there(self, name: str) -> bool:
        graph = self._graph(name)
        if isinstance(graph, ox.DefaultGraph) or self._engine.contains_named_graph(graph):
            return True
        if self._operation.silent:
            return False
        raise NotFound(f"There is no graph {graph}.")

    # Graph update, https://www.w3.org/TR/sparql11-update/#graphUpdate

    def _modify(self) -> None:
        operation = self._operation
        target = self._graph(operation.with_graph) if operation.with_graph else self._default
        delete, insert = self._template(operation.delete), self._template(operation.insert)
        solutions = list(self._solutions(target))
        self._draft.remove([quad for one in solutions for quad in _instances(delete, one, target)])
        self._draft.add([quad for one in solutions for quad in _instances(insert, one, target)])

    def _solutions(self, target: GraphName) -> Iterator[ox.QuerySolution]:
        where = f"SELECT * WHERE {self._operation.where}"
        if self.bindings:
            where = self._bound(where)
        text = self._operation.prologue + where
        try:
            found: Any = self._engine.query(text, base_iri=self._base, **self._dataset(target))
            yield from found
        except (SyntaxError, RuntimeError, OSError, ValueError) as error:
            raise failure("The store could not evaluate a WHERE clause", error) from error

    def _bound(self, where: str) -> str:
        found = list(tokens(where))
        mentioned = {token.text[1:] for token in found if token.kind == "variable"}
        text = bind(where, found, {name: term for name, term in self.bindings.items() if name in mentioned})
        # What the WHERE clause does not mention a template may.
        blocks = (
            f" VALUES ?{name} {{ {term.n3()} }}"
            for name, term in self.bindings.items()
            if name not in mentioned
        )
        return text.replace("{", "{" + "".join(blocks), 1)

    def _dataset(self, target: GraphName) -> dict[str, Any]:
        """https://www.w3.org/TR/sparql11-update/#deleteInsert: WITH, unless USING or the request says more."""
        asked = self._update.dataset
        if asked.given:
            return {
                "default_graph": [ox.NamedNode(iri) for iri in asked.default_graphs or ()],
                "named_graphs": [ox.NamedNode(iri) for iri in asked.named_graphs or ()],
            }
        if self._operation.using or self._operation.using_named:
            return {
                "default_graph": [self._graph(name) for name in self._operation.using],
                "named_graphs": [self._graph(name) for name in self._operation.using_named],
            }
        if not isinstance(target, ox.DefaultGraph):
            return {"default_graph": [target]}
        return {"use_default_graph_as_union": True} if self._union else {}

    # Terms of the text

    def _graph(self, name: str) -> Any:
        if name == "DEFAULT":
            return self._default
        return self._parse(f"{{ {name} {name} {name} }}")[0].predicate

    def _ground(self, block: str) -> list[ox.Quad]:
        return [
            ox.Quad(quad.subject, quad.predicate, quad.object, self._default)
            if isinstance(quad.graph_name, ox.DefaultGraph)
            else quad
            for quad in self._template(block)
        ]

    def _template(self, block: str) -> list[ox.Quad]:
        """The quads of a template, its variables as IRIs."""
        return self._parse("\n".join(_trig(block))) if block else []

    def _parse(self, trig: str) -> list[ox.Quad]:
        document = f"{self._operation.prologue}{trig}"
        try:
            # No node of the store has the label of one that is written.
            return list(ox.parse(document, ox.RdfFormat.TRIG, base_iri=self._base, rename_blank_nodes=True))
        except SyntaxError as error:
            raise DataSyntaxError(f"A template is no RDF: {error.msg}", source="update") from None


def _trig(block: str) -> Iterator[str]:
    """A block of quads as TriG: one pair of braces for each run of triples, variables as IRIs."""
    found = list(tokens(block))[1:-1]
    graph: str | None = None
    depth = 0
    run: list[str] = []
    expect_name = False
    for token in found:
        text = f"<{_VARIABLE}{token.text[1:]}>" if token.kind == "variable" else token.text
        if expect_name:
            graph, expect_name = text, False
        elif depth == 0 and token.keyword == "GRAPH":
            yield "{" + " ".join(run) + "}"
            run, expect_name = [], True
        elif text == "{":
            depth += 1
        elif text == "}":
            depth -= 1
            yield f"{graph} {{" + " ".join(run) + "}"
            run = []
        elif text != "." or run:
            run.append(text)
    yield "{" + " ".join(run) + "}"


def _instances(
    template: Iterable[ox.Quad], solution: ox.QuerySolution, default: GraphName
) -> Iterator[ox.Quad]:
    """The quads of a template for one solution; those with an unbound variable, or that are no RDF, are left out.

    Blank nodes are new ones for each solution. https://www.w3.org/TR/sparql11-update/#deleteInsert
    """
    blanks: dict[str, ox.BlankNode] = {}

    def term(given: Any) -> Any:
        if isinstance(given, ox.NamedNode) and given.value.startswith(_VARIABLE):
            try:
                return solution[given.value.removeprefix(_VARIABLE)]
            except KeyError:
                return None
        if isinstance(given, ox.BlankNode):
            return blanks.setdefault(given.value, ox.BlankNode(uuid4().hex))
        if isinstance(given, ox.Triple):
            return _made(ox.Triple, term(given.subject), term(given.predicate), term(given.object))
        return given

    for quad in template:
        graph = default if isinstance(quad.graph_name, ox.DefaultGraph) else term(quad.graph_name)
        made = _made(ox.Quad, term(quad.subject), term(quad.predicate), term(quad.object), graph)
        if made is not None:
            yield made


def _made(kind: Any, *terms: Any) -> Any:
    try:
        return None if any(term is None for term in terms) else kind(*terms)
    except TypeError:
        return None
