"""The allocator of the engine's processes, and what follows from it for forks: their pages, and their limit."""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from graphsvc.workers import allocator
from graphsvc.workers.apart import apart
from graphsvc.workers.own_pages import own_pages
from tests.conftest import LIBRARY, running
from tests.processes import family

_HUGE = 2 << 20


def test_what_the_environment_says_comes_first() -> None:
    made = allocator.environment({"A": "b", "MIMALLOC_ARENA_RESERVE": "1GiB"})
    assert made == {
        "A": "b",
        "LD_PRELOAD": str(allocator.library()),
        "MIMALLOC_ARENA_RESERVE": "1GiB",
    }
    assert allocator.environment({"LD_PRELOAD": "other.so"}) == {"LD_PRELOAD": "other.so"}


def test_without_the_package_nothing_is_preloaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert allocator.library() is None
    assert allocator.environment({"A": "b"}) == {"A": "b"}


def holders(project: Path) -> dict[str, bool]:
    """The processes of the service that serves a project, each with whether it has the allocator."""
    own = next(each.pid for each in family(os.getpid()) if f"serve --project {project} " in each.command)
    return {
        (re.findall(r"serving\.(\w+)", each.command) or ["serve"])[0]: str(allocator.library())
        in Path(f"/proc/{each.pid}/maps").read_text(encoding="utf-8")
        for each in family(own)
    }


def test_the_processes_that_hold_the_engine_have_it_and_the_others_have_not(tmp_path: Path) -> None:
    project = Path(shutil.copytree(LIBRARY, tmp_path / "library"))
    expected = {"serve": False, "keeper": True, "checker": True, "indexer": False, "http": False}
    expected["tabulator"] = False
    with running(project):
        # The last of them are started once it is ready.
        until = time.monotonic() + 20
        while holders(project) != expected and time.monotonic() < until:
            time.sleep(0.05)
        assert holders(project) == expected


def kilobytes(what: str, at: int) -> int:
    """How many kB of the area that begins there are `what`: in memory, or shared with others."""
    found = 0
    begun = False
    for line in Path("/proc/self/smaps").read_text(encoding="utf-8").splitlines():
        area = re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line)
        if area:
            begun = int(area[1], 16) <= at < int(area[2], 16)
        elif begun and line.startswith(f"{what}:"):
            found += int(line.split()[1])
    return found


@pytest.mark.parametrize("huge", [True, False], ids=["huge pages", "small pages"])
def test_a_fork_makes_what_is_there_its_own_and_takes_nothing_for_what_is_not(*, huge: bool) -> None:
    size = 32 * _HUGE
    area = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    area.madvise(mmap.MADV_HUGEPAGE if huge else mmap.MADV_NOHUGEPAGE)
    # The first quarter is full, the second has a page in each huge one, and the rest is not there at all.
    area[: size // 4] = bytes([7]) * (size // 4)
    if not huge:
        for place in range(size // 4, size // 2, _HUGE):
            area[place] = 9
    at = ctypes.addressof(ctypes.c_char.from_buffer(area))

    def work() -> bytes:
        before, all_of_it = kilobytes("Shared_Dirty", at), kilobytes("Rss", at)
        steps = sum(1 for _ in own_pages())
        same = area[: size // 4] == bytes([7]) * (size // 4) and sum(area[size // 4 :: _HUGE]) == (
            0 if huge else 9 * len(range(size // 4, size // 2, _HUGE))
        )
        grown = kilobytes("Rss", at) - all_of_it
        return json.dumps([before, kilobytes("Shared_Dirty", at), steps, same, grown]).encode()

    before, after, steps, same, grown = json.loads(apart(work))
    assert before >= size // 4 >> 10
    assert (after, same) == (0, True)
    assert steps >= size // 4 // _HUGE
    assert grown == 0


_TAKING = """
import os, sys
from graphsvc.workers.sandbox import confine
confine(int(sys.argv[1]))
parts = []
try:
    while True:
        parts.append(bytes(1 << 20))
except MemoryError:
    taken = len(parts)
    parts.clear()
    os.write(1, str(taken).encode())
"""


@pytest.mark.parametrize(
    ("reserve", "memory", "most"), [("64MiB", 256, 320), ("512MiB", 900, 964), ("1GiB", 256, 1024)]
)
def test_a_confined_process_gets_its_memory_however_much_the_allocator_has_mapped(
    reserve: str, memory: int, most: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _TAKING, str(memory << 20)],
        env=allocator.environment({**os.environ, "MIMALLOC_ARENA_RESERVE": reserve}),
        capture_output=True,
        check=True,
    )
    # Beside its memory it has what the stack may take, or what was mapped if that is more.
    assert 0.8 * memory <= int(done.stdout) <= most
