"""A service that is watched: requests to it, its metrics and its log."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from ssl import SSLContext
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from tests.conftest import running
from tests.servers import free_port

# It has no end: four times all triples with one another.
ENDLESS = (
    "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n1 ?o . ?p ?q ?r . ?s ?t ?u }"
)
T = TypeVar("T")
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]
_SAMPLE = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Reply:
    """An answer as a whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body as an object."""
        return dict(json.loads(self.body))


def ask(
    url: str,
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "GET",
    body: bytes | None = None,
    tls: SSLContext | None = None,
) -> Reply:
    """The answer to one request, on a connection of its own; redirects are not followed."""
    parts = urlsplit(url)
    connection = (
        HTTPSConnection(parts.netloc, timeout=30, context=tls)
        if tls
        else HTTPConnection(parts.netloc, timeout=30)
    )
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body, dict(headers or {}))
        answer = connection.getresponse()
        return Reply(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def query_url(url: str, text: str, **more: str) -> str:
    """The address of the answer to a query."""
    return f"{url}/sparql?query={quote(text)}" + "".join(f"&{name}={value}" for name, value in more.items())


@dataclass(frozen=True)
class Watched:
    """A running service: its URL, where its metrics are, and the file that it logs to."""

    url: str
    metrics_url: str
    log: Path

    def samples(self) -> Samples:
        """What the metrics say just now, by name and labels."""
        text = ask(self.metrics_url).body.decode()
        found: Samples = {}
        for line in text.splitlines():
            if not line.startswith("#"):
                match = _SAMPLE.fullmatch(line)
                assert match, line
                found[match[1], frozenset(_LABEL.findall(match[2] or ""))] = float(match[3])
        return found

    def sample(self, name: str, **labels: str) -> float:
        """The sum of the samples of a name that have these labels."""
        wanted = set(labels.items())
        return sum(value for (known, its), value in self.samples().items() if known == name and wanted <= its)

    def until(self, name: str, least: float, **labels: str) -> float:
        """The sample, once it is `least` or more: what ends is counted just after its answer was sent."""
        return settled(lambda: self.sample(name, **labels), lambda value: value >= least)

    def lines(self, least: int = 0) -> list[str]:
        """The lines of the log, once there are `least` of them."""
        return settled(lambda: self.log.read_text().splitlines(), lambda found: len(found) >= least)

    def requests(self, least: int) -> list[dict[str, Any]]:
        """What is logged of requests, once there are `least` of them."""

        def found() -> list[dict[str, Any]]:
            told = [json.loads(line) for line in self.log.read_text().splitlines()]
            return [each for each in told if each["logger"] == "graphsvc.requests"]

        return settled(found, lambda told: len(told) >= least)


def settled(look: Callable[[], T], fits: Callable[[T], bool]) -> T:
    """What is seen once it fits, or after some seconds, whatever it is."""
    until = time.monotonic() + 10
    while not fits(found := look()) and time.monotonic() < until:
        time.sleep(0.05)
    return found


@contextmanager
def watched(project: Path, folder: Path, **settings: str) -> Iterator[Watched]:
    """A service with metrics, and with what else is set; `folder` takes its log."""
    log, port, metrics = folder / "log", free_port(), free_port()
    environment = {f"GRAPHSVC_{name.upper()}": value for name, value in settings.items()}
    with (
        log.open("w") as errors,
        running(project, "--port", str(port), errors=errors, GRAPHSVC_METRICS=str(metrics), **environment),
    ):
        yield Watched(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{metrics}/metrics", log)
