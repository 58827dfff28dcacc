"""The record of writes, in PROV-O, as a graph of its own: who changed what, when, and how much.

https://www.w3.org/TR/prov-o/. It is no part of the dataset: names of writers are nobody else's business.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pyoxigraph as ox

_PROV = "http://www.w3.org/ns/prov#"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_LABEL = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
_KIND = ox.NamedNode("http://purl.org/dc/terms/type")
_TRIPLES = ox.NamedNode("http://rdfs.org/ns/void#triples")
_SIZE = ox.NamedNode("http://www.w3.org/ns/dcat#byteSize")
_DATASET = ox.NamedNode("http://rdfs.org/ns/void#Dataset")


def _prov(name: str) -> ox.NamedNode:
    return ox.NamedNode(f"{_PROV}{name}")


def _number(value: int) -> ox.Literal:
    return ox.Literal(str(value), datatype=ox.NamedNode(f"{_XSD}integer"))


class History:
    """The record of writes in the graph `name` of `engine`; a write is `name`#write-NUMBER.

    A write is a prov:Activity of the token's agent. It generated the triples that it added and invalidated those
    that it removed (each a void:Dataset with its number of triples), used what was sent (with its kind and
    bytes), and generated the next state of the data and of each graph that it changed.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.engine = ox.Store()
        self._before = ""

    def record(self, fields: dict[str, Any]) -> None:
        """Add a write, by what the journal says of it; a record of no write says which state is the first."""
        epoch = self._node(f"state-{fields['epoch']}")
        if "kind" in fields:
            self._activity(fields, self._node(f"write-{fields['number']}"), epoch)
        self._say(epoch, _TYPE, _prov("Entity"))
        self._say(epoch, _LABEL, ox.Literal(str(fields["epoch"])))
        self._before = str(fields["epoch"])

    def _activity(self, fields: dict[str, Any], write: ox.NamedNode, epoch: ox.NamedNode) -> None:
        number = fields["number"]
        self._say(write, _TYPE, _prov("Activity"))
        when = ox.Literal(str(fields["time"]), datatype=ox.NamedNode(f"{_XSD}dateTime"))
        self._say(write, _prov("endedAtTime"), when)
        if fields["author"]:
            agent = self._node(f"agent-{quote(fields['author'], safe='')}")
            self._say(write, _prov("wasAssociatedWith"), agent)
            self._say(agent, _TYPE, _prov("Agent"))
            self._say(agent, _LABEL, ox.Literal(fields["author"]))
        sent = self._node(f"sent-{number}")
        self._say(write, _prov("used"), sent)
        self._say(sent, _TYPE, _prov("Entity"))
        self._say(sent, _KIND, ox.Literal(fields["kind"]))
        self._say(sent, _SIZE, _number(fields["size"]))
        for name, relation in (("added", "generated"), ("removed", "invalidated")):
            triples = self._node(f"{name}-{number}")
            self._say(write, _prov(relation), triples)
            self._say(triples, _TYPE, _prov("Entity"))
            self._say(triples, _TYPE, _DATASET)
            self._say(triples, _TRIPLES, _number(fields[name]))
        self._say(write, _prov("generated"), epoch)
        if self._before:
            self._say(write, _prov("used"), self._node(f"state-{self._before}"))
            self._say(epoch, _prov("wasRevisionOf"), self._node(f"state-{self._before}"))
        for place, graph in enumerate(fields["graphs"]):
            state = self._node(f"graph-{number}-{place}")
            self._say(write, _prov("generated"), state)
            self._say(state, _TYPE, _prov("Entity"))
            if graph:
                self._say(state, _prov("specializationOf"), ox.NamedNode(graph))
            else:
                self._say(state, _LABEL, ox.Literal("the default graph"))

    def _node(self, fragment: str) -> ox.NamedNode:
        return ox.NamedNode(f"{self.name}#{fragment}")

    def _say(self, subject: ox.NamedNode, predicate: ox.NamedNode, value: ox.NamedNode | ox.Literal) -> None:
        self.engine.add(ox.Quad(subject, predicate, value, ox.NamedNode(self.name)))
