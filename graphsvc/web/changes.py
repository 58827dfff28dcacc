"""The last writes, as everybody may know them: when, how much, and in which graphs; never by whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from graphsvc.errors import GraphsvcError
from graphsvc.sparql import Dataset, read
from graphsvc.store.port import Limits
from graphsvc.store.rows import Row, table
from graphsvc.vocab import PREFIXES
from graphsvc.web.memory import remembered
from graphsvc.web.service import service

SHOWN = 10
_PROV = PREFIXES["prov"]
_RECORD = f"""
PREFIX prov: <{_PROV}>
PREFIX void: <{PREFIXES["void"]}>
SELECT ?write ?time ?added ?removed ?graph {{
  {{ SELECT ?write ?time {{ ?write a prov:Activity ; prov:endedAtTime ?time }}
    ORDER BY DESC(?time) DESC(?write) LIMIT {SHOWN} }}
  ?write prov:generated/void:triples ?added ; prov:invalidated/void:triples ?removed
  OPTIONAL {{ ?write prov:generated/prov:specializationOf ?graph }}
}}
ORDER BY DESC(?time) DESC(?write) ?graph
LIMIT 1000"""


@dataclass(frozen=True)
class Change:
    """A write: when it was made (UTC, ISO 8601), how many triples it added and removed, and in which named graphs
    (none: in the default graph)."""

    time: str
    added: int
    removed: int
    graphs: tuple[str, ...]


def recent_changes() -> tuple[Change, ...]:
    """The last writes to the store, the newest first; none where the store keeps no record of them."""
    return remembered("changes", _changes)


def _changes() -> tuple[Change, ...]:
    record = f"{service().settings.system_graphs}writes"
    query = replace(read(_RECORD, dataset=Dataset((record,), ())), history=True)
    try:
        return _grouped(table(service().store, query, Limits(timeout=5.0))[1])
    except GraphsvcError:
        # A store of another's keeps no record; what is on the home page else does not depend on it.
        return ()


def _grouped(rows: Sequence[Row]) -> tuple[Change, ...]:
    found: dict[str, Change] = {}
    for row in rows:
        key = row["write"].value
        graphs = (row["graph"].value,) if "graph" in row else ()
        if key in found:
            found[key] = replace(found[key], graphs=(*found[key].graphs, *graphs))
        else:
            added, removed = int(row["added"].value), int(row["removed"].value)
            found[key] = Change(row["time"].value, added, removed, graphs)
    return tuple(found.values())
