"""The codes by which controlled vocabularies know their concepts, to stand beside the labels."""

from __future__ import annotations

import re
from collections.abc import Iterable

from graphsvc.describe.names import SKOS, batches, listed, usable
from graphsvc.rdf import Literal
from graphsvc.store import Store
from graphsvc.store.rows import select

MAX_CODE = 40
# In these the last part of a concept's IRI is its code, by the rules of the EU's Publications Office:
# https://op.europa.eu/en/web/eu-vocabularies
_IN_THE_IRI = re.compile(
    r"http://(?:publications\.europa\.eu/resource/authority/[\w-]+|eurovoc\.europa\.eu)/([\w.-]+)\Z"
)


def codes(store: Store, iris: Iterable[str]) -> dict[str, str]:
    """The code of each IRI that has one: its notation, or what its IRI says. One query for some hundreds.

    https://www.w3.org/TR/skos-reference/#notations
    """
    wanted = sorted({iri for iri in iris if usable(iri)})
    found = {iri: match[1] for iri in wanted if (match := _IN_THE_IRI.match(iri))}
    for batch in batches(wanted):
        rows = select(
            store,
            f"SELECT ?r (MIN(STR(?n)) AS ?code) {{ VALUES ?r {{ {listed(batch)} }} ?r <{SKOS}notation> ?n }} "
            "GROUP BY ?r",
        )
        for row in rows:
            code = row.get("code")
            if isinstance(code, Literal) and 0 < len(code.value) <= MAX_CODE:
                found[row["r"].value] = code.value
    return found
