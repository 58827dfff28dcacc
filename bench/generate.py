"""Graphs of any size after the shipped model: the same seed gives the same bytes.

Few organisations and stages have most of the instruments, as in life (https://en.wikipedia.org/wiki/Zipf%27s_law).
The instruments are valid by the shipped shapes, but for a small share with one seeded fault each.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

BASE = "https://w3id.org/eu-dg/"
PREFIXES = f"""@prefix adms: <http://www.w3.org/ns/adms#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix dg: <{BASE}def/dg#> .
@prefix eli: <http://data.europa.eu/eli/ontology#> .
@prefix i: <{BASE}id/instrument/> .
@prefix o: <{BASE}id/org/> .
@prefix s: <{BASE}id/stage/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
TRIPLES = 9  # of one instrument without a fault
CHUNK = 50_000  # instruments in a document
TYPES = ("Communication", "Decision", "Directive", "Regulation", "Report")
STAGES = ("negotiation", "implementation", "in-force")
WORDS = """act artificial cloud cohesion common connected content copyright data digital economy electronic fair
framework health identity industry intelligence internet market media network online open platform privacy
programme public quantum research resilience roaming security services single skills spectrum strategy
sustainable trust union""".split()
ORGANISATIONS = 60
FAULTS = {
    "no printed title": lambda parts: parts | {"dg:rawTitle": None},
    "an ill-typed date": lambda parts: parts | {"eli:date_document": '"2021-02-30"^^xsd:date'},
    "two years": lambda parts: parts | {"dg:year": '"1999"^^xsd:gYear, "2000"^^xsd:gYear'},
    "an unknown stage": lambda parts: parts | {"adms:status": "s:forgotten"},
    "a reference of no form": lambda parts: parts | {"dct:identifier": '"COM 12"'},
    "a text for an organisation": lambda parts: parts | {"eli:responsibility_of_agent": '"CNECT"'},
    "a title that breaks off": lambda parts: parts | {"dct:title": '"To be continued..."@en'},
}


class _Zipf:
    """Numbers from 0, of which the n-th is drawn in proportion to 1/(n + 1)."""

    def __init__(self, chance: random.Random, size: int) -> None:
        self._chance = chance
        self._sizes = range(size)
        self._weights = list(accumulate(1 / rank for rank in range(1, size + 1)))

    def draw(self) -> int:
        return self._chance.choices(self._sizes, cum_weights=self._weights)[0]


def documents(instruments: int, *, seed: int = 1, faulty: float = 0.002) -> Iterator[bytes]:
    """Turtle documents that together describe so many instruments; a share of `faulty` has a fault each."""
    chance = random.Random(seed)
    organisations, stages, words = (_Zipf(chance, size) for size in (ORGANISATIONS, 3, len(WORDS)))
    for begin in range(0, instruments, CHUNK):
        lines = [PREFIXES]
        for number in range(begin, min(begin + CHUNK, instruments)):
            title = " ".join(WORDS[words.draw()] for _ in range(6)).capitalize()
            year = 1990 + number % 36
            parts = {
                "a": "dg:Instrument",
                "dg:rawTitle": f'"{title} {number}"',
                "dct:title": f'"{title} {number}"@en',
                "dct:identifier": f'"com({year}){number % 10_000}"',
                "dg:statedType": f'"{chance.choice(TYPES)}"',
                "eli:date_document": f'"{year}-{1 + number % 12:02}-{1 + number % 28:02}"^^xsd:date',
                "dg:year": f'"{year}"^^xsd:gYear',
                "adms:status": f"s:{STAGES[stages.draw()]}",
                "eli:responsibility_of_agent": f"o:org-{organisations.draw()}",
            }
            if chance.random() < faulty:
                parts = FAULTS[chance.choice(list(FAULTS))](parts)
            said = " ; ".join(f"{name} {value}" for name, value in parts.items() if value)
            lines.append(f"i:x-{number} {said} .\n")
        yield "".join(lines).encode()


def organisations() -> bytes:
    """A Turtle document of the organisations that instruments name: a tree, each with up to four below it."""
    lines = [
        PREFIXES,
        "@prefix cv: <http://data.europa.eu/m8g/> .\n@prefix org: <http://www.w3.org/ns/org#> .\n",
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n",
    ]
    for number in range(ORGANISATIONS):
        said = f'a cv:PublicOrganisation ; skos:prefLabel "Part {number}"@en ; org:identifier "ORG{number}"'
        above = f" ; a org:OrganizationalUnit ; org:unitOf o:org-{(number - 1) // 4}" if number else ""
        lines.append(f"o:org-{number} {said}{above} .\n")
    return "".join(lines).encode()


def write_folder(folder: Path, instruments: int) -> None:
    """Write `data/` of a project with so many instruments, all of them valid."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "organisations.ttl").write_bytes(organisations())
    for number, document in enumerate(documents(instruments, faulty=0)):
        (folder / f"instruments-{number:03}.ttl").write_bytes(document)


def main() -> None:
    """Write so many instruments as one Turtle file: `python bench/generate.py 1000 > graph.ttl`."""
    for document in documents(int(sys.argv[1])):
        sys.stdout.buffer.write(document)


if __name__ == "__main__":
    main()
