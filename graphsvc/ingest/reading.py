"""From a page to claims: what is stated, where, and what follows by which rule."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from graphsvc.errors import PageError
from graphsvc.ingest import rules
from graphsvc.ingest.claims import RULE, Claims, Names, Object, day, english, term
from graphsvc.ingest.page import Fact, Page, Reference, Row, Section
from graphsvc.ingest.rules import Theme
from graphsvc.ingest.text import Span

_TYPE = term("rdf:type")
_AUTHORITY = "http://publications.europa.eu/resource/authority/"


def claims_of(page: Page, names: Names, themes: Iterable[Theme]) -> Claims:
    """All that the page makes the graph say. Raises PageError for two rows that would have one name."""
    return _Reading(page, names, tuple(themes)).claims()


def row_name(row: Row) -> str:
    """The last part of an instrument's IRI: its reference, else its title, else its date."""
    if row.reference is not None:
        one = row.reference
        return f"{one.series}-{one.year}-{one.number}"
    return rules.slug(row.title.text) or f"untitled-{row.date.isoformat()}"


class _Reading:
    def __init__(self, page: Page, names: Names, themes: tuple[Theme, ...]) -> None:
        self.page = page
        self.names = names
        self.themes = themes
        self.found = Claims()
        self.org = names.thing("org", page.acronym.text.lower())

    def claims(self) -> Claims:
        heading = self.page.heading
        self.found.state(self.names.document, _TYPE, self.names.own("SourceDocument"), heading.span)
        self.found.state(self.names.document, term("dct:title"), english(heading.text), heading.span)
        self._organisation()
        self._tasks()
        for section in self.page.sections:
            self._section(section)
        self._rows()
        self._bodies()
        return self.found

    def _state(self, subject: ox.NamedNode, predicate: str, object_: Object, span: Span) -> ox.Triple:
        return self.found.state(subject, term(predicate), object_, span)

    def _organisation(self) -> None:
        page, org = self.page, self.org
        heading = page.heading.span
        self.found.quote(org, heading)
        self._state(org, "rdf:type", term("cv:PublicOrganisation"), heading)
        self._state(org, "rdf:type", term("org:OrganizationalUnit"), heading)
        name = self._state(org, "skos:prefLabel", english(page.name.text), page.name.span)
        self._state(org, "org:identifier", ox.Literal(page.acronym.text), page.acronym.span)
        if page.description:
            first, last = page.description[0].span, page.description[-1].span
            text = "\n\n".join(fact.text for fact in page.description)
            self._state(org, "dct:description", english(text), Span(first.start, last.end))
        for fact in page.mission:
            self.found.state(org, self.names.own("missionStatement"), english(fact.text), fact.span)
        self._short_name()
        if page.name.text.startswith("Directorate-General for "):
            self._body("com", name)
            kind = ox.NamedNode(f"{_AUTHORITY}corporate-body-classification/DIR_GEN")
            com = self.names.thing("org", "com")
            self.found.derive(org, term("org:unitOf"), com, "parent-body", name)
            self.found.derive(org, term("org:classification"), kind, "parent-body", name)

    def _short_name(self) -> None:
        """The name by which the paragraphs of the mission call the DG: `DG Connect`."""
        for fact in self.page.mission:
            words = fact.text.split()
            if len(words) > 1 and words[0] == "DG" and words[1][:1].isupper():
                short = f"{words[0]} {words[1]}"
                span = Span(fact.span.start, fact.span.start + len(short))
                if self.page.source.quote(span) == short:
                    self._state(self.org, "skos:altLabel", english(short), span)
                    return

    def _tasks(self) -> None:
        scheme = self.names.thing("scheme", f"task-{self.page.acronym.text.lower()}")
        taken: dict[str, int] = {}
        name = ox.Triple(self.org, term("skos:prefLabel"), english(self.page.name.text))
        for place, fact in enumerate(self.page.tasks, 1):
            short, title = rules.task_name(fact.text)
            if short in taken:
                short = rules.slug(fact.text)
            if short in taken:
                raise self._twice(fact, f"the task in place {taken[short]}")
            taken[short] = place
            task = self.names.thing("task", short)
            self._task(task, fact, place, scheme, title)
        derive = self.found.derive
        derive(scheme, _TYPE, term("skos:ConceptScheme"), "task-scheme", name)
        label = english(f"Tasks of the {self.page.name.text}")
        derive(scheme, term("skos:prefLabel"), label, "task-scheme", name)

    def _task(self, task: ox.NamedNode, fact: Fact, place: int, scheme: ox.NamedNode, title: str) -> None:
        self.found.quote(task, fact.span)
        self._state(self.org, "org:purpose", task, fact.span)
        self._state(task, "rdf:type", term("skos:Concept"), fact.span)
        sentence = self._state(task, "skos:definition", english(fact.text), fact.span)
        self._state(task, "skos:notation", _integer(place), fact.span)
        derive = self.found.derive
        derive(task, term("skos:prefLabel"), english(title), "task-label", sentence)
        derive(task, term("skos:inScheme"), scheme, "task-scheme", sentence)
        derive(task, term("skos:topConceptOf"), scheme, "task-scheme", sentence)
        derive(scheme, term("skos:hasTopConcept"), task, "task-scheme", sentence)
        self._themes(task, fact.text, "dct:subject", sentence)

    def _themes(self, subject: ox.NamedNode, text: str, predicate: str, premise: ox.Triple) -> None:
        for theme in self.themes:
            if theme.found_in(text):
                iri = ox.NamedNode(theme.iri)
                self.found.derive(subject, self.names.own("theme"), iri, "theme-phrase", premise)
                for same in theme.same:
                    self.found.derive(subject, term(predicate), ox.NamedNode(same), "theme-phrase", premise)

    def _section(self, section: Section) -> None:
        stage = self.names.thing("stage", section.stage)
        count = self.names.thing("count", f"{self.page.acronym.text.lower()}-{section.stage}")
        sentence = section.sentence
        self.found.quote(count, sentence.span)
        self._state(count, "rdf:type", self.names.own("ReportedCount"), sentence.span)
        self.found.state(count, self.names.own("countOf"), stage, sentence.span)
        self._state(count, "dct:subject", self.org, sentence.span)
        said = self._state(count, "dct:description", english(sentence.text), sentence.span)
        predicate = "schema:minValue" if section.at_least else "schema:value"
        number = section.number_span
        if section.at_least:
            number = Span(number.start - len("at least "), number.end)
        self._state(count, predicate, _integer(section.number), number)
        label = english(f"Reported count, stage: {section.stage.replace('-', ' ')}")
        self.found.derive(count, term("rdfs:label"), label, "label", said)
        for code, (_, pattern) in rules.BODIES.items():
            match = pattern.search(sentence.text)
            if match:
                start = sentence.span.start
                span = Span(start + match.start(), start + match.end())
                body = self.names.thing("org", code)
                self.found.state(stage, self.names.own("involvesBody"), body, span)

    def _rows(self) -> None:
        taken: dict[str, Row] = {}
        for row in self.page.rows:
            name = row_name(row)
            if name in taken:
                name = f"{name}-{row.date.isoformat()}"
            if name in taken or (row.reference and row_name(row) in taken):
                other = taken.get(name) or taken[row_name(row)]
                raise self._twice(row.title, f"the row of {other.date:%d.%m.%Y}")
            taken[name] = row
            self._row(row, self.names.thing("instrument", name))

    def _twice(self, fact: Fact, other: str) -> PageError:
        number = self.page.source.line_range(fact.span)[0]
        line = next(line for line in self.page.source.lines if line.number == number)
        return self.page.source.error(f"This would have the same name as {other}.", line)

    def _row(self, row: Row, instrument: ox.NamedNode) -> None:
        own = self.names.own
        referenced = row.reference is not None
        self.found.quote(instrument, row.span)
        self._state(instrument, "rdf:type", own("Instrument"), row.span)
        raw = ox.Literal(row.title.text)
        titled = self.found.state(instrument, own("rawTitle"), raw, row.title.span)
        if not row.title_is_missing:
            titled = self._state(instrument, "dct:title", english(row.title.text), row.title.span)
        date = self._state(
            instrument,
            "eli:date_document" if referenced else "dct:date",
            day(row.date),
            row.printed_date.span,
        )
        self.found.state(instrument, term("adms:status"), self.names.thing("stage", row.stage), row.span)
        agent = "eli:responsibility_of_agent" if referenced else "dct:creator"
        self._state(instrument, agent, self.org, row.span)
        year = ox.Literal(f"{row.date.year:04d}", datatype=term("xsd:gYear"))
        self.found.derive(instrument, own("year"), year, "year", date)
        self._themes(instrument, row.title.text, "eli:is_about" if referenced else "dct:subject", titled)
        premises = [titled]
        if row.type is not None and row.reference is not None:
            premises = self._referenced(row, instrument, row.type, row.reference, titled)
        label = english(rules.label(row))
        self.found.derive(instrument, term("rdfs:label"), label, "label", *premises)

    def _referenced(
        self, row: Row, instrument: ox.NamedNode, type_: Fact, reference: Reference, titled: ox.Triple
    ) -> list[ox.Triple]:
        """What follows from a type and a reference; the premises of the instrument's label."""
        derive, own = self.found.derive, self.names.own
        printed = reference.printed
        identified = self._state(instrument, "dct:identifier", ox.Literal(printed.text), printed.span)
        typed = self.found.state(instrument, own("statedType"), ox.Literal(type_.text), type_.span)
        derive(instrument, _TYPE, term("eli:LegalResource"), "legal-resource", identified)
        series = ox.Literal(rules.document_series(reference))
        derive(instrument, own("documentSeries"), series, "document-series", identified)
        code = rules.document_type(reference, type_.text)
        if code:
            kind = ox.NamedNode(f"{_AUTHORITY}resource-type/{code}")
            derive(instrument, term("eli:type_document"), kind, "document-type", typed, identified)
        draft = rules.is_draft(reference, type_.text)
        if draft:
            work = term("eli-dl:DraftLegislationWork")
            derive(instrument, _TYPE, work, "draft-legislation", typed, identified)
        for start, act in rules.cited_acts(row.title.text):
            cited = ox.NamedNode(act)
            derive(instrument, term("eli:related_to"), cited, "cited-act", titled)
            if draft and rules.foresees_amendment(row.title.text, start):
                foreseen = term("eli-dl:foresees_amendment_of")
                derive(instrument, foreseen, cited, "foreseen-amendment", titled, typed, identified)
        self._celex(instrument, reference, type_, typed, identified)
        return [typed, identified] if row.title_is_missing else [titled]

    def _celex(
        self,
        instrument: ox.NamedNode,
        reference: Reference,
        type_: Fact,
        *premises: ox.Triple,
    ) -> None:
        found = rules.celex(reference, type_.text)
        if found is None:
            return
        number, certainty = found
        identifier = self.names.thing("identifier", f"celex-{number}")
        code = ox.Literal(number)
        rule = self.names.thing("rule", "celex")
        triples: list[tuple[ox.NamedNode, ox.NamedNode, Object]] = [
            (instrument, term("adms:identifier"), identifier),
            (identifier, _TYPE, term("adms:Identifier")),
            (identifier, term("skos:notation"), code),
            (identifier, self.names.own("derivedByRule"), rule),
            (identifier, self.names.own("derivationCertainty"), ox.Literal(certainty)),
        ]
        if certainty == RULE:
            link = ox.NamedNode(f"http://publications.europa.eu/resource/celex/{number}")
            triples.append((instrument, term("eli:id_local"), code))
            triples.append((instrument, term("schema:sameAs"), link))
        for subject, predicate, object_ in triples:
            self.found.derive(subject, predicate, object_, "celex", *premises, certainty=certainty)

    def _bodies(self) -> None:
        """The bodies that stages involve are organisations too."""
        involved = self.names.own("involvesBody")
        named = [triple for triple in self.found.stated if triple.predicate == involved]
        for code in rules.BODIES:
            body = self.names.thing("org", code)
            premises = [triple for triple in named if triple.object == body]
            if premises:
                self._body(code, *premises)

    def _body(self, code: str, *premises: ox.Triple) -> None:
        body = self.names.thing("org", code)
        self.found.derive(body, _TYPE, term("cv:PublicOrganisation"), "body-name", *premises)
        label = english(rules.BODIES[code][0])
        self.found.derive(body, term("skos:prefLabel"), label, "body-name", *premises)


def _integer(number: int) -> ox.Literal:
    return ox.Literal(str(number), datatype=term("xsd:integer"))
