"""The command line as it is used: another process, and what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    status: int
    said: str
    complained: str


def graphsvc(*arguments: object, apart: str = "", **environment: str) -> Done:
    """Run a command to its end, in the environment of the tests and `environment`.

    `apart` is a shell script that runs the command, which is `"$@"`, in a mount namespace of its own.
    """
    command = [sys.executable, "-m", "graphsvc", *map(str, arguments)]
    if apart:
        command = ["unshare", "--map-root-user", "--mount", "sh", "-c", apart, "sh", *command]
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | environment, timeout=60, check=False
    )
    return Done(done.returncode, done.stdout, done.stderr)


def may_be_apart() -> bool:
    """Whether disks can be mounted here."""
    try:
        tried = subprocess.run(
            ["unshare", "--map-root-user", "--mount", "true"], capture_output=True, check=False
        )
    except FileNotFoundError:
        return False
    return tried.returncode == 0


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path, and what is in it."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
