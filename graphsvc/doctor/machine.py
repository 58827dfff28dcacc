"""Python, the libraries, and the limits that the machine sets."""

from __future__ import annotations

import os
import platform
import re
import resource
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from graphsvc import __version__
from graphsvc.doctor.findings import Finding, note, ok, wrong
from graphsvc.settings import Settings
from graphsvc.workers.allocator import library

_PYTHON = (3, 11)
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*>=\s*([0-9.]+)")
# What the web process and the keeper need at the least, besides a few for each request that is under way.
_DESCRIPTORS = 1024
_PROCESSES = 64


def examine_versions() -> Iterator[Finding]:
    """Python and the libraries, each at least as new as what the package was made for."""
    python = platform.python_version()
    if sys.version_info < _PYTHON or sys.platform != "linux":
        yield wrong(
            "python",
            f"Python {python} on {platform.system()}.",
            "It runs on Linux with Python 3.11 or newer.",
        )
    else:
        yield ok("python", f"Python {python}, graphsvc {__version__}.", python=python, graphsvc=__version__)
    found: dict[str, str] = {}
    for name, least in _required():
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            yield wrong("libraries", f"{name} is not installed.", f"pip install '{name}>={least}'")
            continue
        if _numbers(found[name]) < _numbers(least):
            yield wrong("libraries", f"{name} {found[name]} is too old.", f"pip install '{name}>={least}'")
    shown = ", ".join(f"{name} {number}" for name, number in found.items())
    yield ok("libraries", f"{shown}.", versions=found)


def examine_allocator() -> Iterator[Finding]:
    """Whether the processes that hold the engine will have the allocator for it."""
    file = library()
    if os.environ.get("LD_PRELOAD"):
        yield note("allocator", "LD_PRELOAD is set, and is left as it is.", "Unset it to have mimalloc.")
    elif file is None:
        yield note(
            "allocator",
            "mimalloc is not installed: queries take up to twice as long.",
            "pip install 'graphsvc[speed]', where there is a package for the machine.",
        )
    else:
        yield ok("allocator", f"{file} is loaded before the engine.", file=str(file))


def _required() -> list[tuple[str, str]]:
    try:
        lines = requires("graphsvc") or []
    except PackageNotFoundError:
        return []
    matches = [_REQUIREMENT.match(line) for line in lines if "extra ==" not in line]
    return [(match[1], match[2]) for match in matches if match]


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def examine_limits(settings: Settings) -> Iterator[Finding]:
    """The limits on descriptors and processes, and whether the readers' memory is there."""
    for subject, kind, least, flag in (
        ("descriptors", resource.RLIMIT_NOFILE, _DESCRIPTORS, "-n"),
        ("processes", resource.RLIMIT_NPROC, _PROCESSES + 2 * settings.reader_count, "-u"),
    ):
        soft, hard = (_limit(value) for value in resource.getrlimit(kind))
        text = f"{_shown(soft)} may be open." if flag == "-n" else f"{_shown(soft)} may run."
        if soft is not None and soft < least:
            yield wrong(
                subject, text, f"Raise the limit to {least:,} or more (ulimit {flag}).", soft=soft, hard=hard
            )
        else:
            yield ok(subject, text, soft=soft, hard=hard)
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    wanted = settings.reader_count * settings.reader_memory
    text = (
        f"{settings.reader_count} readers may take {settings.reader_memory >> 20:,} MB each, and the machine has "
        f"{there >> 20:,} MB."
    )
    if wanted > there:
        yield note("readers", text, "Set readers or reader_memory lower, lest all take theirs at once.")
    else:
        yield ok("readers", text, readers=settings.reader_count, memory=settings.reader_memory, machine=there)


def _limit(value: int) -> int | None:
    return None if value == resource.RLIM_INFINITY else value


def _shown(limit: int | None) -> str:
    return "any number" if limit is None else f"{limit:,}"
