"""A real service under siege: what is sent to it, what it answers, and what it must be like afterwards."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, IncompleteRead
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from graphsvc.tokens import TokenFile
from tests.hostile.canary import SECRET, Canary
from tests.processes import family

# How many things there are in the graph; each has four triples.
THINGS = 3_000
# What work may take here, in seconds: what is to be stopped, and what is to end by itself on a busy machine too.
SHORT, LONG = 1.0, 15.0
# Stands for one of them in a request.
LIMIT = "TIME_LIMIT"
# The status of an answer that was begun and not ended, so that the client can tell.
BROKEN_OFF = 0
# What the writer, the web process and the garbage of the store may hold on to: each has its bound.
_SPARE = 240 << 20


@dataclass(frozen=True)
class Reply:
    """An answer; `head` is all that came before the body, as text."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        """The body of an error."""
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found


@dataclass(frozen=True)
class Request:
    """One request. `CANARY_URL`, `CANARY_FILE` and `CANARY_FOLDER` in its target and body are put in."""

    method: str
    target: str
    body: bytes | Callable[[], bytes] = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    token: bool = False


@dataclass(frozen=True)
class Case:
    """A row of the table: what is sent, and which statuses are right; `says` is in the answer's body."""

    row: int
    name: str
    request: Request
    expected: frozenset[int]
    says: str = ""


def case(row: int, name: str, request: Request, *expected: int, says: str = "") -> Case:
    """A case, written in one line."""
    return Case(row, name, request, frozenset(expected), says)


class Siege:
    """The service, and the canaries that stand around it."""

    def __init__(
        self, process: subprocess.Popen[str], url: str, token: str, log: Path, canary: Canary
    ) -> None:
        self.process = process
        self.url = url
        self.token = token
        self.log = log
        self.canary = canary
        place = urlsplit(url)
        self.host, self.port = str(place.hostname), int(place.port or 80)
        self.epoch = self.ask("ASK {}").headers["graph-epoch"]

    def send(self, request: Request, limit: float = SHORT) -> Reply:
        """Send a request, on a connection of its own, with that limit where it names none."""
        body = request.body() if callable(request.body) else request.body
        given = body.replace(LIMIT.encode(), f"{limit:g}".encode()) if len(body) < 1 << 20 else body
        headers = dict(request.headers)
        if request.token:
            headers["Authorization"] = f"Bearer {self.token}"
        with closing(HTTPConnection(self.host, self.port, timeout=60)) as connection:
            with suppress(BrokenPipeError, ConnectionResetError):  # it need not read what it refuses
                connection.request(
                    request.method,
                    self.armed(request.target.replace(LIMIT, f"{limit:g}")),
                    self.armed(given) or None,
                    headers,
                )
            answer = connection.getresponse()
            lower = {name.lower(): value for name, value in answer.getheaders()}
            try:
                return Reply(answer.status, lower, answer.read())
            except IncompleteRead:
                return Reply(BROKEN_OFF, lower, b"")

    def armed(self, content: Any) -> Any:
        """Text or bytes with the canaries in."""
        places = {
            "CANARY_URL": self.canary.url,
            "CANARY_PORT": str(self.canary.port),
            "CANARY_FILE": self.canary.file,
            "CANARY_FOLDER": str(self.canary.folder),
        }
        for name, value in places.items():
            raw = isinstance(content, bytes)
            content = content.replace(name.encode() if raw else name, value.encode() if raw else value)
        return content

    def raw(self, sent: bytes, *, ends: bool = False) -> bytes:
        """What comes back for bytes that are sent as they are; where it `ends`, nothing more will be sent."""
        with socket.create_connection((self.host, self.port), timeout=10) as connection:
            found = b""
            with suppress(OSError):  # it need not read what it refuses
                connection.sendall(sent)
                if ends:
                    connection.shutdown(socket.SHUT_WR)
            with suppress(OSError):
                while chunk := connection.recv(1 << 16):
                    found += chunk
            return found

    def ask(self, text: str, **parameters: str) -> Reply:
        """The answer to a query."""
        return self.send(query(text, **parameters))

    def check_unharmed(self) -> None:
        """Nobody touched a canary, the service answers, its data are as they were, and no error was unforeseen."""
        assert not self.canary.touched()
        until = time.monotonic() + 5
        while (reply := self.ask("ASK {}")).status in (429, 503) and time.monotonic() < until:
            time.sleep(0.05)
        assert (reply.status, json.loads(reply.body)["boolean"]) == (200, True)
        assert reply.headers["graph-epoch"] == self.epoch
        assert "Traceback" not in self.log.read_text()

    def forget(self) -> None:
        """Remove the graph that a hostile document was taken as, and check that nothing else is amiss."""
        assert self.send(Request("DELETE", "/graph-store?graph=urn:hostile", token=True)).status == 204
        self.epoch = self.ask("ASK {}").headers["graph-epoch"]
        self.check_unharmed()

    def await_all(self) -> None:
        """Wait until every part is there, the one that validates too."""
        while self.send(validation(b"<urn:s> <urn:p> 1 .", "text/turtle")).status == 503:
            time.sleep(0.1)
        # Workers are started when a state has lasted a little.
        until, same = time.monotonic() + 10, 0
        before = 0
        while same < 5 and time.monotonic() < until:
            found = len(family(self.process.pid))
            same, before = (same + 1, before) if found == before else (0, found)
            time.sleep(0.2)

    def memory(self) -> int:
        """The resident memory of all its processes."""
        return sum(each.memory for each in family(self.process.pid))


def query(text: str, **parameters: str) -> Request:
    """A query by POST."""
    body = urlencode({"query": text, "timeout": LIMIT} | parameters, errors="surrogatepass").encode()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/sparql-results+json",
    }
    return Request("POST", "/sparql", body, headers)


def get(target: str, **headers: str) -> Request:
    """A GET request; underscores in header names stand for hyphens."""
    return Request("GET", target, b"", {name.replace("_", "-"): value for name, value in headers.items()})


def update(text: str, timeout: float | str = LIMIT) -> Request:
    """An update, by somebody who may write."""
    return Request(
        "POST",
        f"/update?timeout={timeout}",
        text.encode(),
        {"Content-Type": "application/sparql-update"},
        True,
    )


def upload(
    content: bytes | Callable[[], bytes],
    kind: str,
    graph: str = "urn:hostile",
    timeout: float | str = LIMIT,
    **headers: str,
) -> Request:
    """A graph to be put, by somebody who may write."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    target = f"/graph-store?graph={quote(graph)}&timeout={timeout}"
    return Request("PUT", target, content, {"Content-Type": kind} | named, True)


def validation(
    content: bytes | Callable[[], bytes], kind: str, timeout: float | str = LIMIT, **headers: str
) -> Request:
    """Data to be validated."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    target = f"/validate?timeout={timeout}"
    return Request("POST", target, content, {"Content-Type": kind, "Accept": "application/json"} | named)


def _project(folder: Path, data: str | None) -> Path:
    """A project of the data given, or of a graph in which what is hostile hurts."""
    for name in ("data", "shapes", "queries"):
        (folder / name).mkdir(parents=True)
    base = "http://example.org/siege"
    (folder / "graphsvc.toml").write_text(f'[project]\nbase = "{base}"\n')
    if data is not None:
        (folder / "data" / "data.ttl").write_text(data)
        return folder
    _write_ring(folder, base)
    (folder / "shapes" / "shapes.ttl").write_text(
        "<urn:S> a <http://www.w3.org/ns/shacl#NodeShape> ; "
        "<http://www.w3.org/ns/shacl#targetClass> <urn:Thing> ."
    )
    (folder / "queries" / "labels.rq").write_text("#+ summary: Labels\nSELECT * { ?s <urn:html> ?label }\n")
    return folder


def _write_ring(folder: Path, base: str) -> None:
    """Things in a ring, each with a label, a number and a class, and one that shows badly."""
    lines = []
    for number in range(THINGS):
        thing = f"<{base}/id/thing/{number}>"
        lines.append(f"{thing} <urn:next> <{base}/id/thing/{(number + 1) % THINGS}> .")
        lines.append(f'{thing} <http://www.w3.org/2000/01/rdf-schema#label> "thing {number}" .')
        lines.append(f'{thing} <urn:number> "{number}"^^<http://www.w3.org/2001/XMLSchema#integer> .')
        lines.append(f"{thing} a <urn:Thing> .")
    (folder / "data" / "things.ttl").write_text("\n".join(lines) + "\n")
    nasty = [
        f'<{base}/id/nasty> <http://www.w3.org/2000/01/rdf-schema#label> "</script><script>alert(1)</script>" ;',
        '<urn:html> "<img src=x onerror=alert(1)>", "\\u202Egnp.exe" ; <urn:link> <javascript:alert(1)> ;',
        '<urn:data> <data:text/html,%3Cscript%3E> ; <urn:csv> "=cmd()", "a\\"b,\\nc\\td" .',
    ]
    (folder / "data" / "nasty.ttl").write_text("\n".join(nasty))


@contextmanager
def besieged(folder: Path, data: str | None = None, **environment: str) -> Iterator[Siege]:
    """The service, with small limits.

    Afterwards its memory must be back, and no process dead or left over, unless it was told to stop.
    """
    tokens = TokenFile(folder / "tokens.json")
    secret = tokens.new("writer", ["write"])
    (folder / "canary").mkdir()
    project = _project(folder / "project", data)
    settings = {
        "GRAPHSVC_TOKENS": str(tokens.path),
        "GRAPHSVC_QUERY_TIMEOUT": "20",
        "GRAPHSVC_READERS": "4",
        "GRAPHSVC_READER_MEMORY": str(384 << 20),
    }
    command = [sys.executable, "-m", "graphsvc", "serve", "--project", str(project), "--port", "0"]
    log = folder / "log"
    with (
        Canary(folder / "canary") as canary,
        log.open("w") as errors,
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=os.environ | settings | environment,
        ) as process,
    ):
        assert process.stdout is not None
        try:
            ready = process.stdout.readline()
            assert ready.startswith("Ready at "), log.read_text()
            siege = Siege(process, ready.removeprefix("Ready at ").strip().rstrip("/"), secret, log, canary)
            siege.await_all()
            before = len(family(process.pid)), siege.memory()
            yield siege
            if process.poll() is None:
                _check_back(siege, *before)
        finally:
            process.terminate()
            process.wait(20)


def _check_back(siege: Siege, processes: int, memory: int) -> None:
    """Wait until the service is as it was before."""
    until = time.monotonic() + 10
    # A writer, and a direct reader for each processor, may have come since.
    most = processes + 1 + (os.cpu_count() or 1)
    while True:
        found = family(siege.process.pid)
        used = siege.memory()
        zombies = [each for each in found if each.state == "Z"]
        if not zombies and len(found) <= most and used < memory + _SPARE:
            return
        assert time.monotonic() < until, (
            f"{len(found)} processes after {processes}, zombies {zombies}, "
            f"{used >> 20} MB after {memory >> 20} MB: "
            + ", ".join(f"{each.command[:60]} {each.memory >> 20}" for each in found)
        )
        time.sleep(0.2)


def check(siege: Siege, each: Case) -> Reply:
    """Send a case's request and hold the answer against what is right."""
    try:
        reply = siege.send(each.request, limit_of(each))
    except HTTPException as error:
        raise AssertionError(f"no answer: {error!r}") from error
    judge(each, reply)
    siege.check_unharmed()
    return reply


def limit_of(each: Case) -> float:
    """The limit that a case needs: a short one where it may be what ends it."""
    return LONG if each.expected.isdisjoint({503, 504, BROKEN_OFF}) else SHORT


def judge(each: Case, reply: Reply) -> None:
    """Hold an answer against what is right."""
    assert reply.status in each.expected, reply.body[:2000]
    assert SECRET.encode() not in reply.body
    if reply.status >= 400:
        assert reply.headers["content-type"] == "application/problem+json", reply.body[:500]
        assert reply.problem["status"] == reply.status
        assert reply.problem["title"]
        assert reply.problem["detail"].endswith(".")
    if reply.status == 503:
        assert int(reply.headers.get("retry-after", "1")) > 0
    assert each.says in reply.body.decode("utf-8", "replace")
