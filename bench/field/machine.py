"""What the machine is, without its name."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

# How often the machine must be found quiet, one time after the other.
_LOOKS = 4
_RDFLIB = "from importlib.metadata import version; print(version('rdflib-endpoint'))"


def described(build: Path) -> dict[str, Any]:
    """Processors, memory, kernel, and the versions of all engines that are there."""
    return {
        "processors": len(os.sched_getaffinity(0)),
        "model": _model(),
        "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "kernel": platform.release().partition("-")[0],
        "versions": {name: text for name, text in _versions(build) if text},
    }


def await_quiet(seconds: float) -> bool:
    """Wait until nobody but this process runs, and for no more than so many seconds; whether it was so.

    https://man7.org/linux/man-pages/man5/proc_loadavg.5.html
    """
    end, same = time.monotonic() + seconds, 0
    while same < _LOOKS and time.monotonic() < end:
        running = Path("/proc/loadavg").read_text(encoding="ascii").split()[3].partition("/")[0]
        same = same + 1 if running == "1" else 0
        time.sleep(0.005)
    return same >= _LOOKS


def _model() -> str:
    found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.M)
    return found[1] if found else platform.machine()


def _versions(build: Path) -> list[tuple[str, str]]:
    virtuoso = shutil.which("virtuoso-t")
    rdflib = build / "rdflib-endpoint" / "bin" / "python"
    return [
        ("Python", platform.python_version()),
        ("graphsvc", version("graphsvc")),
        ("pyoxigraph", version("pyoxigraph")),
        ("oxigraph", _found([str(Path(sys.executable).with_name("oxigraph")), "--version"], r"([\d.]+)")),
        ("rdflib-endpoint", _found([str(rdflib), "-c", _RDFLIB], r"(\S+)")),
        ("Virtuoso", _found([virtuoso, "--help"], r"Version (\d[\d.]+)") if virtuoso else ""),
    ]


def _found(command: list[str], pattern: str) -> str:
    if not shutil.which(command[0]):
        return ""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(pattern, done.stdout + done.stderr)
    return found[1] if found else ""
