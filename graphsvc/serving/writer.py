"""The writer of a store on disk: a process of its own, since an open store does not outlive a fork."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from graphsvc.guarding import Guards
from graphsvc.store.disk import DiskWriter
from graphsvc.store.writing import Setting
from graphsvc.workers.lane import MAX_PATCH
from graphsvc.workers.worker import work


def start_writer(
    folder: Path, epoch: str, setting: Setting, memory: int, guards: Guards
) -> tuple[int, socket.socket]:
    """Start a writer on the state `epoch`: its process, and the channel on which it takes jobs."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    told = {
        "folder": str(folder),
        "epoch": epoch,
        "setting": asdict(setting),
        "guards": guards.packed(),
        "memory": memory,
        "channel": theirs.fileno(),
    }
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "graphsvc.serving.writer"],
            stdin=subprocess.PIPE,
            pass_fds=(theirs.fileno(),),
            # Each of the store's threads would reserve 64 MB of the memory that the writer may have.
            env=os.environ | {"MALLOC_ARENA_MAX": "2"},
        )
    assert process.stdin is not None
    process.stdin.write(json.dumps(told).encode())
    process.stdin.close()
    # The pool waits for its children itself.
    process.returncode = 0
    return process.pid, ours


def _run(told: dict[str, Any]) -> None:
    channel = socket.socket(fileno=told["channel"])
    guards = Guards.unpacked(told["guards"])
    handler = DiskWriter(Path(told["folder"]), told["epoch"], Setting(**told["setting"]), guards)
    work(channel, handler, told["memory"], MAX_PATCH, files=True)


if __name__ == "__main__":
    _run(json.load(sys.stdin))
