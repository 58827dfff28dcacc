"""Real engines of others, each with a store of its own on loopback, and what a service must know to use it."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
import pytest

from graphsvc.project import Project
from graphsvc.store import Write
from graphsvc.store.remote import RemoteStore
from graphsvc.workers.sandbox import die_with_parent
from tests.servers import free_port, oxigraph_server

# https://docs.openlinksw.com/virtuoso/ch-server/#configfile: little memory, no row limit that cuts answers short.
_VIRTUOSO_INI = """
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
FileExtend = 20
[TempDatabase]
DatabaseFile = virtuoso-temp.db
TransactionFile = virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
ServerThreads = 16
NumberOfBuffers = 4000
MaxDirtyBuffers = 2000
CheckpointInterval = 0
CaseMode = 2
MaxSortedTopRows = 1000000
DirsAllowed = .
ThreadsPerQuery = 1
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerThreads = 16
[SPARQL]
ResultSetMaxRows = 10000000
"""


PRIVATE = Path(__file__).resolve().parent.parent / "docs" / "virtuoso-private-graphs.sql"


@dataclass(frozen=True)
class Engine:
    """A server under way: the addresses that it answers at, which engine it is, and its credentials as a file."""

    name: str
    query: str
    update: str
    graph_store: str
    credentials: str = ""

    def flags(self) -> dict[str, str]:
        """The settings of a service in front of it."""
        return {
            "store": self.query,
            "remote_update": self.update,
            "remote_graph_store": self.graph_store,
            "remote_engine": self.name,
            "remote_credentials": self.credentials,
        }

    def environment(self) -> dict[str, str]:
        """The same as variables of the environment."""
        return {f"GRAPHSVC_{name.upper()}": value for name, value in self.flags().items()}


@contextmanager
def oxigraph(folder: Path) -> Iterator[Engine]:
    """An Oxigraph server of its own."""
    with oxigraph_server(folder) as url:
        yield Engine("oxigraph", f"{url}/query", f"{url}/update", f"{url}/store")


_STARTED: list[Engine] = []


def has_virtuoso() -> bool:
    """Whether Debian's virtuoso-opensource-7 is installed."""
    return shutil.which("virtuoso-t") is not None


def virtuoso() -> Engine:
    """The one Virtuoso of this run of the tests, which is started when it is first asked for."""
    if not has_virtuoso():
        pytest.skip(
            "virtuoso-t is not installed (Debian: virtuoso-opensource-7-bin): nothing is tried with it"
        )
    if not _STARTED:
        _STARTED.append(_start_virtuoso(Path(tempfile.mkdtemp(prefix="virtuoso-"))))
    return _STARTED[0]


def _start_virtuoso(folder: Path) -> Engine:
    http, sql = free_port(), free_port()
    (folder / "virtuoso.ini").write_text(_VIRTUOSO_INI.format(http=http, sql=sql))
    (folder / "credentials").write_text("digest dba:dba\n")
    with (folder / "output").open("w") as log:
        process = subprocess.Popen(
            ["virtuoso-t", "-f", "-c", "virtuoso.ini"],
            cwd=folder,
            stdout=log,
            stderr=log,
            # Also where the tests are killed.
            preexec_fn=die_with_parent,
        )

    def end() -> None:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    url = f"http://127.0.0.1:{http}"
    until = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"{url}/sparql?query=ASK%7B%7D").close()
        except OSError:
            if time.monotonic() > until or process.poll() is not None:
                pytest.fail("Virtuoso did not start:\n" + (folder / "output").read_text()[-2000:])
            time.sleep(0.1)
        else:
            break
    # Virtuoso's own graphs are part of its union of all graphs, unless they are private.
    subprocess.run(
        ["isql-vt", f"127.0.0.1:{sql}", "dba", "dba", str(PRIVATE)], check=True, stdout=subprocess.DEVNULL
    )
    return Engine(
        "virtuoso",
        f"{url}/sparql",
        f"{url}/sparql-auth",
        f"{url}/sparql-graph-crud-auth",
        str(folder / "credentials"),
    )


def fill(store: RemoteStore, project: Project) -> None:
    """Put the graphs of a project into an engine, and nothing else."""
    engine = ox.Store()
    engine.extend(project.quads())
    for name in named_graphs(store):
        store.write(Write("delete", graph=name))
    for graph in engine.named_graphs():
        content = ox.serialize(
            (quad.triple for quad in engine.quads_for_pattern(None, None, None, graph)),
            format=ox.RdfFormat.N_TRIPLES,
        )
        assert content
        assert isinstance(graph, ox.NamedNode)
        store.write(Write("put", content, graph.value, "application/n-triples"))


def named_graphs(store: RemoteStore) -> list[str]:
    """The named graphs of a store that have triples."""
    from graphsvc.formats import CSV
    from graphsvc.sparql import read

    answer = (
        store.query(read("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g"), CSV).read().decode()
    )
    return answer.split("\r\n")[1:-1]
