"""Each rule of the shapes is broken by a file of its own, which breaks nothing else.

tests/shapes/invalid/SHAPE.ttl, or SHAPE__case.ttl, makes the property shape SHAPE fire, and only it, exactly once;
every file of tests/shapes/valid/ conforms.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import rdflib
from rdf_graphs import ROOT, findings, paths_of, read

from graphsvc.vocab import PREFIXES

CASES = ROOT / "tests" / "shapes"
INVALID = sorted((CASES / "invalid").glob("*.ttl"))
VALID = sorted((CASES / "valid").glob("*.ttl"))


def with_axioms(path: Path, axioms: rdflib.Graph) -> rdflib.Graph:
    graph = read([path])
    for triple in axioms:
        graph.add(triple)
    return graph


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_a_counter_example_breaks_its_own_rule_once(
    path: Path, shapes: rdflib.Graph, axioms: rdflib.Graph
) -> None:
    found = findings(with_axioms(path, axioms), shapes)
    assert [finding.shape for finding in found] == [path.stem.partition("__")[0]], found


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
@pytest.mark.parametrize("alone", [True, False], ids=["alone", "with the ontology"])
def test_a_valid_example_conforms(
    path: Path, alone: bool, shapes: rdflib.Graph, axioms: rdflib.Graph
) -> None:
    assert findings(read([path]) if alone else with_axioms(path, axioms), shapes) == []


def test_every_property_shape_has_a_counter_example(property_shapes: set[str]) -> None:
    assert {path.stem.partition("__")[0] for path in INVALID} == property_shapes


def test_every_property_of_a_shape_occurs_in_a_valid_example(shapes: rdflib.Graph) -> None:
    """A rule that no valid example meets might forbid what it should allow."""
    forbidden = {PREFIXES["eli"] + "in_force"}
    # Only an instrument without reference has these, and that is always a Warning.
    only_with_warning = {PREFIXES["dct"] + "creator", PREFIXES["dct"] + "date"}
    met = {str(predicate) for predicate in read(VALID).predicates()}
    assert {str(path) for path in paths_of(shapes)} - met == forbidden | only_with_warning
