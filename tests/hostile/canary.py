"""Canaries: a port and files that nobody may touch, and which tell who did."""

from __future__ import annotations

import ctypes
import os
import socket
from pathlib import Path
from types import TracebackType
from typing import Self

_ANY_USE = 0x1 | 0x2 | 0x8 | 0x10 | 0x20  # accessed, changed, closed, opened
SECRET = "canary-8c1f0e"


class Canary:
    """A listener on loopback and a watched folder of files whose content is a secret.

    `url` is what may not be fetched, `file` what may not be read, `folder` where nothing may be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("file.ttl", "file.jsonld", "file.xml", "file.txt"):
            (folder / name).write_text(f'<urn:{SECRET}> <urn:p> "{SECRET}" .')
        self.file = (folder / "file.ttl").as_uri()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/canary"
        libc = ctypes.CDLL(None, use_errno=True)
        self._watch = libc.inotify_init1(os.O_NONBLOCK)
        assert libc.inotify_add_watch(self._watch, str(folder).encode(), _ANY_USE) >= 0

    def touched(self) -> str:
        """What was touched since the last time: a connection, a file, or nothing (an empty text)."""
        try:
            self._listener.accept()[0].close()
        except BlockingIOError:
            pass
        else:
            return "somebody connected"
        try:
            event = os.read(self._watch, 4096)
        except BlockingIOError:
            return ""
        return f"somebody used {event[16:].split(bytes(1))[0].decode() or 'the folder'}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
        os.close(self._watch)
