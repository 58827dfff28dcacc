"""Every store adapter, opened on the small library project in a folder of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox

from graphsvc.errors import ProjectError
from graphsvc.loading import open_store
from graphsvc.project import Project
from graphsvc.serving.child import Role
from graphsvc.settings import load
from graphsvc.store import Store, Write, epoch_page
from graphsvc.store.pooled import PooledStore
from graphsvc.store.remote import Remote, RemoteStore
from tests.servers import oxigraph_server

LIBRARY = Path(__file__).resolve().parent.parent / "projects" / "library"


def local(address: str) -> Store:
    settings = load(LIBRARY, {}, store=address)
    return open_store(Project(settings), settings)


class Kept(PooledStore):
    """A keeper process of its own, with the adapter that queries it."""

    def __init__(self, folder: Path, store: str = "memory:", project: Path = LIBRARY) -> None:
        self.address = store
        self._project = project
        self._folder = folder / store.partition(":")[0]
        self._folder.mkdir(parents=True, exist_ok=True)
        epoch_page.make(self._folder / "epoch")
        self._start()
        super().__init__(str(self._folder / "keeper"), page=epoch_page.EpochPage(self._folder / "epoch"))

    def restart(self) -> None:
        """Start the keeper again after its end."""
        self._process.wait(10)
        self._start()

    @property
    def pid(self) -> int:
        """The keeper's process."""
        return self._process.pid

    def _start(self) -> None:
        settings = load(self._project, {}, store=self.address)
        address = str(self._folder / "keeper")
        Path(address).unlink(missing_ok=True)
        ready, told = os.pipe()
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(address)
            listener.listen()
            role = Role(settings, listener.fileno(), told, address, "", str(self._folder / "epoch"))
            self._process = subprocess.Popen(
                [sys.executable, "-m", "graphsvc.serving.keeper"],
                stdin=subprocess.PIPE,
                pass_fds=(listener.fileno(), told),
            )
        os.close(told)
        assert self._process.stdin is not None
        self._process.stdin.write(role.packet())
        self._process.stdin.close()
        said = os.read(ready, 8)
        os.close(ready)
        if said != b"ready":
            self._process.wait()
            raise ProjectError("the keeper did not start")

    def close(self) -> None:
        """End the keeper too."""
        self._process.terminate()
        self._process.wait(10)


class Elsewhere(RemoteStore):
    """An Oxigraph server of its own that holds the library's data, with the adapter that queries it."""

    def __init__(self, folder: Path) -> None:
        self._server = oxigraph_server(folder)
        url = self.url = self._server.__enter__()
        project = Project(load(LIBRARY, {}))
        engine = ox.Store()
        engine.extend(project.quads())
        remote = Remote(
            f"{url}/query",
            f"{url}/update",
            f"{url}/store",
            union_query="union-default-graph",
            union_update="using-union-graph",
        )
        settings = project.settings
        super().__init__(
            remote,
            base=f"{settings.base}/",
            prefixes=settings.prefixes,
            reserved=settings.system_graphs,
            timeout=5,
        )
        for name in engine.named_graphs():
            content = ox.serialize(
                (quad.triple for quad in engine.quads_for_pattern(None, None, None, name)),
                format=ox.RdfFormat.N_TRIPLES,
            )
            assert content
            assert isinstance(name, ox.NamedNode)
            self.write(Write("put", content, name.value, "application/n-triples"))

    def environment(self) -> dict[str, str]:
        """The settings of a service in front of the same server."""
        return {
            "GRAPHSVC_STORE": f"remote:{self.url}/query",
            "GRAPHSVC_REMOTE_UPDATE": f"{self.url}/update",
            "GRAPHSVC_REMOTE_GRAPH_STORE": f"{self.url}/store",
            "GRAPHSVC_REMOTE_UNION_QUERY": "union-default-graph",
            "GRAPHSVC_REMOTE_UNION_UPDATE": "using-union-graph",
        }

    def close(self) -> None:
        """End the server too."""
        self._server.__exit__(None, None, None)


ADAPTERS: dict[str, Callable[[Path], Store]] = {
    "pooled": Kept,
    "pooled on disk": lambda folder: Kept(folder, f"disk:{folder / 'db'}"),
    "memory": lambda _: local("memory:"),
    "remote": Elsewhere,
    "disk": lambda folder: local(f"disk:{folder / 'db'}"),
}
WRITABLE = ("pooled", "pooled on disk", "memory")
