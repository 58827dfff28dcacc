"""Every store adapter, opened on the small library project in a folder of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from graphsvc.errors import ProjectError
from graphsvc.loading import open_store, remote_store
from graphsvc.project import Project
from graphsvc.serving.child import Role
from graphsvc.settings import load
from graphsvc.store import Store
from graphsvc.store.pooled import PooledStore
from graphsvc.store.remote import RemoteStore
from graphsvc.workers.board import Board
from tests import engines

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
        Board.make(str(self._folder / "keeper"))
        self._start()
        super().__init__(str(self._folder / "keeper"))

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
            role = Role(settings, listener.fileno(), told, address, "")
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
    """An engine that holds a project's data (the library's), with the adapter that queries it."""

    def __init__(
        self, folder: Path, engine: str = "oxigraph", project: Path = LIBRARY, **flags: object
    ) -> None:
        self._ending = ExitStack()
        if engine == "oxigraph":
            self.engine = self._ending.enter_context(engines.oxigraph(folder))
        else:
            self.engine = engines.virtuoso()
        known = {"query_timeout": 10.0, "remote_freshness": 3600.0} | self.engine.flags() | flags
        settings = load(project, {}, **known)
        made = remote_store(settings)
        assert made is not None
        self.__dict__ |= vars(made)
        engines.fill(self, Project(load(project, {})))

    def close(self) -> None:
        """End the server too, if it was started for this."""
        super().close()
        self._ending.close()


ADAPTERS: dict[str, Callable[[Path], Store]] = {
    "pooled": Kept,
    "pooled on disk": lambda folder: Kept(folder, f"disk:{folder / 'db'}"),
    "memory": lambda _: local("memory:"),
    "oxigraph": Elsewhere,
    "virtuoso": lambda folder: Elsewhere(folder, "virtuoso"),
    "disk": lambda folder: local(f"disk:{folder / 'db'}"),
}
WRITABLE = ("pooled", "pooled on disk", "memory")
