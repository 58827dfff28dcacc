"""A real server of the library, and what it answers."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from graphsvc.tokens import TokenFile
from tests.conftest import LIBRARY, running
from tests.processes import family

COUNT = "SELECT ?n { <urn:counter> <urn:is> ?n }"


class Answer(NamedTuple):
    """What a server said; without the Date, and without the name of the request."""

    status: int
    headers: dict[str, str]
    body: bytes


class Server:
    """A server of a project, and a token to write."""

    def __init__(self, url: str, token: str, supervisor: int, project: Path) -> None:
        self.project = project
        self.supervisor = supervisor
        self.place = url.removeprefix("http://")
        self.token = token

    def ask(self, method: str, target: str, body: bytes | str | None = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(HTTPConnection(self.place, timeout=30)) as connection:
            connection.request(method, target, body, named)
            response = connection.getresponse()
            told = {name.lower(): value for name, value in response.getheaders()}
            told = {name: value for name, value in told.items() if name not in ("date", "connection")}
            name_of_this = told.pop("x-request-id").encode()
            return Answer(response.status, told, response.read().replace(name_of_this, b"NAME"))

    def update(self, text: str) -> None:
        told = {"Content-Type": "application/sparql-update", "Authorization": f"Bearer {self.token}"}
        answer = self.ask("POST", "/update", text, **told)
        assert answer.status == 204, answer.body

    def count(self) -> int:
        answer = self.ask("GET", "/sparql?query=" + quote(COUNT), Accept="text/csv")
        assert answer.status == 200, answer.body
        return int(answer.body.split()[1])

    def process(self, name: str) -> int:
        """The process that runs a module of the service, and is no fork of it."""
        mine = family(self.supervisor)
        return next(one.pid for one in mine if name in one.command and one.parent == self.supervisor)

    @contextmanager
    def without(self, name: str) -> Iterator[None]:
        """As long as nothing moves in that process."""
        pid = self.process(name)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def server_of(folder: Path, project: Path = LIBRARY, **environment: str) -> Iterator[Server]:
    tokens = TokenFile(folder / "tokens.json")
    secret = tokens.new("writer", ["write"])
    before = {one.pid for one in family(os.getpid())}
    with running(project, GRAPHSVC_TOKENS=str(tokens.path), **environment) as url:
        started = [one for one in family(os.getpid()) if one.pid not in before]
        yield Server(url, secret, next(one.pid for one in started if one.parent == os.getpid()), project)
