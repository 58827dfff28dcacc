"""Hostile HTTP, by the row that it stands in: what is sent byte for byte, and which statuses are right."""

from __future__ import annotations

from dataclasses import dataclass

from tests.hostile.siege import Case, Request, case, get


@dataclass(frozen=True)
class Bytes:
    """What is sent on a connection, and the statuses that are right; 0 where the connection is merely closed."""

    row: int
    name: str
    sent: bytes
    expected: tuple[int, ...]
    ends: bool = False


def _get(target: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join(
        [b"GET " + target + b" HTTP/1.1", b"Host: x", b"Connection: close", *headers, b"", b""]
    )


def _put(*headers: bytes, body: bytes) -> bytes:
    head = [b"PUT /graph-store?graph=urn:hostile HTTP/1.1", b"Host: x", b"Connection: close"]
    head += [b"Content-Type: text/turtle", b"Authorization: Bearer TOKEN", *headers]
    return b"\r\n".join([*head, b"", body])


PATHS = {
    "a way up": b"/id/../../etc/passwd",
    "a way up in escapes": b"/id/%2e%2e%2f%2e%2e%2fetc/passwd",
    "a way up escaped twice": b"/id/%252e%252e%252fetc/passwd",
    "a way up from static files": b"/static/../../../graphsvc.toml",
    "a way up from static files in escapes": b"/static/%2e%2e/%2e%2e/graphsvc.toml",
    "a way up from queries": b"/queries/..%2f..%2fgraphsvc",
    "NUL": b"/id/a%00b",
    "a broken escape": b"/id/a%zz",
    "half an escape": b"/id/a%",
    "bytes that are no UTF-8": b"/id/%ff%fe",
    "raw bytes that are no ASCII": b"/id/\xff\xfe",
    "60,000 characters": b"/id/" + b"a" * 60_000,
    "70,000 characters": b"/id/" + b"a" * 70_000,
    "10,000 folders": b"/id" + b"/a" * 10_000,
    "backslashes": b"/id/..\\..\\etc\\passwd",
    "another server": b"http://evil.example/id/nasty/x",
    "no path": b"*",
}
METHODS = [b"TRACE", b"CONNECT", b"BREW", b"get", b"PROPFIND", b"DELETE"]
SHORT = b"<urn:s> <urn:p> 1 ."
HEADERS = b"\r\n".join(b"X-%d: 1" % n for n in range(10_000))
RAW: list[Bytes] = [
    *(Bytes(46, name, _get(path), (400, 404, 414, 431)) for name, path in PATHS.items()),
    *(Bytes(48, method.decode(), method + b" /sparql HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", (400, 405, 501)) for method in METHODS),
    Bytes(48, "POST where only GET is", b"POST /dataset HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", (405,)),
    Bytes(48, "a method as long as a book", b"G" * 100_000 + b" / HTTP/1.1\r\n\r\n", (0, 400, 431)),
    Bytes(49, "10,000 headers", _get(b"/", HEADERS), (400, 431)),
    Bytes(49, "a header of a megabyte", _get(b"/", b"X: " + b"a" * (1 << 20)), (400, 431)),
    Bytes(49, "both lengths", _put(b"Content-Length: 19", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + SHORT), (400,)),
    Bytes(49, "both lengths in the old version", _put(b"Content-Length: 19", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + SHORT).replace(b"HTTP/1.1", b"HTTP/1.0"), (400,)),
    Bytes(49, "two lengths", _put(b"Content-Length: 19", b"Content-Length: 5", body=SHORT), (400,)),
    Bytes(49, "a negative length", _put(b"Content-Length: -1", body=SHORT), (400,)),
    Bytes(49, "a length with a sign", _put(b"Content-Length: +19", body=SHORT), (400,)),
    Bytes(49, "a chunk whose length is no number", _put(b"Transfer-Encoding: chunked", body=b"xyz\r\n" + SHORT + b"\r\n0\r\n\r\n"), (400,)),
    Bytes(49, "another transfer encoding", _put(b"Transfer-Encoding: gzip", body=SHORT), (400, 501)),
    Bytes(49, "a header with a space before its colon", _get(b"/", b"X : 1"), (400,)),
    Bytes(49, "a folded header", _get(b"/", b"X: 1\r\n 2"), (200, 400)),
    Bytes(49, "no header at all", b"GET /\r\n\r\n", (0, 200, 400, 505)),
    Bytes(49, "no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20 + b"\r\n\r\n", (0, 400)),
    Bytes(68, "fewer bytes than announced", _put(b"Content-Length: 100", body=SHORT), (0, 400), True),
    Bytes(68, "chunks without their end", _put(b"Transfer-Encoding: chunked", body=b"13\r\n" + SHORT + b"\r\n"), (0, 400), True),
    Bytes(68, "a chunk cut short", _put(b"Transfer-Encoding: chunked", body=b"40\r\n" + SHORT), (0, 400), True),
    Bytes(68, "chunks past the limit", _put(b"Transfer-Encoding: chunked", body=(b"100000\r\n" + b"#" * (1 << 20) + b"\r\n") * 70), (0, 413)),
    Bytes(68, "more announced than is taken", _put(b"Content-Length: 99999999999", body=SHORT), (413,)),
    Bytes(47, "another host", b"GET /dataset HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: gopher\r\nForwarded: host=evil.example\r\nConnection: close\r\n\r\n", (200,)),
]  # fmt: skip
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "http://evil.example"}
DROP = b"update=DROP+ALL"


def _bearing(value: str) -> Request:
    return Request(
        "POST", "/update", b"DROP ALL", {"Content-Type": "application/sparql-update", "Authorization": value}
    )


TOKENS: list[Case] = [
    case(53, "a wrong token", _bearing("Bearer " + "x" * 43), 401),
    case(53, "an empty token", _bearing("Bearer "), 401),
    case(53, "no kind", _bearing("x" * 43), 401),
    case(53, "a token of 50,000 characters", _bearing("Bearer " + "x" * 50_000), 401),
    case(53, "a token with odd characters", _bearing("Bearer \u00e9\u00ff"), 401),
    case(53, "Basic", _bearing("Basic d3JpdGVyOng="), 401),
    case(53, "two tokens", _bearing("Bearer x, Bearer y"), 401),
    case(53, "a token in the URL", Request("POST", "/update?access_token=TOKEN&token=TOKEN", DROP, FORM), 401),
    case(54, "a form on another site", Request("POST", "/update", DROP, FORM), 401),
    case(54, "a form of plain text", Request("POST", "/update", DROP, {"Content-Type": "text/plain"}), 401, 415),
    case(54, "an update by GET", get("/update?update=DROP+ALL"), 405),
    case(54, "an update among queries by GET", get("/sparql?update=DROP+ALL"), 400),
    case(54, "a graph by a form", Request("POST", "/graph-store?graph=urn:hostile", DROP, FORM), 401),
]  # fmt: skip
NONE_MATCH = ", ".join(f'"{n:08x}"' for n in range(5_000))
CONDITIONS: list[Case] = [
    case(55, "a long list in If-None-Match", get("/dataset", If_None_Match=NONE_MATCH), 200),
    case(55, "nonsense in If-None-Match", get("/dataset", If_None_Match='"a, W/b"c",,'), 200),
    case(55, "a broken date", get("/dataset", If_Modified_Since="yesterday"), 200),
    case(55, "a range that is none", get("/dataset.nq.gz", Range="bytes=9-1"), 200, 416),
    case(55, "a range past the end", get("/dataset.nq.gz", Range="bytes=999999999-"), 416),
    case(55, "a thousand ranges", get("/dataset.nq.gz", Range="bytes=" + ",".join(f"{n}-{n}" for n in range(1_000))), 200, 206, 416),
    case(55, "a range in another unit", get("/dataset.nq.gz", Range="lines=1-2"), 200, 416),
    case(55, "If-Match for another state", Request("PUT", "/graph-store?graph=urn:hostile", SHORT, {"Content-Type": "text/turtle", "If-Match": '"0123456789abcdef"'}, True), 412),
]  # fmt: skip
# Pages on which what is hostile in the data, or in the request, is shown.
SHOWN = {
    "a resource": "/id/nasty",
    "its document": "/doc/nasty.html",
    "a query": "/sparql?query=SELECT%20*%20%7B%20%3Chttp%3A%2F%2Fexample.org%2Fsiege%2Fid%2Fnasty%3E%20%3Fp%20%3Fo%20%7D",
    "a construction": "/sparql?query=CONSTRUCT%20WHERE%20%7B%20%3Chttp%3A%2F%2Fexample.org%2Fsiege%2Fid%2Fnasty%3E%20%3Fp%20%3Fo%20%7D",
    "a stored query": "/queries/labels",
    "a query that fails": "/sparql?query=SELECT%20%3C%2Fscript%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "a page that is not there": "/id/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "a parameter that is none": "/validate?format=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E",
}
