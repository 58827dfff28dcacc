"""The engines: each a process on loopback that is started on a graph, asked, and stopped."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from bench.field import client
from bench.field.client import Request
from bench.field.graphs import Graph
from tests.processes import family

ASK = "ASK { ?s ?p ?o }"
_START = 600.0
_BIN = Path(sys.executable).parent
OURS_IN_MEMORY, OURS_ON_DISK = "graphsvc, in memory", "graphsvc, disk"
OXIGRAPH_IN_MEMORY, OXIGRAPH_ON_DISK = "oxigraph serve, in memory", "oxigraph serve, disk"
RDFLIB_ENDPOINT, VIRTUOSO = "rdflib-endpoint", "Virtuoso"


class Absent(Exception):
    """An engine that is not there or does not start, and why."""


@dataclass
class Engine:
    """One engine on one graph; `folder` is its own. `prepare` is done once, before the first start."""

    name: str
    graph: Graph
    folder: Path
    command: Callable[[Engine], Sequence[str]]
    prepare: Callable[[Engine], None] = lambda _: None
    after_start: Callable[[Engine], None] = lambda _: None
    query_path: str = "/query"
    more: str = ""
    update_path: str = "/update"
    pages: bool = False
    environment: dict[str, str] = field(default_factory=dict)
    update_headers: tuple[tuple[str, str], ...] = ()
    update_text: str = "INSERT DATA {{ {triple} }}"
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The root, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    def query(self, text: str, accept: str) -> Request:
        """A query by GET; marks in it stay marks."""
        # The same letters for all: what need not be escaped is not.
        asked = quote(text, safe="@")
        return Request(f"{self.query_path}?query={asked}{self.more}", accept)

    def update(self, triple: str) -> Request:
        """An update that adds a triple."""
        headers = (("Content-Type", "application/sparql-update"), *self.update_headers)
        return Request(self.update_path, "*/*", self.update_text.format(triple=triple), headers)

    def make_ready(self) -> None:
        """Do once what has to be done before it starts; seconds are kept as `load`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        begun = time.perf_counter()
        self.prepare(self)
        self.seconds["load"] = time.perf_counter() - begun

    def start(self) -> None:
        """Start it, wait until it answers; seconds are kept as `start`. Raises Absent."""
        self.port = free_port()
        log = open(self.folder / "log", "ab")  # noqa: SIM115 - it is the process's
        begun = time.perf_counter()
        self.process = subprocess.Popen(
            self.command(self),
            stdout=log,
            stderr=log,
            env=os.environ | self.environment,
            cwd=self.folder,
            start_new_session=True,
        )
        log.close()
        if not client.until(self._over_or_ready, _START) or self.process.poll() is not None:
            self.stop()
            raise Absent(f"it did not start: {self.folder / 'log'}")
        self.seconds["start"] = time.perf_counter() - begun
        self.after_start(self)

    def _over_or_ready(self) -> bool:
        assert self.process is not None
        return self.process.poll() is not None or self.answers()

    def answers(self) -> bool:
        """Whether it answers a query."""
        try:
            status, _, _ = client.ask(self.url, self.query(ASK, "application/sparql-results+json"), size=1)
        except OSError:
            return False
        return status == 200

    @property
    def memory(self) -> int:
        """The bytes that it and its children hold; what they share counts once."""
        assert self.process is not None
        return sum(each.memory for each in family(self.process.pid))

    def stop(self) -> None:
        """End it, and see it end."""
        if self.process is None:
            return
        group = self.process.pid
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(group, signal.SIGKILL)
            self.process.wait()
        self.process = None


def free_port() -> int:
    """A port of the loopback address that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(command: Sequence[str | Path], **more: object) -> None:
    """Run a command that has to succeed. Raises Absent with the end of what it said."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, **more
    )  # type: ignore[call-overload]
    if done.returncode:
        raise Absent(f"{Path(str(command[0])).name}: {(done.stderr or done.stdout).strip()[-300:]}")


def post_file(engine: Engine, target: str, *, media_type: str = "application/n-triples") -> None:
    """Send the graph's file to an engine. Raises Absent."""
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=_START)
    with open(engine.graph.file, "rb") as file:
        size = str(engine.graph.file.stat().st_size)
        connection.request("POST", target, file, {"Content-Type": media_type, "Content-Length": size})
        answer = connection.getresponse()
        if answer.status >= 300:
            raise Absent(f"it does not take the graph: {answer.status} {answer.read()[:200]!r}")
    connection.close()


def _oxigraph(engine: Engine) -> list[str]:
    return [str(_BIN / "oxigraph"), "serve", "--bind", f"127.0.0.1:{engine.port}"]


def _oxigraph_memory_loaded(engine: Engine) -> None:
    begun = time.perf_counter()
    post_file(engine, "/store?default")
    engine.seconds["start"] += time.perf_counter() - begun


def _oxigraph_disk_loaded(engine: Engine) -> None:
    store = engine.folder / "store"
    if not store.exists():
        run([_BIN / "oxigraph", "load", "--location", store, "--file", engine.graph.file])


def _ours(engine: Engine) -> list[str]:
    project = engine.folder / "project"
    return [sys.executable, "-m", "graphsvc", "serve", "--project", str(project), "--port", str(engine.port)]


def _own_project(engine: Engine) -> None:
    """A project of this engine's own, of the graph's files, with a token to write with."""
    project = engine.folder / "project"
    if not project.exists():
        project.mkdir(parents=True)
        for path in engine.graph.project.iterdir():
            (project / path.name).symlink_to(path)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "graphsvc", "token", "new", f"bench-{time.time_ns()}"),
            *("--scope", "write", "--project", str(project)),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    engine.update_headers = (("Authorization", f"Bearer {done.stdout.strip()}"),)


def ours_in_memory(graph: Graph, folder: Path) -> Engine:
    """graphsvc on the files of the project."""
    return _engine_of_ours(OURS_IN_MEMORY, graph, folder, {})


def ours_on_disk(graph: Graph, folder: Path) -> Engine:
    """graphsvc on a store on disk."""
    return _engine_of_ours(OURS_ON_DISK, graph, folder, {"GRAPHSVC_STORE": f"disk:{folder / 'store'}"})


def _engine_of_ours(name: str, graph: Graph, folder: Path, environment: dict[str, str]) -> Engine:
    return Engine(
        name,
        graph,
        folder,
        _ours,
        prepare=_own_project,
        query_path="/sparql",
        pages=True,
        # The others have no limit but the client's patience, which is a minute.
        environment={"GRAPHSVC_QUERY_TIMEOUT": "60"} | environment,
        update_text="INSERT DATA {{ GRAPH <urn:x:bench> {{ {triple} }} }}",
    )


def oxigraph_in_memory(graph: Graph, folder: Path) -> Engine:
    """`oxigraph serve` without a place; the graph is sent to it."""
    return Engine(OXIGRAPH_IN_MEMORY, graph, folder, _oxigraph, after_start=_oxigraph_memory_loaded)


def oxigraph_on_disk(graph: Graph, folder: Path) -> Engine:
    """`oxigraph serve` on what `oxigraph load` made."""
    return Engine(
        OXIGRAPH_ON_DISK,
        graph,
        folder,
        lambda engine: [*_oxigraph(engine), "--location", str(engine.folder / "store")],
        prepare=_oxigraph_disk_loaded,
    )


def rdflib_endpoint(graph: Graph, folder: Path) -> Engine:
    """rdflib-endpoint on rdflib's own store in memory, from an environment of its own."""
    program = graph.folder.parent / "rdflib-endpoint" / "bin" / "rdflib-endpoint"
    if not program.exists():
        raise Absent("it is not installed: `make bench` does that")
    return Engine(
        RDFLIB_ENDPOINT,
        graph,
        folder,
        lambda engine: [
            *(str(program), "serve", "--host", "127.0.0.1", "--port", str(engine.port), "--enable-update"),
            str(engine.graph.file),
        ],
        query_path="/",
        update_path="/",
        # Its store takes quads alone.
        update_text="INSERT DATA {{ GRAPH <urn:x:bench> {{ {triple} }} }}",
    )


def virtuoso(graph: Graph, folder: Path) -> Engine:
    """Virtuoso with its own file, of which the memory is set for the graph."""
    from bench.field.virtuoso import GRAPH, command, load_graph

    if not shutil.which("virtuoso-t") or not shutil.which("isql-vt"):
        raise Absent("it is not installed: Debian has it as virtuoso-opensource-7")
    return Engine(
        VIRTUOSO,
        graph,
        folder,
        command,
        after_start=load_graph,
        query_path="/sparql",
        more=f"&default-graph-uri={quote(GRAPH, safe='')}",
        update_path="/sparql",
        update_text=f"INSERT DATA {{{{ GRAPH <{GRAPH}> {{{{ {{triple}} }}}} }}}}",
    )


ENGINES: dict[str, Callable[[Graph, Path], Engine]] = {
    OURS_IN_MEMORY: ours_in_memory,
    OURS_ON_DISK: ours_on_disk,
    OXIGRAPH_IN_MEMORY: oxigraph_in_memory,
    OXIGRAPH_ON_DISK: oxigraph_on_disk,
    VIRTUOSO: virtuoso,
    RDFLIB_ENDPOINT: rdflib_endpoint,
}
