"""A shapes graph that may run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from graphsvc.rdf import Literal
from graphsvc.validation.constraints import checked_queries, queries_of
from graphsvc.validation.statements import Document, Statements, Triple, read
from graphsvc.validation.structure import check_structure


@dataclass(frozen=True, eq=False)
class Shapes:
    """A checked shapes graph: its statements, and its SPARQL queries with their prefixes declared.

    It equals itself alone, so what is found out about it can be remembered.
    """

    statements: Statements
    queries: Mapping[Triple, Literal]

    @classmethod
    def load(cls, documents: Iterable[Document]) -> Shapes:
        """The shapes graph that the documents make up together.

        Raises DataSyntaxError for a document that does not parse, ShapesError for shapes that have no defined
        meaning or break the syntax rules of SHACL (https://www.w3.org/TR/shacl/#syntax-rules), TooComplex and
        RemoteAccessRefused as their checks do. Nothing that the shapes name is fetched.
        """
        given = tuple(documents)
        return _CHECKED.get(given) or _load(given)


# What was checked in another process, for as long as this one lives.
_CHECKED: dict[tuple[Document, ...], Shapes] = {}


def remember(documents: Iterable[Document], queries: Iterable[str]) -> None:
    """Have `Shapes.load` give these without a check, since another process has made it: `queries` are the texts of
    the queries of what it loaded, in their order."""
    given = tuple(documents)
    statements = read(given, role="shapes")
    known = zip(queries_of(statements), map(Literal, queries), strict=True)
    _CHECKED[given] = Shapes(statements, dict(known))


@lru_cache(maxsize=4)
def _load(documents: tuple[Document, ...]) -> Shapes:
    """A service checks data against the same shapes again and again, and the check of the shapes takes longest."""
    from graphsvc.validation.syntax_rules import check_syntax_rules

    statements = read(documents, role="shapes")
    check_structure(statements)
    shapes = Shapes(statements, checked_queries(statements))
    check_syntax_rules(shapes)
    return shapes
