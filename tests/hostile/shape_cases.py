"""Hostile shapes, by the row that they stand in: each validates a ring of things, or what stands beside it."""

from __future__ import annotations

from urllib.parse import urlencode

from tests.hostile.siege import LIMIT, Case, Request, case

STOPPED = (503, 504)
PREFIXES = (
    "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> . "
    "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . @prefix owl: <http://www.w3.org/2002/07/owl#> . "
    "@prefix : <urn:> . "
)
RING = 3_000
CHAIN = "".join(f":n{n} :next :n{(n + 1) % RING} ; a :Thing .\n" for n in range(RING))
SMALL = ':a a :Thing ; :p "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!" .'


def validated(shapes: str, data: str = SMALL) -> Request:
    """Data against shapes, both a visitor's."""
    fields = {"data_text": PREFIXES + data, "shapes_text": PREFIXES + shapes, "timeout": LIMIT}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    return Request("POST", "/validate", urlencode(fields).encode(), headers)


def _fan(levels: int) -> str:
    """Each shape refers twice to the next: two to the power of `levels` ways."""
    lines = [f":s{n} sh:node :s{n + 1} ; sh:and ( :s{n + 1} ) ." for n in range(levels)]
    return f":s0 a sh:NodeShape ; sh:targetClass :Thing . {' '.join(lines)} :s{levels} a sh:NodeShape ."


def _deep(levels: int) -> str:
    lines = [f":s{n} sh:node :s{n + 1} ." for n in range(levels)]
    return f":s0 a sh:NodeShape ; sh:targetClass :Thing . {' '.join(lines)} :s{levels} a sh:NodeShape ."


def _query(text: str) -> str:
    return f':S a sh:NodeShape ; sh:targetClass :Thing ; sh:sparql [ sh:select """{text}""" ] .'


def _shape(rest: str) -> str:
    return f":S a sh:NodeShape ; sh:targetClass :Thing ; {rest} ."


DOUBLED = " ".join(f"BIND(CONCAT(?x{n}, ?x{n}) AS ?x{n + 1})" for n in range(40))
CROSS = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l"
LONG_PATH = "[ sh:zeroOrMorePath :next ] " * 6
NAMED = "is a circle of shapes named"
SHAPES: list[Case] = [
    case(37, "a shape that refers to itself", validated(":S a sh:NodeShape ; sh:targetClass :Thing ; sh:node :S ."), 400, says="ecursive"),
    case(37, "two that refer to each other", validated(":S a sh:NodeShape ; sh:targetClass :Thing ; sh:node :T . :T sh:property [ sh:path :p ; sh:node :S ] ."), 400, says="ecursive"),
    case(37, "a shape that refers to itself through sh:not", validated(":S a sh:NodeShape ; sh:targetClass :Thing ; sh:not [ sh:node :S ] ."), 400, says="ecursive"),
    case(38, "2^22 ways through shapes", validated(_fan(22)), 400, says="ways"),
    case(38, "400 shapes one below the other", validated(_deep(400)), 400, says="deep"),
    case(39, "a pattern that backtracks", validated(_shape('sh:property [ sh:path :p ; sh:pattern "^(a+)+$" ]')), 200, *STOPPED),
    case(39, "a pattern of many alternatives", validated(_shape(f'sh:property [ sh:path :p ; sh:pattern "^({"|".join(f"a{{{n}}}x" for n in range(900))})$" ]')), 200, *STOPPED),
    case(39, "a pattern without end", validated(_shape(f'sh:property [ sh:path :p ; sh:pattern "{"a" * 20_000}" ]')), 400),
    case(39, "a pattern that does not compile", validated(_shape('sh:property [ sh:path :p ; sh:pattern "(" ]')), 400, says="compile"),
    case(40, "stars in a row", validated(_shape(f"sh:property [ sh:path ( {LONG_PATH}) ; sh:maxCount 1 ]"), CHAIN), 200, *STOPPED),
    case(40, "a star over a long ring", validated(_shape("sh:property [ sh:path [ sh:zeroOrMorePath :next ] ; sh:minCount 1 ]"), CHAIN), 200, *STOPPED),
    case(41, "a list of shapes in a circle", validated(":S a sh:NodeShape ; sh:targetClass :Thing ; sh:and :l . :l rdf:first :T ; rdf:rest :l . :T a sh:NodeShape ."), 400, says="urn:l"),
    case(41, "a list of values in a circle", validated(":S a sh:NodeShape ; sh:targetClass :Thing ; sh:in :l . :l rdf:first 1 ; rdf:rest :l ."), 400, says="urn:l"),
    case(41, "a path that contains itself", validated(":S a sh:PropertyShape ; sh:targetClass :Thing ; sh:path :p . :T sh:path [ sh:inversePath :q ] . :q sh:inversePath :q . :U sh:path :q ."), 400, 200),
    case(41, "a path of itself alone", validated("_:q sh:inversePath _:q . :U a sh:PropertyShape ; sh:targetClass :Thing ; sh:path _:q ; sh:minCount 1 ."), 400),
    case(42, "a cross product in a constraint", validated(_query(f"SELECT $this {{ {CROSS} . ?m ?n ?o FILTER(STRLEN(STR(?c)) > 9999) }}"), CHAIN), *STOPPED),
    case(42, "a string doubled in a constraint", validated(_query(f"SELECT $this {{ BIND('0123456789' AS ?x0) {DOUBLED} FILTER(STRLEN(?x40) > 0) }}")), *STOPPED),
    case(42, "SERVICE in a constraint", validated(_query("SELECT $this { SERVICE <CANARY_URL> { $this ?p ?o } }")), 403),
    case(42, "SERVICE SILENT in a constraint", validated(_query("SELECT $this { SERVICE SILENT <CANARY_URL> { $this ?p ?o } }")), 403),
    case(42, "FROM in a constraint", validated(_query("SELECT $this FROM <CANARY_FILE> { $this ?p ?o }")), 400),
    case(42, "an update in a constraint", validated(_query("DROP ALL")), 400),
    case(42, "a syntax error in a constraint", validated(_query("SELECT $this { $this ?p ")), 400, says="line"),
    case(43, "a target by a query", validated(':S a sh:NodeShape ; sh:target [ a sh:SPARQLTarget ; sh:select "SELECT ?this { ?this ?p ?o }" ] .'), 400, says="not enabled"),
    case(43, "a rule", validated(_shape('sh:rule [ a sh:SPARQLRule ; sh:construct "CONSTRUCT { $this a :X } WHERE {}" ]')), 400, says="not enabled"),
    case(43, "a function", validated(':f a sh:SPARQLFunction ; sh:select "SELECT ?x {}" .'), 400, says="not enabled"),
    case(43, "JavaScript", validated(_shape('sh:js [ a sh:JSConstraint ; sh:jsFunctionName "f" ]')), 400, says="not enabled"),
    case(44, "a condition that 30,000 things break", validated(":S a sh:NodeShape ; sh:targetClass :Thing ; sh:property [ sh:path :q ; sh:minCount 1 ] .", "".join(f":t{n} a :Thing .\n" for n in range(30_000))), 200, *STOPPED),
    case(45, "imports", validated("<urn:o> owl:imports <CANARY_URL>, <CANARY_FILE> . :S a sh:NodeShape ."), 200, says="was not followed"),
    case(45, "a shapes graph elsewhere", validated(":S a sh:NodeShape .", "<urn:d> sh:shapesGraph <CANARY_URL>, <CANARY_FILE> ."), 200, says="was not fetched"),
]  # fmt: skip
