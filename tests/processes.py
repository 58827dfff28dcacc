"""The processes of a running service, seen from outside through /proc."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """One process: `state` is a letter of proc(5), `memory` its own share of resident memory in bytes."""

    pid: int
    parent: int
    state: str
    command: str

    @property
    def memory(self) -> int:
        """Pages that it shares with others count in part; none for a process that has ended."""
        try:
            lines = Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            return 0
        return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))

    @property
    def descriptors(self) -> int:
        """How many files, sockets and pipes it holds open."""
        try:
            return len(os.listdir(f"/proc/{self.pid}/fd"))
        except OSError:
            return 0


def _all() -> Iterator[Process]:
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            command = (entry / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
        except OSError:
            continue  # it ended meanwhile
        yield Process(int(entry.name), int(parent), state, command)


def family(pid: int) -> list[Process]:
    """A process and all that descend from it."""
    everyone = list(_all())
    found = {pid}
    while True:
        more = {each.pid for each in everyone if each.parent in found} - found
        if not more:
            return [each for each in everyone if each.pid in found]
        found |= more
