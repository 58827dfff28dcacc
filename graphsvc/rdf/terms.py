"""RDF terms as plain values, as the pages and the bindings need them; the store has its own.

https://www.w3.org/TR/rdf11-concepts/#section-rdf-graph
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from graphsvc.errors import BadRequest
from graphsvc.vocab import PREFIXES

_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*\Z")
_ESCAPED = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})
XSD_STRING = PREFIXES["xsd"] + "string"


@dataclass(frozen=True, slots=True, order=True)
class Iri:
    """An absolute IRI."""

    value: str

    def n3(self) -> str:
        """The term in N-Triples. Raises BadRequest where the value is no absolute IRI."""
        if not _IRI.match(self.value):
            raise BadRequest(f"{self.value[:200]!r} is not an absolute IRI.")
        return f"<{self.value}>"


@dataclass(frozen=True, slots=True, order=True)
class BlankNode:
    """A blank node, by the label that it has in one answer."""

    value: str

    def n3(self) -> str:
        """The term in N-Triples."""
        return f"_:{self.value}"


@dataclass(frozen=True, slots=True, order=True)
class Literal:
    """A literal: lexical form, and a language tag or a datatype IRI (none: xsd:string).

    `direction` is the base direction, ltr or rtl. https://www.w3.org/TR/rdf12-concepts/#dfn-dir-lang-string
    """

    value: str
    datatype: str = XSD_STRING
    language: str = ""
    direction: str = ""

    def n3(self) -> str:
        """The term in N-Triples. Raises BadRequest for a datatype or language tag that is none."""
        text = f'"{self.value.translate(_ESCAPED)}"'
        if self.language:
            if not re.fullmatch(r"[A-Za-z]+(-[A-Za-z0-9]+)*", self.language):
                raise BadRequest(f"{self.language[:40]!r} is not a language tag.")
            return (
                f"{text}@{self.language}--{self.direction}" if self.direction else f"{text}@{self.language}"
            )
        return text if self.datatype == XSD_STRING else f"{text}^^{Iri(self.datatype).n3()}"


@dataclass(frozen=True, slots=True)
class TripleTerm:
    """A triple that is spoken of, and not thereby said. https://www.w3.org/TR/rdf12-concepts/#dfn-triple-term"""

    subject: Iri | BlankNode
    predicate: Iri
    object: Term

    @property
    def value(self) -> str:
        """The term as it is written."""
        return self.n3()

    def n3(self) -> str:
        """The term in N-Triples."""
        return f"<<( {self.subject.n3()} {self.predicate.n3()} {self.object.n3()} )>>"


Term = Iri | BlankNode | Literal | TripleTerm
