"""How a page presents properties: in which order, by which names, and what each means.

Where the shapes of a resource's classes order its properties (https://www.w3.org/TR/shacl/#order and #group), that
order holds; else the order in which the shape lists them, then that in which the ontology declares them.
Of several shapes the one that has most to say of the resource comes first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from graphsvc.describe.declared import Declared
from graphsvc.describe.labels import best, texts
from graphsvc.describe.names import DESCRIPTIONS, LABELS, RDF, SH, TYPE, listed, usable
from graphsvc.rdf import Literal
from graphsvc.store import Store
from graphsvc.store.rows import Row, select

LAST = float("inf")
Place = tuple[float, ...]


@dataclass(frozen=True)
class Presentation:
    """Places, names and meanings by the IRI of the property; one of which nothing is known has none.

    `names` and `descriptions` are those that shapes give it as a property of this resource; `meanings` is what
    it is defined as anywhere.
    """

    places: dict[str, Place]
    names: dict[str, Literal]
    descriptions: dict[str, Literal]
    meanings: dict[str, Literal]

    def place(self, iri: str) -> Place:
        """What to sort a property by: descriptions and names first where no shape orders them."""
        if iri in self.places:
            return self.places[iri]
        if iri in DESCRIPTIONS:
            return (0, DESCRIPTIONS.index(iri))
        if iri in LABELS:
            return (1, LABELS.index(iri))
        return (3,) if iri == TYPE else (5,)


def presentation(
    store: Store,
    properties: Iterable[str],
    shapes: Sequence[str],
    declared: Declared,
    languages: Sequence[str],
) -> Presentation:
    """How to present the properties of a resource for whose classes the node `shapes` are, in a few queries."""
    wanted = {iri for iri in properties if usable(iri)}
    rows = [row for row in _said_by_shapes(store, shapes) if row["p"].value in wanted]
    covered = Counter(row["node"].value for row in rows)
    rows.sort(
        key=lambda row: (
            -covered[row["node"].value],
            declared.terms.get(row["shape"].value, LAST),
            row["shape"].n3(),
        )
    )
    shapes = sorted(shapes, key=lambda iri: (-covered[iri], iri))
    meanings = texts(store, wanted, DESCRIPTIONS, languages)
    places: dict[str, Place] = {
        iri: (4.0, float(place)) for iri in wanted if (place := declared.terms.get(iri)) is not None
    }
    places |= _places_in_shapes(rows, shapes, declared)
    return Presentation(
        places,
        _unambiguous(_first_texts(rows, "name", languages)),
        _first_texts(rows, "description", languages),
        meanings,
    )


def _unambiguous(names: dict[str, Literal]) -> dict[str, Literal]:
    """The names that only one property has: a shape of alternative paths gives all of them the same."""
    often = Counter(name.value for name in names.values())
    return {iri: name for iri, name in names.items() if often[name.value] == 1}


def class_names(store: Store, classes: Iterable[str], languages: Sequence[str]) -> dict[str, Literal]:
    """What shapes that target classes are called, for classes that have no label of their own: one query."""
    wanted = sorted({iri for iri in classes if usable(iri)})
    if not wanted:
        return {}
    rows = select(
        store,
        f"SELECT DISTINCT ?class ?name {{ VALUES ?class {{ {listed(wanted)} }} "
        f"?shape <{SH}targetClass> ?class ; <{SH}name> ?name FILTER(isLiteral(?name)) }} LIMIT 1000",
    )
    found: dict[str, list[tuple[int, Literal]]] = {}
    for row in rows:
        name = row["name"]
        if isinstance(name, Literal) and name.value.strip():
            found.setdefault(row["class"].value, []).append((0, name))
    return {iri: best(names, languages) for iri, names in found.items()}


def _said_by_shapes(store: Store, shapes: Sequence[str]) -> list[Row]:
    usable_shapes = [iri for iri in shapes if usable(iri)]
    if not usable_shapes:
        return []
    return select(
        store,
        f"""
        SELECT DISTINCT ?node ?shape ?p ?name ?description ?order ?group {{
          VALUES ?node {{ {listed(usable_shapes)} }} ?node <{SH}property> ?shape . ?shape <{SH}path> ?path
          OPTIONAL {{ ?path <{SH}alternativePath> ?list . ?list <{RDF}rest>*/<{RDF}first> ?either }}
          BIND(COALESCE(?either, ?path) AS ?p) FILTER(isIRI(?p))
          OPTIONAL {{ ?shape <{SH}name> ?name FILTER(isLiteral(?name)) }}
          OPTIONAL {{ ?shape <{SH}description> ?description FILTER(isLiteral(?description)) }}
          OPTIONAL {{ ?shape <{SH}order> ?order }}
          OPTIONAL {{ ?shape <{SH}group>/<{SH}order> ?group }}
        }} LIMIT 5000""",
    )


def _places_in_shapes(rows: Iterable[Row], shapes: Sequence[str], declared: Declared) -> dict[str, Place]:
    """The first place that a shape gives each property: by group and order, then by the list of the shape."""
    found: dict[str, Place] = {}
    for row in rows:
        path, node = row["p"].value, row["node"].value
        order, group = _number(row, "order"), _number(row, "group")
        listed_at = declared.paths.get(node, {}).get(path)
        if listed_at is None and order == LAST:
            continue
        place = (
            2.0,
            group,
            order,
            float(shapes.index(node)),
            LAST if listed_at is None else float(listed_at),
        )
        found[path] = min(place, found.get(path, place))
    return found


def _number(row: Row, name: str) -> float:
    try:
        return float(row[name].value)
    except (KeyError, ValueError):
        return LAST


def _first_texts(rows: Iterable[Row], variable: str, languages: Sequence[str]) -> dict[str, Literal]:
    """For each property the text that its first shape with one has, in the reader's language."""
    found: dict[str, tuple[str, list[tuple[int, Literal]]]] = {}
    for row in rows:
        text = row.get(variable)
        if isinstance(text, Literal) and text.value.strip():
            shape, candidates = found.setdefault(row["p"].value, (row["shape"].n3(), []))
            if shape == row["shape"].n3():
                candidates.append((0, text))
    return {iri: best(candidates, languages) for iri, (_, candidates) in found.items()}
