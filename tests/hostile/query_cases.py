"""Hostile queries and updates, by the row of docs/limits.md that they stand in."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from tests.hostile.siege import BROKEN_OFF, LIMIT, Case, Request, case, get, query, update

FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
STOPPED = (503, 504)
THREE = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i"
FOUR = f"{THREE} . ?j ?k ?l"
EVIL = "\">}]' ;DROP ALL <script>alert(1)</script> javascript:alert(1) \u202e"


def nested(opening: str, closing: str, depth: int, inner: str = "") -> str:
    """Brackets in brackets."""
    return opening * depth + inner + closing * depth


def _doubled(times: int) -> str:
    text = '"0123456789abcdef"'
    for _ in range(times):
        text = f'REPLACE({text}, "(.+)", "$1$1")'
    return f"SELECT (STRLEN({text}) AS ?n) {{}}"


def _values(size: int) -> str:
    blocks = " ".join(f"VALUES ?{name} {{ {' '.join(map(str, range(size)))} }}" for name in "abc")
    return f"SELECT (COUNT(*) AS ?n) {{ {blocks} }}"


def _post(body: bytes, **headers: str) -> Request:
    return Request(
        "POST", "/sparql", body, {name.replace("_", "-"): value for name, value in headers.items()}
    )


def _get(text: str, kind: str) -> Request:
    return get("/sparql?" + urlencode({"query": text, "timeout": LIMIT}), Accept=kind)


CONSTRUCTED = f"CONSTRUCT {{ ?a ?e ?i }} {{ {THREE} }}"
SERVICES = {
    "plain": "SELECT * { SERVICE <CANARY_URL> { ?s ?p ?o } }",
    "silent": "SELECT * { SERVICE SILENT <CANARY_URL> { ?s ?p ?o } }",
    "inside not exists": "ASK { FILTER NOT EXISTS { SERVICE <CANARY_URL> { ?s ?p ?o } } }",
    "inside a sub-select": "SELECT * { { SELECT * { SERVICE <CANARY_URL> { ?s ?p ?o } } } }",
    "at a variable": "SELECT * { BIND(<CANARY_URL> AS ?e) SERVICE ?e { ?s ?p ?o } }",
}
SPELLINGS = {
    "without a space": "PREFIX : <CANARY_URL> SELECT * { SERVICE: { ?s ?p ?o } }",
    "after a brace": "SELECT * { {}SERVICE<CANARY_URL>{ ?s ?p ?o } }",
    "after a comment": "SELECT * { SERVICE #\n<CANARY_URL> { ?s ?p ?o } }",
    "in mixed case": "SELECT * { sErViCe <CANARY_URL> { ?s ?p ?o } }",
    "at a prefixed name": "PREFIX ep: <CANARY_URL> SELECT * { SERVICE ep: { ?s ?p ?o } }",
}
TRICKS = [
    "http://127.1:CANARY_PORT/",
    "http://0x7f.1:CANARY_PORT/",
    "http://2130706433:CANARY_PORT/",
    "http://[::ffff:127.0.0.1]:CANARY_PORT/",
    "http://localhost:CANARY_PORT/",
    "http://ok@127.0.0.1:CANARY_PORT/",
    "file:///etc/passwd",
]
NEVER_ENDING = {
    (1, "a cross product counted"): f"SELECT (COUNT(*) AS ?n) {{ {THREE} }}",
    (2, "a cross product sorted"): f"SELECT * {{ {THREE} }} ORDER BY ?i",
    (3, "a cross product made distinct"): f"SELECT DISTINCT * {{ {THREE} }}",
    (3, "a cross product concatenated"): f"SELECT (GROUP_CONCAT(?c) AS ?x) {{ {THREE} }}",
    (
        3,
        "a cross product of four asked for nothing",
    ): f"ASK {{ {FOUR} FILTER(STRLEN(CONCAT(STR(?c), STR(?f), STR(?i), STR(?l))) > 9999) }}",
    (
        4,
        "a path open at both ends",
    ): "SELECT (COUNT(*) AS ?n) { ?x (<urn:a>|!<urn:a>)* ?y . ?y !<urn:b>* ?z }",
    (4, "a path round and round a ring"): "SELECT (COUNT(*) AS ?n) { ?x (<urn:next>+/<urn:next>+)+ ?y }",
    (4, "stars in stars"): "SELECT (COUNT(*) AS ?n) { ?x (((<urn:next>*)*)*)* ?y . ?y <urn:next>* ?z }",
    (5, "a string doubled"): _doubled(40),
    (7, "values by values"): _values(10_000),
    (11, "two thousand patterns on one subject"): (
        "SELECT * { %s }" % " . ".join(f"?s ?p{n} ?o{n}" for n in range(2_000))
    ),
}
# Queries that the engine ends in time or does not, and whose limit is the deadline.
BOUNDED = {
    (6, "a regular expression that backtracks"): (
        'SELECT * { BIND("%s!" AS ?x) FILTER(REGEX(?x, "(a+)+$")) }' % ("a" * 40_000)
    ),
    (6, "a long repetition for each row"): (
        'SELECT (COUNT(*) AS ?n) { ?s ?p ?o . ?t <urn:number> ?m FILTER(REGEX(CONCAT(STR(?o), STR(?m)), "\\\\w{500}")) }'
    ),
    (6, "a repetition of a repetition"): 'ASK { FILTER(REGEX("aaaa", "a{1000}{1000}")) }',
    (10, "a collection 112 deep"): f"ASK {{ ?s ?p {nested('(', ')', 112, '1')} }}",
    (10, "blank nodes 120 deep"): f"ASK {{ ?s ?p {nested('[ ?p ', ']', 120, '1')} }}",
    (10, "a path of 368 steps"): f"ASK {{ ?s {'/'.join(['<urn:next>'] * 368)} ?o }}",
    (10, "a chain of 200 patterns"): (
        "SELECT * { %s }" % " . ".join(f"?v{n} <urn:next> ?v{n + 1}" for n in range(200))
    ),
    (67, "127 collections on one triple"): f"ASK {{ ?s ?p {nested('(', ')', 127, '1')} }}",
}
TOO_DEEP = {
    "parentheses": f"ASK {{ FILTER{nested('(', ')', 10_000, '1')} }}",
    "braces": f"ASK {nested('{', '}', 10_000)}",
    "optionals": f"ASK {nested('{ OPTIONAL ', '}', 5_000, '{}')}",
    "not exists": f"ASK {nested('{ FILTER NOT EXISTS ', '}', 3_000, '{}')}",
    "sub-selects": f"SELECT * {nested('{ SELECT * ', '}', 2_000, '{}')}",
    "collections": f"ASK {{ ?s ?p {nested('(', ')', 10_000, '1')} }}",
    "blank nodes": f"ASK {{ ?s ?p {nested('[ ?p ', ']', 10_000, '1')} }}",
    "triple terms": f"ASK {{ ?s ?p {nested('<<( ?s ?p ', ')>>', 5_000, '1')} }}",
}
CHAINS = {
    "ors": f"ASK {{ FILTER({' || '.join(['true'] * 30_000)}) }}",
    "sums": f"ASK {{ FILTER({' + '.join(['1'] * 60_000)}) }}",
    "unions": f"ASK {{ {' UNION '.join(['{}'] * 20_000)} }}",
    "path steps": f"ASK {{ ?s {'/'.join(['<urn:a>'] * 20_000)} ?o }}",
    "signs": f"ASK {{ FILTER({'-' * 100_000}1) }}",
    "negations": f"ASK {{ FILTER({'!' * 100_000}true) }}",
}
NO_TEXT = {
    "invalid UTF-8": b"ASK {} #\xff",
    "NUL": b"ASK { ?s ?p 'a\0b' }",
    "a lone surrogate": b"ASK { ?s ?p '\xed\xa0\x80' }",
    "a byte order mark": b"\xef\xbb\xbfASK {}",
    "a keyword in escapes": b"SELECT * { \\u0053ERVICE <CANARY_URL> { ?s ?p ?o } }",
}
READING: list[Case] = [
    *(case(row, name, query(text), *STOPPED, BROKEN_OFF) for (row, name), text in NEVER_ENDING.items()),
    *(case(row, name, query(text), 200, *STOPPED, BROKEN_OFF) for (row, name), text in BOUNDED.items()),
    case(3, "a cross product constructed", _get(CONSTRUCTED, "text/turtle"), *STOPPED, BROKEN_OFF),
    case(13, "everything described", _get("DESCRIBE * { ?s ?p ?o }", "text/turtle"), 200),
    *(case(8, name, query(text), 400, says="deep") for name, text in TOO_DEEP.items()),
    *(case(9, name, query(text), 400, 504) for name, text in CHAINS.items()),
    case(12, "a literal of 50 MB", query('ASK { ?s ?p "%s" }' % ("x" * (50 << 20))), 413),
    *(case(14, f"SERVICE {name}", query(text), 403) for name, text in SERVICES.items()),
    case(
        14,
        "SERVICE in the pattern of an update",
        update("INSERT { ?s <urn:p> 1 } WHERE { SERVICE <CANARY_URL> { ?s ?p ?o } }"),
        403,
    ),
    *(case(17, url, query(f"SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }}"), 403) for url in TRICKS),
    *(case(18, name, _post(text, Content_Type=DIRECT), 400) for name, text in NO_TEXT.items()),
    case(18, "a comment of a megabyte", query("ASK {} #" + "x" * (1 << 20)), 413),
    case(19, "an update where a query belongs", query("DROP ALL"), 400, says="update"),
    case(19, "a query where an update belongs", update("ASK {}"), 400),
    case(19, "a query and an update", _post(b"query=ASK%7B%7D&update=DROP+ALL", Content_Type=FORM), 400),
    case(19, "two queries", _post(b"query=ASK%7B%7D&query=ASK%7B%7D", Content_Type=FORM), 400),
    case(19, "one in the URL and one in the body", Request(
        "POST", "/sparql?query=ASK%7B%7D", b"query=ASK%7B%7D", {"Content-Type": FORM}), 400),
    case(20, "a body of another type", _post(b"ASK {}", Content_Type="text/html"), 415),
    case(20, "a body of no type", _post(b"ASK {}"), 415),
    case(20, "another charset", _post(b"ASK {}", Content_Type=f"{DIRECT}; charset=utf-16"), 415),
    case(65, "SERVICE in escapes within an IRI", query("SELECT * { SERVICE <\\u0068ttp://127.0.0.1:CANARY_PORT/> {} }"), 400, 403),
    *(case(65, f"SERVICE {name}", query(text), 403) for name, text in SPELLINGS.items()),
    case(66, "service as a variable", query("SELECT ?service { ?service ?p <urn:none> }"), 200),
    case(66, "service as a name", query("PREFIX ex: <urn:x:> SELECT * { ex:SERVICE ?p ?o }"), 200),
    case(66, "service in a text and in a comment", query('ASK { ?s ?p "SERVICE <CANARY_URL>" } # SERVICE <CANARY_URL>'), 200),
    *(
        case(16, f"{clause} <{iri}>", query(f"SELECT * {clause} <{iri}> {{ {pattern} }}"), 200, says='"bindings":[]')
        for clause, pattern in (("FROM", "?s ?p ?o"), ("FROM NAMED", "GRAPH ?g { ?s ?p ?o }"))
        for iri in ("CANARY_FILE", "CANARY_URL", "file:///etc/passwd")
    ),
    case(16, "a file as the dataset of the request", query("SELECT * { ?s ?p ?o }", **{"default-graph-uri": "CANARY_FILE"}), 200, says='"bindings":[]'),
    case(73, "a system graph by name", query("SELECT * { GRAPH <http://example.org/siege/graph/system/writes> { ?s ?p ?o } }"), 200, says='"bindings":[]'),
    case(73, "a system graph by FROM", query("SELECT * FROM <http://example.org/siege/graph/system/writes> { ?s ?p ?o }"), 401),
    case(73, "a system graph by its address", get("/graph/system/writes"), 401, 404),
    case(73, "a system graph by the graph store", get("/graph-store?graph=http://example.org/siege/graph/system/writes"), 401),
]  # fmt: skip
WRITING: list[Case] = [
    case(15, "LOAD http", update("LOAD <CANARY_URL>"), 403),
    case(15, "LOAD file", update("LOAD <CANARY_FILE>"), 403),
    case(15, "LOAD SILENT", update("LOAD SILENT <CANARY_URL> INTO GRAPH <urn:g>"), 403),
    case(15, "LOAD after a good operation", update("INSERT DATA { <urn:a> <urn:b> 1 } ; LOAD <CANARY_URL>"), 403),
    case(36, "our own graph", update(
        "INSERT DATA { GRAPH <http://example.org/siege/graph/system/writes> { <urn:a> <urn:b> 1 } }"), 403),
    case(70, "a second operation that fails", update("INSERT DATA { <urn:a> <urn:b> 1 } ; CLEAR GRAPH <urn:none>"), 404, 409),
    case(71, "a cross product inserted", update(f"INSERT {{ ?a ?e ?i }} WHERE {{ {THREE} }}"), *STOPPED),
    case(71, "20,000 braces", update(f"INSERT {{}} WHERE {nested('{', '}', 20_000)}"), 400),
    case(71, "a cross product deleted", update(f"DELETE {{ ?a ?b ?i }} WHERE {{ {FOUR} }}"), *STOPPED),
]  # fmt: skip
ACCEPTS = {
    "thousands of entries": ", ".join(f"text/x{n};q=0.{n % 9}" for n in range(4_500)),
    "a quality of 2": "text/csv;q=2",
    "a quality of abc": "text/csv;q=abc",
    "a quality of 0": "*/*;q=0",
    "nothing": "",
    "signs": ';;,;q=,"',
}
SPLITTING = "%0d%0aX-Split:%20yes"
NAMED: list[Case] = [
    *(
        case(21, f"Accept with {name}", get("/sparql?query=ASK%7B%7D", Accept=value), 200, 400, 406, 431)
        for name, value in ACCEPTS.items()
    ),
    case(
        22,
        "a query in a page",
        get("/sparql?" + urlencode({"query": f"ASK {{ {EVIL}"}), Accept="text/html"),
        400,
    ),
    case(22, "a described IRI", get("/describe?" + urlencode({"iri": EVIL})), 400, 404),
    case(22, "a thing", get(f"/id/{quote(EVIL)}", Accept="text/html"), 400, 404),
    case(22, "a graph", get("/graph-store?" + urlencode({"graph": EVIL})), 400, 404),
    case(22, "a stored query", get(f"/queries/{quote(EVIL)}"), 404),
    case(22, "a default graph", query("ASK {}", **{"default-graph-uri": EVIL}), 400),
    case(75, "CR LF in an IRI", get(f"/id/a{SPLITTING}"), 400, 404),
    case(75, "CR LF in the name of a query", get(f"/queries/a{SPLITTING}"), 404),
    case(75, "CR LF in the name of a graph", get(f"/graph-store?graph=urn:a{SPLITTING}"), 400, 404),
    case(75, "CR LF in a format", get(f"/sparql?query=ASK%7B%7D&format=csv{SPLITTING}"), 400),
    case(75, "CR LF in a described IRI", get(f"/describe?iri=urn:a{SPLITTING}"), 400, 404),
]
