"""The supervisor: starts the processes, starts again what ends, and stops them in order.

It loads nothing and answers nothing, so there is little that could end it.
"""

from __future__ import annotations

import logging
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from graphsvc.columns import SOCKET
from graphsvc.errors import ProjectError
from graphsvc.loading import has_columns, remote_store
from graphsvc.project import Project
from graphsvc.serving.child import HOPELESS, Role
from graphsvc.serving.logs import begin_log
from graphsvc.settings import Settings, bracketed
from graphsvc.settings_values import place
from graphsvc.workers.allocator import environment
from graphsvc.workers.board import Board

_LOG = logging.getLogger("graphsvc")
# A child that ends within so many seconds of its start is started again only after a pause.
_YOUNG = 1.0


@dataclass(eq=False)
class _Child:
    """A process by the module that it runs, with the socket that it listens on, however often it is started.

    The service counts as ready without those that are not `awaited`; they are started last, and who needs them
    waits for them. Those that hold the `engine` have the allocator for it.
    """

    module: str
    listener: socket.socket
    awaited: bool = True
    engine: bool = False
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    ready: int = -1


class Supervisor:
    """Runs the service for `settings`; the sockets outlive the processes that answer on them."""

    def __init__(self, settings: Settings) -> None:
        Project(settings)
        remote = remote_store(settings)
        self._folder = Path(tempfile.mkdtemp(prefix="graphsvc-"))
        Board.make(str(self._folder / "keeper"))
        web = _listen(settings.host, settings.port)
        self._metrics = _listen(*place(settings.metrics)) if settings.metrics else None
        self.settings = replace(settings, port=web.getsockname()[1])
        keeper = _Child("graphsvc.serving.keeper", self._pool_socket("keeper"), engine=True)
        tabulator = _Child("graphsvc.serving.tabulator", self._pool_socket(SOCKET), awaited=False)
        self._children = [] if remote else [keeper]
        self._children += [
            _Child("graphsvc.serving.checker", self._pool_socket("checker"), awaited=False, engine=True),
            _Child("graphsvc.serving.indexer", self._pool_socket("indexer"), awaited=False),
            *((tabulator,) if has_columns(self.settings) else ()),
            _Child("graphsvc.serving.http", web),
        ]
        self._stopping = False

    def _pool_socket(self, name: str) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(str(self._folder / name))
        listener.listen(512)
        return listener

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT; the exit status."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        try:
            for child in (one for one in self._children if one.awaited):
                self._start(child)
            if not self._wait_until_ready():
                return 0 if self._stopping else 1
            if self._metrics is not None:
                host, port = self._metrics.getsockname()[:2]
                sys.stdout.write(f"Metrics at http://{bracketed(host)}:{port}/metrics\n")
            sys.stdout.write(f"Ready at {self.settings.root_url}/\n")
            sys.stdout.flush()
            for child in (one for one in self._children if not one.awaited):
                self._start(child)
            return self._watch()
        finally:
            self._end()

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _start(self, child: _Child) -> None:
        ready, told = os.pipe()
        role = Role(
            self.settings,
            child.listener.fileno(),
            told,
            str(self._folder / "keeper"),
            str(self._folder / "checker"),
            str(self._folder / "indexer"),
            self._metrics.fileno() if self._metrics is not None else -1,
        )
        child.started = time.monotonic()
        child.process = subprocess.Popen(  # noqa: S603 - this interpreter, and a module of this package
            [sys.executable, "-m", child.module],
            stdin=subprocess.PIPE,
            env=environment(os.environ) if child.engine else None,
            pass_fds=[each for each in (child.listener.fileno(), told, role.metrics) if each >= 0],
        )
        os.close(told)
        child.ready = ready
        assert child.process.stdin is not None
        child.process.stdin.write(role.packet())
        child.process.stdin.close()

    def _wait_until_ready(self) -> bool:
        """Whether every child says that it is ready before one ends."""
        for child in (one for one in self._children if one.awaited):
            while not self._stopping and not select.select([child.ready], [], [], 0.1)[0]:
                pass
            if self._stopping or not os.read(child.ready, 16):
                return False
        return True

    def _watch(self) -> int:
        """Start again whatever ends, until told to stop or until there is no point."""
        while not self._stopping:
            for child in self._children:
                assert child.process is not None
                status = child.process.poll()
                if status is None:
                    continue
                if status == HOPELESS:
                    return 1
                _LOG.warning("%s ended with status %s; it is started again", child.module, status)
                os.close(child.ready)
                if time.monotonic() - child.started < _YOUNG:
                    time.sleep(_YOUNG)
                self._start(child)
            time.sleep(0.05)
        return 0

    def _end(self) -> None:
        """Stop the processes, the web first, so that what it has begun can still be answered."""
        for child in reversed(self._children):
            process = child.process
            if process is None:
                continue
            # Closed here too, so that nobody waits in the queue of a socket that nobody listens on any more.
            child.listener.close()
            process.terminate()
            try:
                process.wait(self.settings.grace + 2)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        raise ProjectError(f"cannot listen on {host} port {port}: {error.strerror or error}") from error
    return listener


def serve(settings: Settings) -> int:
    """Serve until stopped; the exit status. Raises ProjectError where it cannot be begun."""
    begin_log(settings.log_format)
    return Supervisor(settings).run()
