"""What every child process of the supervisor is given, and how it says that it is ready.

Settings come as JSON on standard input: nothing secret is ever on a command line.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from graphsvc.errors import GraphsvcError
from graphsvc.serving.logs import begin_log
from graphsvc.settings import Settings
from graphsvc.workers.sandbox import die_with_parent

# What a child ends with where starting it again would not help.
HOPELESS = 3


@dataclass(frozen=True)
class Role:
    """The settings in force, the descriptors handed down (to listen on; -1: none), and where the others listen."""

    settings: Settings
    listener: int
    ready: int
    keeper: str
    checker: str
    indexer: str = ""
    metrics: int = -1

    def packet(self) -> bytes:
        """The role as JSON."""
        settings = {f.name: getattr(self.settings, f.name) for f in fields(Settings)}
        settings["project"] = str(self.settings.project)
        content = {f.name: getattr(self, f.name) for f in fields(self)} | {"settings": settings}
        return json.dumps(content).encode()

    def say_ready(self) -> None:
        """Tell the supervisor that this process does its work."""
        os.write(self.ready, b"ready")
        os.close(self.ready)

    def socket(self) -> socket.socket:
        """The socket to listen on."""
        return socket.socket(fileno=self.listener)


def read_role(packet: bytes) -> Role:
    """The role of a packet."""
    content: dict[str, Any] = json.loads(packet)
    settings = content.pop("settings")
    settings["project"] = Path(settings["project"])
    return Role(Settings(**settings), **content)


def run(body: Callable[[Role], None]) -> None:
    """Run a child process; an error of this package ends it with one sentence and the status HOPELESS."""
    die_with_parent()
    role = read_role(sys.stdin.buffer.read())
    begin_log(role.settings.log_format)
    try:
        body(role)
    except GraphsvcError as error:
        sys.stderr.write(f"graphsvc: {error}\n")
        sys.exit(HOPELESS)
