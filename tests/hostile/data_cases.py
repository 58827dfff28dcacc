"""Hostile RDF documents, by the row of docs/limits.md that they stand in: each is put as a graph, and validated."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Callable

from tests.hostile.siege import Case, Request, case, upload, validation

TURTLE, TRIG, TRIPLES, QUADS = (
    "text/turtle",
    "application/trig",
    "application/n-triples",
    "application/n-quads",
)
XML, JSON_LD = "application/rdf+xml", "application/ld+json"
STOPPED = (503, 504)
RDF = "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:e='urn:e:' xmlns:xi='http://www.w3.org/2001/XInclude'>"
ABOUT = "<rdf:Description rdf:about='urn:s'>"
SIZE = 40 << 20


def _laughs(reference: str) -> bytes:
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(10))
    return f'<!DOCTYPE x [<!ENTITY e0 "haha">{entities}]>{RDF}{reference}</rdf:RDF>'.encode()


def _blow_up() -> bytes:
    long = "a" * 100_000
    return (
        f'<!DOCTYPE x [<!ENTITY a "{long}">]>{RDF}{ABOUT}<e:p>{"&a;" * 50_000}</e:p></rdf:Description></rdf:RDF>'
    ).encode()


def _external(system: str) -> bytes:
    return (
        f'<!DOCTYPE x [<!ENTITY a SYSTEM "{system}">]>{RDF}{ABOUT}<e:p>&a;</e:p></rdf:Description></rdf:RDF>'
    ).encode()


def _gzip_bomb() -> bytes:
    packing = zlib.compressobj(9, wbits=31)
    zeros = b" " * (1 << 20)
    return b"".join(packing.compress(zeros) for _ in range(250)) + packing.flush()


def _deep_json(depth: int, opening: str, closing: str) -> bytes:
    return (opening * depth + "1" + closing * depth).encode()


def _json(context: object) -> bytes:
    return json.dumps({"@context": context, "@id": "urn:s", "p": "v"}).encode()


def _contexts(depth: int) -> bytes:
    return ('{"@context":{"p":{"@id":"urn:p","@context":' * depth + "{}" + "}}" * depth + "}").encode()


Documents = dict[tuple[int, str], tuple[str, bytes | Callable[[], bytes], tuple[int, ...]]]
DOCUMENTS: Documents = {
    (23, "a billion laughs in an element"): (XML, _laughs(f"{ABOUT}<e:p>&e10;</e:p></rdf:Description>"), (400, *STOPPED)),
    (23, "a billion laughs in an attribute"): (XML, _laughs("<rdf:Description rdf:about='urn:s' e:p='&e10;'/>"), (400, *STOPPED)),
    (23, "a long entity again and again"): (XML, _blow_up, (400, *STOPPED)),
    (24, "an entity from a file"): (XML, _external("CANARY_FILE"), (400,)),
    (24, "an entity from the network"): (XML, _external("CANARY_URL"), (400,)),
    (24, "a document type from the network"): (XML, f'<!DOCTYPE x SYSTEM "CANARY_URL">{RDF}</rdf:RDF>'.encode(), (200, 201, 204, 400)),
    (24, "a parameter entity"): (XML, f'<!DOCTYPE x [<!ENTITY % a SYSTEM "CANARY_FILE"> %a;]>{RDF}</rdf:RDF>'.encode(), (200, 201, 204, 400)),
    (24, "XInclude"): (XML, f'{RDF}{ABOUT}<e:p rdf:parseType="Literal"><xi:include href="CANARY_FILE"/></e:p></rdf:Description></rdf:RDF>'.encode(), (200, 201, 204, 400)),
    (25, "elements 100,000 deep"): (XML, (RDF + "<e:a><e:p>" * 50_000 + "</e:p></e:a>" * 50_000 + "</rdf:RDF>").encode(), (400, *STOPPED)),
    (25, "100,000 attributes"): (XML, f"{RDF}<rdf:Description {' '.join(f'e:p{n}={chr(39)}v{chr(39)}' for n in range(100_000))}/></rdf:RDF>".encode(), (400, *STOPPED)),
    (26, "a million collections"): (TURTLE, lambda: b"<urn:s> <urn:p> " + b"(" * 1_000_000 + b")" * 1_000_000 + b" .", (400, *STOPPED)),
    (26, "50,000 triple terms"): (TURTLE, b"<urn:s> <urn:p> " + b"<<( <urn:s> <urn:p> " * 50_000 + b"1" + b" )>>" * 50_000 + b" .", (400, *STOPPED)),
    (26, "200,000 blank nodes in one another"): (TURTLE, b"<urn:s> <urn:p> " + b"[ <urn:p> " * 200_000 + b"1" + b"]" * 200_000 + b" .", (400, *STOPPED)),
    (27, "a literal of 40 MB"): (TURTLE, lambda: b'<urn:s> <urn:p> "' + b"x" * SIZE + b'" .', (400, *STOPPED)),
    (27, "a literal of 40 MB that does not end"): (TURTLE, lambda: b'<urn:s> <urn:p> "' + b"x" * SIZE, (400, *STOPPED)),
    (27, "a comment of 40 MB"): (TURTLE, lambda: b"<urn:s> <urn:p> 1 . #" + b"x" * SIZE, (200, 201, 204, 400, *STOPPED)),
    (27, "a line of 40 MB"): (TRIPLES, lambda: b"<urn:s> <urn:p> <urn:" + b"x" * SIZE + b"> .", (400, *STOPPED)),
    (28, "an escaped surrogate"): (TURTLE, b'<urn:s> <urn:p> "\\uD800" .', (400,)),
    (28, "NUL in a literal"): (TRIPLES, b'<urn:s> <urn:p> "a\0" .\n<urn:s', (400,)),
    (28, "NUL in an IRI"): (TURTLE, b"<urn:a\0> <urn:p> 1 .", (400,)),
    (28, "invalid UTF-8"): (TURTLE, b'<urn:s> <urn:p> "\xff" .', (400,)),
    (28, "an IRI with a space"): (TURTLE, b"<urn:a b> <urn:p> 1 .", (400,)),
    (28, "a relative IRI in N-Triples"): (TRIPLES, b"<a> <urn:p> <urn:o> .", (400,)),
    (30, "a remote context"): (JSON_LD, _json("CANARY_URL"), (400,)),
    (30, "a context from a file"): (JSON_LD, _json("CANARY_FILE"), (400,)),
    (30, "a remote context in a list"): (JSON_LD, _json([{"p": "urn:p"}, "CANARY_URL"]), (400,)),
    (30, "an import"): (JSON_LD, _json({"@version": 1.1, "@import": "CANARY_URL"}), (400,)),
    (30, "a context of a property"): (JSON_LD, _json({"p": {"@id": "urn:p", "@context": "CANARY_URL"}}), (400,)),
    (31, "objects 50,000 deep"): (JSON_LD, _deep_json(50_000, '{"urn:p":', "}"), (400, *STOPPED)),
    (31, "lists 20,000 deep"): (JSON_LD, b'{"@id":"urn:s","urn:p":' + _deep_json(20_000, '{"@list":[', "]}") + b"}", (400, *STOPPED)),
    (31, "arrays 500,000 deep"): (JSON_LD, _deep_json(500_000, "[", "]"), (400, *STOPPED)),
    (31, "contexts 5,000 deep"): (JSON_LD, _contexts(5_000), (200, 201, 204, 400, *STOPPED)),
    (31, "a context that is its own"): (JSON_LD, _json({"a": "b:x", "b": "a:x", "p": "a:p"}), (400,)),
    (35, "a document broken at its end"): (TURTLE, b"".join(b"<urn:s> <urn:p> %d .\n" % n for n in range(2_000)) + b"<urn:s> <urn:p", (400,)),
    (69, "a set of quads broken at its last line"): (QUADS, b"".join(b"<urn:s> <urn:p> <urn:%d> .\n" % n for n in range(2_000)) + b"<urn:s> <urn:p> <urn", (400,)),
}  # fmt: skip
# What is large or odd and yet good; written, it is there, and validated, it has a report.
GOOD: dict[tuple[int, str], tuple[str, bytes]] = {
    (26, "a list of 100,000 members"): (TURTLE, b"<urn:s> <urn:p> ( " + b"1 " * 100_000 + b") ."),
    (29, "a decimal in a thousand million digits"): (TURTLE, b'<urn:s> <urn:p> "1e-999999999"^^<http://www.w3.org/2001/XMLSchema#decimal> .'),
    (29, "a double beyond all doubles"): (TURTLE, b'<urn:s> <urn:p> "1e999999999"^^<http://www.w3.org/2001/XMLSchema#double> .'),
    (29, "an integer of 5,000,000 digits"): (TURTLE, b'<urn:s> <urn:p> "' + b"9" * 5_000_000 + b'"^^<http://www.w3.org/2001/XMLSchema#integer> .'),
    (29, "a year of 10 digits"): (TURTLE, b'<urn:s> <urn:p> "1000000000-01-01"^^<http://www.w3.org/2001/XMLSchema#date> .'),
    (32, "100,000 graphs"): (TRIG, b"".join(b"<urn:g%d> { <urn:s> <urn:p> 1 }\n" % n for n in range(100_000))),
    (74, "a clique of nine blank nodes"): (TURTLE, b" ".join(b"_:a%d <urn:p> _:a%d ." % (n, m) for n in range(9) for m in range(9) if n != m)),
}  # fmt: skip


def _packed(content: bytes | Callable[[], bytes], encoding: str) -> Request:
    return upload(content, TURTLE, Content_Encoding=encoding)


def _twice() -> bytes:
    return gzip.compress(gzip.compress(b"<urn:s> <urn:p> 1 .\n" * 1_000))


def _form(*parts: bytes) -> Request:
    body = io.BytesIO()
    for number, part in enumerate(parts):
        body.write(
            b'--b\r\nContent-Disposition: form-data; name="data"; filename="%d.ttl.gz"\r\n\r\n' % number
        )
        body.write(part + b"\r\n")
    return Request(
        "POST",
        "/validate",
        body.getvalue() + b"--b--\r\n",
        {"Content-Type": "multipart/form-data; boundary=b"},
    )


ENCODED: list[Case] = [
    case(33, "a gzip bomb", _packed(_gzip_bomb, "gzip"), 413),
    case(33, "a gzip bomb in a form", _form(_gzip_bomb()), 413),
    case(33, "gzip in gzip", _packed(_twice, "gzip"), 400),
    case(33, "gzip cut short", _packed(lambda: gzip.compress(b"<urn:s> <urn:p> 1 .")[:-9], "gzip"), 400),
    case(33, "no gzip at all", _packed(b"<urn:s> <urn:p> 1 .", "gzip"), 400),
    case(33, "gzip that is not said to be", _packed(lambda: gzip.compress(b"<urn:s> <urn:p> 1 ."), "identity"), 400),
    case(33, "another encoding", _packed(b"\x28\xb5\x2f\xfd", "zstd"), 415),
    case(33, "two encodings", _packed(_twice, "gzip, gzip"), 415),
    case(36, "a relative graph name", upload(b"<urn:s> <urn:p> 1 .", TURTLE, graph="a/b"), 400),
    case(36, "a blank node as graph name", upload(b"<urn:s> <urn:p> 1 .", TURTLE, graph="_:b"), 400),
    case(36, "the word default as graph name", upload(b"<urn:s> <urn:p> 1 .", TURTLE, graph="default"), 400),
    case(36, "a graph of our own", upload(b"<urn:s> <urn:p> 1 .", TURTLE, graph="http://example.org/siege/graph/system/writes"), 403),
]  # fmt: skip
PUT = [
    case(row, name, upload(content, kind), *statuses)
    for (row, name), (kind, content, statuses) in DOCUMENTS.items()
]
CHECKED = [
    case(
        row,
        name,
        validation(content, kind),
        *(200 if status in (201, 204) else status for status in statuses),
    )
    for (row, name), (kind, content, statuses) in DOCUMENTS.items()
]
