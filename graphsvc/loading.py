"""A project's files into a store: all of it or nothing."""

from __future__ import annotations

from pathlib import Path

from graphsvc.errors import ProjectError
from graphsvc.project import Project
from graphsvc.settings import Settings
from graphsvc.store.local import LocalStore


def open_local(settings: Settings) -> LocalStore:
    """The store that `settings.store` names, empty or as it was left, in this process.

    Raises ProjectError for a store that this package does not know.
    """
    scheme, _, rest = settings.store.partition(":")
    base = f"{settings.base}/"
    if scheme == "memory" and not rest:
        return LocalStore(base=base, prefixes=settings.prefixes)
    if scheme == "disk" and rest:
        return LocalStore(Path(rest), base=base, prefixes=settings.prefixes)
    raise ProjectError(f"store is `memory:` or `disk:PATH`, not {settings.store!r}")


def load_project(project: Project, store: LocalStore) -> None:
    """Put every quad of the project into the store, as the state named after the project's version.

    Raises DataSyntaxError with file, line and column, and then the store is as it was.
    """
    store.load(list(project.quads()), project.version)
