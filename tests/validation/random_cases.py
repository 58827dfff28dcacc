"""Random data and random shapes, in Turtle: every component, nested as deep as it gets, on odd terms."""

from __future__ import annotations

import re
from collections.abc import Callable

from hypothesis import strategies as st

PREFIXES = """@prefix ex: <http://example.org/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
LITERALS = """1 2 01 -1 1.0 1.00 2.5 1e0 true "" "a" "b" "ab" "abc" "a.b" "1" "a"@en "b"@en "c"@en-GB "a"@de "ä\\n"
"1"^^xsd:boolean "maybe"^^xsd:boolean "01"^^xsd:integer "x"^^xsd:integer "1"^^xsd:int "300"^^xsd:byte
"-0"^^xsd:decimal "5"^^xsd:nonNegativeInteger "NaN"^^xsd:double "INF"^^xsd:float "0.1"^^xsd:float
"16777217"^^xsd:integer "1.6777216E7"^^xsd:float "2020-01-01"^^xsd:date "2020-02-30"^^xsd:date
"2020-01-01Z"^^xsd:date "2019-12-31"^^xsd:date "2020-01-01T00:00:00"^^xsd:dateTime
"2020-01-01T00:00:00Z"^^xsd:dateTime "2020-01-01T24:00:00"^^xsd:dateTime
"2020-01-01T05:00:00+05:00"^^xsd:dateTime "2020"^^xsd:gYear "02020"^^xsd:gYear "2020-05"^^xsd:gYearMonth
"a"^^xsd:token "P12M"^^xsd:duration "x"^^ex:own "http://example.org/a"^^xsd:anyURI""".split()
IRIS = [f"ex:{name}" for name in "abcd"]
CLASSES = ["ex:C", "ex:D", "ex:E"]
PREDICATES = ["ex:p", "ex:q", "ex:r"]
KINDS = "BlankNode IRI Literal BlankNodeOrIRI BlankNodeOrLiteral IRIOrLiteral".split()
DATATYPES = """xsd:integer xsd:int xsd:byte xsd:decimal xsd:boolean xsd:date xsd:dateTime xsd:gYear xsd:double
xsd:float xsd:string rdf:langString xsd:token xsd:nonNegativeInteger ex:own""".split()
PATTERNS = [
    '"^a"',
    '"b$"',
    '"[a-c]+"',
    r'"^\\w+$"',
    r'"\\d"',
    '"^(a|ab)$"',
    '"a.b"',
    r'"^[^\\s]*$"',
    '"A" ; sh:flags "i"',
    '"example"',
    '"(?=a)"',
]
BOUNDS = """0 1 1.0 2.5 "b" true "2020-01-01"^^xsd:date "2020-01-01T00:00:00"^^xsd:dateTime "2020"^^xsd:gYear
"1"^^xsd:double "16777216"^^xsd:integer "0.1"^^xsd:double "01"^^xsd:integer""".split()

literals = st.sampled_from(LITERALS)
iris = st.sampled_from(IRIS)
blanks = st.sampled_from(["_:x", "_:y"])
subjects = st.one_of(iris, iris, blanks)
nodes = st.one_of(iris, blanks, literals, literals)
predicates = st.sampled_from(PREDICATES)
classes = st.sampled_from(CLASSES)
triples = st.one_of(
    st.builds("{} {} {} .".format, subjects, predicates, nodes),
    st.builds("{} {} {} .".format, subjects, predicates, nodes),
    st.builds("{} a {} .".format, subjects, classes),
    st.builds("{} rdfs:subClassOf {} .".format, classes, classes),
)
data = st.lists(triples, min_size=8, max_size=30).map(lambda lines: PREFIXES + "\n".join(lines))
ontologies = st.lists(triples, max_size=4).map(lambda lines: PREFIXES + "\n".join(lines))

# Few triples, mostly between nodes: what happens at one of them is not near all the others.
sparse_triples = st.one_of(
    st.builds("{} {} {} .".format, iris, predicates, nodes),
    st.builds("{} {} {} .".format, iris, predicates, iris),
    st.builds("{} a {} .".format, iris, classes),
    st.builds("{} rdfs:subClassOf {} .".format, classes, classes),
)
sparse_data = st.lists(sparse_triples, min_size=2, max_size=8).map(lambda lines: PREFIXES + "\n".join(lines))

MANNERS = ["", "", "", "; sh:deactivated true", "; sh:severity sh:Warning"]
MANNERS += ['; sh:message "Oh."@en, "Ach."@de, "Hm"']
QUERIES = [
    "SELECT $this { $this ex:p ?x }",
    "SELECT $this ?value { $this ex:p ?value . FILTER (isIRI(?value)) }",
    "SELECT $this ?value { $this ?path ?value . FILTER (?path = ex:q) }",
    "SELECT DISTINCT $this ?value { $this ex:p ?value . FILTER NOT EXISTS { $this ex:q ?value } }",
    "SELECT $this { FILTER NOT EXISTS { $this ex:r ?x } }",
    "SELECT $this (ex:p AS ?path) { $this ex:p ?x OPTIONAL { ?x ex:q ?y } FILTER (!BOUND(?y)) }",
    "SELECT $this { { $this ex:p ?x } UNION { $this ex:q ?x } }",
    "SELECT $this { BIND ($this AS ?that) FILTER (isIRI(?that) && BOUND($this)) }",
    "SELECT $this ?n { { SELECT $this (COUNT(?x) AS ?n) { $this ex:p ?x } GROUP BY $this } FILTER (?n > 1) }",
]
# What a shape may say several times; anything else once.
MANY = frozenset(
    "class hasValue equals disjoint lessThan lessThanOrEquals node not and or xone property sparql".split()
)


class _Author:
    """Writes shapes, choice by choice."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def one(self, *choices: str) -> str:
        return self._draw(st.sampled_from(choices))

    def some(self, most: int, make: Callable[[], str]) -> list[str]:
        return [make() for _ in range(self._draw(st.integers(1, most)))]

    def path(self, depth: int) -> str:
        if depth == 0 or self._draw(st.booleans()):
            return self.one(*PREDICATES)
        kind = self.one("inversePath", "zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath", "list", "choice")
        if kind not in ("list", "choice"):
            return f"[ sh:{kind} {self.path(depth - 1)} ]"
        members = f"( {self.path(depth - 1)} {self.path(depth - 1)} )"
        return members if kind == "list" else f"[ sh:alternativePath {members} ]"

    def value(self) -> str:
        """A constraint on single values."""
        name = self.one(
            *("nodeKind", "datatype", "class", "minLength", "maxLength", "pattern", "languageIn", "in"),
            *(
                "minInclusive",
                "maxInclusive",
                "minExclusive",
                "maxExclusive",
                "hasValue",
                "equals",
                "disjoint",
            ),
        )
        choices = {
            "nodeKind": [f"sh:{kind}" for kind in KINDS],
            "datatype": DATATYPES,
            "class": CLASSES,
            "minLength": list("01234"),
            "maxLength": list("01234"),
            "pattern": PATTERNS,
            "languageIn": ['( "en" )', '( "de" "en" )', '( "*" )'],
            "hasValue": [*IRIS, *LITERALS],
            "equals": PREDICATES,
            "disjoint": PREDICATES,
        }
        if name == "in":
            return f"sh:in ( {' '.join(self.some(4, lambda: self.one(*IRIS, *LITERALS)))} )"
        return f"sh:{name} {self.one(*choices.get(name, BOUNDS))}"

    def values(self) -> str:
        """A constraint on all values of a path together."""
        name = self.one("minCount", "maxCount", "uniqueLang", "lessThan", "lessThanOrEquals")
        if name.endswith("Count"):
            return f"sh:{name} {self.one(*'012345')}"
        return f"sh:{name} {'true' if name == 'uniqueLang' else self.one(*PREDICATES)}"

    def nested(self, depth: int, *kinds: str) -> str:
        """A constraint that refers to other shapes."""
        kind = self.one(*kinds)
        if kind in ("and", "or", "xone"):
            return f"sh:{kind} ( {' '.join(self.some(3, lambda: f'[ {self.any_shape(depth - 1)} ]'))} )"
        if kind == "property":
            return f"sh:property [ {self.property_shape(depth - 1)} ]"
        if kind == "qualified":
            count = f"sh:qualified{self.one('Min', 'Max')}Count {self.one(*'0123')}"
            disjoint = f"sh:qualifiedValueShapesDisjoint {self.one('true', 'false')}"
            return f"sh:qualifiedValueShape [ {self.any_shape(depth - 1)} ] ; {count} ; {disjoint}"
        inner = self.node_shape(depth - 1) if kind == "node" else self.any_shape(depth - 1)
        return f"sh:{kind} [ {inner} ]"

    def any_shape(self, depth: int) -> str:
        if self.one("node", "node", "property") == "node":
            return self.node_shape(depth)
        return self.property_shape(depth)

    def node_shape(self, depth: int) -> str:
        """Predicates and objects of a node shape."""

        def part() -> str:
            if depth <= 0 or self._draw(st.booleans()):
                kind = self.one("closed", "component", *["value"] * 6)
                if kind == "component":
                    return f"ex:{self.one('atMost', 'unlike')} {self.one('0', '1', '3', 'ex:a')}"
                return self.value() if kind == "value" else CLOSED
            return self.nested(depth, "node", "not", "and", "or", "xone", "property", "property")

        return _said(self.some(3, part)) + self.one(*MANNERS)

    def property_shape(self, depth: int) -> str:
        """Predicates and objects of a property shape."""

        def part() -> str:
            kind = self.one("value", "value", "values", "values", *(["nested"] if depth > 0 else []))
            if kind == "nested":
                return self.nested(depth, "node", "not", "or", "property", "qualified", "qualified")
            return self.value() if kind == "value" else self.values()

        return f"sh:path {self.path(2)} ; {_said(self.some(3, part))}{self.one(*MANNERS)}"

    def target(self) -> str:
        kind = self.one("Class", "Class", "SubjectsOf", "ObjectsOf", "Node", "implicit")
        if kind == "implicit":
            return "a rdfs:Class"
        choices = {"Class": CLASSES, "Node": [*IRIS, *LITERALS]}.get(kind, PREDICATES)
        return f"sh:target{kind} {self.one(*choices)}"

    def query(self) -> str:
        message = self.one("No.", "{$this} has {?value} {?n}")
        select = f'sh:select """{self.one(*QUERIES)}"""'
        return f'sh:sparql [ sh:message "{message}" ; sh:prefixes ex:prefixes ; {select} ]'

    def inner(self) -> str:
        """A shape that looks at one path of the node that it is asked about."""
        return f"sh:property [ sh:path {self.path(1)} ; {self.values()} ]"

    def single(self, kind: str) -> str:
        """One constraint of one of KINDS_OF_CONSTRAINTS."""
        if kind == "closed":
            return self.one(CLOSED, f"sh:property [ sh:path {self.path(2)} ; sh:node [ {CLOSED} ] ]")
        if kind == "query":
            return self.query()
        return f"sh:property [ sh:path {self.path(2)} ; {self._of_values(kind)} ]"

    def _of_values(self, kind: str) -> str:
        if kind == "pair":
            name = self.one("equals", "disjoint", "lessThan", "lessThanOrEquals")
            return f"sh:{name} {self.one(*PREDICATES)}"
        if kind == "class":
            return f"sh:class {self.one(*CLASSES)}"
        if kind == "shape":
            return self.one(f"sh:node [ {self.inner()} ]", f"sh:not [ {self.inner()} ]", self.inner())
        if kind == "shapes":
            return f"sh:{self.one('and', 'or', 'xone')} ( [ {self.inner()} ] [ {self.inner()} ] )"
        if kind == "qualified":
            count = f"sh:qualified{self.one('Min', 'Max')}Count {self.one(*'012')}"
            other = f"sh:qualifiedValueShape [ {self.inner()} ]"
            sibling = f"] ; sh:property [ sh:path {self.one(*PREDICATES)} ; {other} ; sh:qualifiedMinCount 0"
            return f"{other} ; {count} ; sh:qualifiedValueShapesDisjoint true {self.one('', sibling)}"
        return self.value() if kind == "value" else self.values()


# pyshacl leaves the value out where an ASK validator is used in a property shape, so these are for node shapes.
_EMPTY = re.compile(r'(?<!")""(?!")')
COMPONENTS = """ex:AtMost a sh:ConstraintComponent ; sh:parameter [ sh:path ex:atMost ] ; sh:validator [
  a sh:SPARQLAskValidator ; sh:message "{$value} is over {$atMost}."@en ;
  sh:ask "ASK { FILTER (STRLEN(STR($value)) <= $atMost) }" ] .
ex:Unlike a sh:ConstraintComponent ; sh:parameter [ sh:path ex:unlike ] ; sh:nodeValidator [
  a sh:SPARQLSelectValidator ; sh:prefixes ex:prefixes ; sh:message "{$this} is like it" ;
  sh:select "SELECT $this { $this ex:p ?other . FILTER (sameTerm(?other, $unlike)) }" ] .
"""
CLOSED = "sh:closed true ; sh:ignoredProperties ( rdf:type ex:q )"


def _said(parts: list[str]) -> str:
    """The parts, without a second of what may be said once."""
    found: dict[str, str] = {}
    for part in parts:
        name = part.split()[0].removeprefix("sh:")
        found.setdefault(part if name in MANY else name, part)
    return " ; ".join(found.values()) + " "


@st.composite
def shapes(draw: st.DrawFn) -> str:
    """A shapes graph of one to four shapes with targets."""
    author = _Author(draw)
    lines = ["ex:prefixes sh:declare [ sh:prefix 'ex' ; sh:namespace 'http://example.org/'^^xsd:anyURI ] ."]
    for name in ["ex:C", "ex:D", "ex:S", "ex:T"][: draw(st.integers(1, 4))]:
        body = author.query() if draw(st.integers(0, 5)) == 0 else author.any_shape(2)
        targets = " ; ".join(dict.fromkeys(author.some(2, author.target)))
        lines.append(f"{name} {targets} ; {body} .")
    return PREFIXES + COMPONENTS + "\n".join(lines)


KINDS_OF_CONSTRAINTS = ("value", "values", "pair", "closed", "class", "query", "shape", "shapes", "qualified")


@st.composite
def single_shapes(draw: st.DrawFn, kind: str) -> str:
    """A shapes graph of one shape with one target and one constraint: what goes wrong with it has one reason."""
    author = _Author(draw)
    declared = "ex:prefixes sh:declare [ sh:prefix 'ex' ; sh:namespace 'http://example.org/'^^xsd:anyURI ] ."
    return PREFIXES + COMPONENTS + f"{declared}\nex:C {author.target()} ; {author.single(kind)} ."


def meets_a_fault_of_pyshacl(*texts: str) -> bool:
    """Whether an ASK validator may be asked about an empty text, which pyshacl takes for no value."""
    whole = "\n".join(texts)
    return "ex:atMost" in whole.partition(COMPONENTS)[2] and bool(_EMPTY.search(whole))
