"""Statements as a page tells them: grouped by property, with their named graphs and their sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from graphsvc.describe.evidence import QUOTED_FROM, Passage, Remark
from graphsvc.describe.gathering import FIRST, Gathered, is_quote, natural
from graphsvc.describe.labels import worded
from graphsvc.describe.names import RDF
from graphsvc.describe.properties import Presentation
from graphsvc.describe.statements import MAX_DEPTH, Statement
from graphsvc.rdf import BlankNode, Iri, Literal, Term
from graphsvc.web.addresses import about_link, link_to, with_parameters
from graphsvc.web.service import service
from graphsvc.web.values import Group, Note, Quote, Reader, Value, printable


class Teller:
    """Statements as groups of values, with the graphs they stand in and what is said of them."""

    def __init__(self, found: Gathered, reader: Reader, url: str, presented: Presentation) -> None:
        self._found = found
        self._presented = presented
        self._reader = reader
        self._url = url
        self._told: set[BlankNode] = set()
        self._about: dict[Iri | BlankNode, list[Statement]] = {}
        for statement in sorted({*found.own, *found.part_statements}, key=_fixed_order):
            self._about.setdefault(statement.subject, []).append(statement)
        self.graphs = sorted({s.graph for s in (*found.own, *found.part_statements) if s.graph})
        self.own_quotes = self._quotes(
            s.object.value for s in found.own if is_quote(s) and s.subject == Iri(found.topic)
        )

    def groups(self, subject: Iri | BlankNode, *, top: bool = False, depth: int = 0) -> list[Group]:
        """The statements about a subject, by property, in the order in which those are presented."""
        values: dict[str, dict[Term, set[str]]] = {}
        for statement in self._about.get(subject, ()):
            where = values.setdefault(statement.predicate, {}).setdefault(statement.object, set())
            where.add(statement.graph)
        groups = [self._group(name, terms, top, depth) for name, terms in values.items()]
        return sorted(groups, key=self._order)

    def _order(self, group: Group) -> tuple[tuple[float, ...], str]:
        return self._presented.place(group.property.iri), group.property.text.casefold()

    def _group(self, name: str, terms: Mapping[Term, set[str]], top: bool, depth: int) -> Group:
        shown = [self._value(name, term, graphs, top, depth) for term, graphs in terms.items()]
        ranks = {language: rank for rank, language in enumerate(self._reader.languages)}
        shown.sort(key=lambda v: (ranks.get(v.language, 99), v.language, _natural_text(v.machine or v.text)))
        number = self._found.counts.get(name, len(shown)) if top else len(shown)
        cut = top and number > len(shown) and number > FIRST
        more = with_parameters(self._url, property=name) if cut else None
        return Group(self.term(name), tuple(shown), number, more, self.meaning(name))

    def term(self, name: str, *, incoming: bool = False) -> Value:
        """A property by its label, else by what a shape calls it here, else by the words of its IRI."""
        found = self._reader.link(name)
        if name not in self._reader.known:
            shaped = None if incoming else self._presented.names.get(name)
            called = shaped or Literal(worded(name))
            found = replace(found, text=printable(called.value), language=called.language)
        return replace(found, about=None if found.href == link_to(name) else about_link(name))

    def meaning(self, name: str, *, incoming: bool = False) -> Value | None:
        """What a property is defined as, or what a shape says of it for this resource."""
        described = None if incoming else self._presented.descriptions.get(name)
        found = self._presented.meanings.get(name) or described
        return self._reader.value(found) if found is not None else None

    def _value(self, name: str, term: Term, graphs: set[str], top: bool, depth: int) -> Value:
        value = self._reader.value(term)
        inferred = f"{service().settings.base}/graph/inferred/"
        marks = tuple(self.graphs.index(graph) + 1 for graph in sorted(graphs) if graph)
        value = replace(
            value, graphs=marks, inferred=bool(marks) and all(g.startswith(inferred) for g in graphs)
        )
        if isinstance(term, BlankNode) and term in self._told:
            return replace(value, text="(a node that is told elsewhere on this page)")
        if isinstance(term, BlankNode) and depth < MAX_DEPTH:
            self._told.add(term)
            members = self._members(term)
            if members:
                inside = tuple(self._value(name, member, set(), False, depth + 1) for member in members)
                return replace(value, members=inside)
            return replace(value, nested=tuple(self.groups(term, depth=depth + 1)))
        if top:
            said = self._found.remarks.get((name, term), [])
            notes = [
                r for r in said if r.property != QUOTED_FROM or r.value.value not in self._found.passages
            ]
            quoted = [r.value.value for r in said if r.property == QUOTED_FROM]
            return replace(value, notes=tuple(map(self._note, notes)), quotes=tuple(self._quotes(quoted)))
        return value

    def _members(self, node: Term) -> list[Term]:
        """The members of the RDF list that starts at the node; none where none does."""
        members: list[Term] = []
        seen: set[Term] = set()
        while isinstance(node, BlankNode) and node not in seen:
            seen.add(node)
            cell = {statement.predicate: statement.object for statement in self._about.get(node, ())}
            if RDF + "first" not in cell:
                return []
            members.append(cell[RDF + "first"])
            node = cell.get(RDF + "rest", node)
        return members

    def _note(self, remark: Remark) -> Note:
        return Note(self._reader.link(remark.property), self._reader.value(remark.value))

    def _quotes(self, iris: Iterable[str]) -> list[Quote]:
        found = [self._found.passages[iri] for iri in dict.fromkeys(iris) if iri in self._found.passages]
        return [self._quote(passage) for passage in found if passage.exact is not None]

    def _quote(self, passage: Passage) -> Quote:
        place = self._reader.name(passage.source).value if passage.source else "the source"
        if passage.first_line is not None:
            one = passage.first_line == passage.last_line
            lines = f"line {passage.first_line}" if one else f"lines {passage.first_line}–{passage.last_line}"
            place = f"{place}, {lines}"
        return Quote(passage.exact or "", link_to(passage.iri), place)

    def sections(self) -> list[dict[str, object]]:
        """The parts of the document: those whose name continues another's after a `;` stand inside it."""
        sections: list[dict[str, object]] = []
        inside: dict[str, list[dict[str, object]]] = {}
        for part in self._found.parts:
            section: dict[str, object] = {
                "id": part.partition("#")[2],
                "title": self._title(part),
                "quotes": self._quotes([part]),
                "iri": part,
                "groups": self.groups(Iri(part)),
                "parts": inside.setdefault(part, []),
            }
            inside.get(part.rpartition(";")[0], sections).append(section)
        return sections

    def _title(self, part: str) -> Value:
        """A part's label, or its fragment."""
        title = self._reader.link(part)
        return title if part in self._reader.known else replace(title, text="#" + part.partition("#")[2])


def _fixed_order(statement: Statement) -> tuple[str, ...]:
    return (statement.subject.n3(), statement.predicate, statement.object.n3(), statement.graph)


def _natural_text(text: str) -> list[tuple[int, str]]:
    return natural(text[:200].casefold())
