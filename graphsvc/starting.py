"""A small project to start from, as `graphsvc new` makes it."""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path

from graphsvc.errors import ProjectError


def start_project(folder: Path) -> list[Path]:
    """Write the starter project into `folder`, made if it is not there; the files, relative to it, sorted.

    Raises ProjectError where the folder holds anything, or cannot be written; then nothing is left behind.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ProjectError(f"{folder} is there already and not empty; nothing was written")
    try:
        with resources.as_file(resources.files("graphsvc") / "starter") as starter:
            shutil.copytree(starter, folder, dirs_exist_ok=True)
    except OSError as error:
        raise ProjectError(f"{folder} cannot be written: {error.strerror or error}") from error
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
