"""The concept schemes: well formed, without orphans or circles, matched to concepts that exist, and used."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import rdflib
from rdf_graphs import BASE, ROOT, read
from rdflib.namespace import RDF, SKOS

from graphsvc.ingest import rules
from graphsvc.vocab import PREFIXES

DG = rdflib.Namespace(BASE + "def/dg#")
SCHEMES = {"instrument-type", "issue", "rule", "stage", "theme"}
MATCHES = (SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch, SKOS.narrowMatch, SKOS.relatedMatch)
LABELS = (SKOS.prefLabel, SKOS.altLabel, SKOS.hiddenLabel)


def concepts(ontology: rdflib.Graph, scheme: str | None = None) -> list[rdflib.URIRef]:
    found = ontology.subjects(RDF.type, SKOS.Concept)
    wanted = rdflib.URIRef(f"{BASE}id/scheme/{scheme}")
    return sorted(
        concept
        for concept in found
        if isinstance(concept, rdflib.URIRef) and (not scheme or (concept, SKOS.inScheme, wanted) in ontology)
    )


def test_the_schemes_are_these(ontology: rdflib.Graph) -> None:
    found = {
        str(scheme).removeprefix(BASE + "id/scheme/")
        for scheme in ontology.subjects(RDF.type, SKOS.ConceptScheme)
    }
    assert found == SCHEMES


def test_every_concept_has_one_label_and_one_definition_in_english_and_one_scheme(
    ontology: rdflib.Graph,
) -> None:
    for concept in [*concepts(ontology), *ontology.subjects(RDF.type, SKOS.ConceptScheme)]:
        for term in (SKOS.prefLabel, SKOS.definition):
            (text,) = ontology.objects(concept, term)
            assert isinstance(text, rdflib.Literal)
            assert text.language == "en"
    for concept in concepts(ontology):
        (scheme,) = ontology.objects(concept, SKOS.inScheme)
        kind = str(scheme).removeprefix(f"{BASE}id/scheme/")
        assert str(concept).startswith(f"{BASE}id/{kind}/")


def test_no_concept_is_an_orphan_and_no_concept_is_above_itself(ontology: rdflib.Graph) -> None:
    for concept in concepts(ontology):
        (scheme,) = ontology.objects(concept, SKOS.inScheme)
        top = (concept, SKOS.topConceptOf, scheme) in ontology
        assert top == ((scheme, SKOS.hasTopConcept, concept) in ontology), concept
        broader = list(ontology.objects(concept, SKOS.broader))
        assert bool(broader) != top, concept
        above = {node for parent in broader for node in ontology.transitive_objects(parent, SKOS.broader)}
        assert concept not in above
        assert above <= set(concepts(ontology))


def test_no_label_names_two_concepts_of_a_scheme(ontology: rdflib.Graph) -> None:
    for scheme in SCHEMES:
        labels = Counter(
            label.casefold()
            for concept in concepts(ontology, scheme)
            for label in {str(text).casefold() for term in LABELS for text in ontology.objects(concept, term)}
        )
        assert [label for label, times in labels.items() if times > 1] == []


def test_matches_point_to_concepts_that_exist(ontology: rdflib.Graph, shared: Path) -> None:
    folder = shared / "vocabularies"
    known = set(read([folder / "eurovoc-slice.ttl", folder / "eu-authority-slice.ttl"]).subjects())
    known |= set(read([folder / "eli-1.3.owl"]).subjects())
    codes = (folder / "resource-type-en.tsv").read_text(encoding="utf-8").splitlines()[1:]
    table = "http://publications.europa.eu/resource/authority/resource-type/"
    known |= {rdflib.URIRef(table + line.split("\t")[0]) for line in codes}
    matched = {target for term in MATCHES for target in ontology.objects(None, term)}
    assert len(matched) > 40
    assert matched - known == set()


def test_an_exact_match_has_the_same_label(ontology: rdflib.Graph, shared: Path) -> None:
    """But for case, hyphens and `Union` for `EU`: what is called otherwise is not the same without a reason."""
    folder = shared / "vocabularies"
    foreign = read([folder / "eurovoc-slice.ttl", folder / "eu-authority-slice.ttl"])

    def plain(label: object) -> str:
        return str(label).casefold().replace("-", " ").replace("union", "eu")

    for concept, target in ontology.subject_objects(SKOS.exactMatch):
        labels = {plain(label) for label in foreign.objects(target, SKOS.prefLabel)}
        assert plain(ontology.value(concept, SKOS.prefLabel)) in labels, (concept, labels)


def test_no_two_themes_match_the_same_concept_exactly(ontology: rdflib.Graph) -> None:
    targets = Counter(ontology.objects(None, SKOS.exactMatch))
    assert max(targets.values()) == 1


def test_every_theme_is_of_some_title_or_task_or_groups_others(
    ontology: rdflib.Graph, data: rdflib.Graph
) -> None:
    used = set(data.objects(None, DG.theme))
    groups = set(ontology.objects(None, SKOS.broader))
    assert used <= set(concepts(ontology, "theme"))
    assert set(concepts(ontology, "theme")) == used | (groups & set(concepts(ontology, "theme")))


def test_every_rule_is_used_and_every_rule_used_is_said(ontology: rdflib.Graph, data: rdflib.Graph) -> None:
    assert set(data.objects(None, DG.derivedByRule)) == set(concepts(ontology, "rule"))
    plan = rdflib.URIRef(PREFIXES["prov"] + "Plan")
    assert set(ontology.subjects(RDF.type, plan)) == set(concepts(ontology, "rule"))


def test_the_words_that_tell_nothing_of_a_task_are_said(ontology: rdflib.Graph) -> None:
    note = ontology.value(rdflib.URIRef(BASE + "id/rule/task-label"), SKOS.scopeNote)
    words = str(note).partition("and these: ")[2].rstrip(".").split(", ")
    assert set(words) == rules._EMPTY_WORDS


def test_every_theme_is_found_by_each_of_its_phrases(ontology: rdflib.Graph) -> None:
    """What the file says of phrases is what ingest does with them."""
    themes = rules.read_themes(ROOT / "ontology" / "themes.ttl", BASE.rstrip("/"))
    assert {theme.iri for theme in themes} < {str(concept) for concept in concepts(ontology, "theme")}
    for theme in themes:
        for term in (SKOS.altLabel, SKOS.hiddenLabel):
            for phrase in ontology.objects(rdflib.URIRef(theme.iri), term):
                assert theme.found_in(f"On {str(phrase).upper()}-matters.")
                assert not theme.found_in(f"Un{phrase}s")


def test_every_issue_of_the_data_is_said(ontology: rdflib.Graph, data: rdflib.Graph) -> None:
    used = set(data.objects(None, rdflib.URIRef(PREFIXES["oa"] + "hasBody")))
    assert used
    assert used <= set(concepts(ontology, "issue"))


def test_every_printed_type_is_the_notation_of_one_type(ontology: rdflib.Graph, data: rdflib.Graph) -> None:
    notations = [
        str(code)
        for kind in concepts(ontology, "instrument-type")
        for code in ontology.objects(kind, SKOS.notation)
    ]
    assert len(notations) == len(set(notations))
    assert {str(value) for value in data.objects(None, DG.statedType)} <= set(notations)


def test_the_stages_are_ordered_as_on_the_page(ontology: rdflib.Graph) -> None:
    places = {
        str(stage).removeprefix(BASE + "id/stage/"): int(str(ontology.value(stage, SKOS.notation)))
        for stage in concepts(ontology, "stage")
    }
    assert places == {"negotiation": 1, "implementation": 2, "in-force": 3}
