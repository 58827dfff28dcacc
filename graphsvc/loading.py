"""A project's files into a store: all of it or nothing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pyoxigraph as ox

from graphsvc.errors import ProjectError
from graphsvc.project import Project
from graphsvc.settings import Settings
from graphsvc.store.local import LocalStore
from graphsvc.store.remote import Remote, RemoteStore


def remote_store(settings: Settings) -> RemoteStore | None:
    """The remote store that `settings.store` names, if it names one; what it holds is its own affair.

    Raises ProjectError for what is no http or https URL.
    """
    scheme, _, address = settings.store.partition(":")
    if scheme != "remote":
        return None
    for url in filter(None, (address, settings.remote_update, settings.remote_graph_store)):
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise ProjectError(f"a remote store has an http or https URL, not {url!r}")
    if not address:
        raise ProjectError("store is `remote:URL`, with the URL of a SPARQL endpoint")
    union = settings.default_graph == "union"
    remote = Remote(
        address,
        settings.remote_update,
        settings.remote_graph_store,
        settings.remote_authorization,
        settings.remote_union_query if union else "",
        settings.remote_union_update if union else "",
    )
    return RemoteStore(
        remote,
        base=f"{settings.base}/",
        prefixes=settings.prefixes,
        reserved=settings.system_graphs,
        timeout=settings.query_timeout,
        hold_back=settings.hold_back,
    )


def open_store(project: Project, settings: Settings) -> LocalStore:
    """The store that `settings.store` names, in this process, with the whole project in it.

    `memory:` is filled from the files. `disk:PATH` keeps one folder for each version of the files below
    `PATH/generations`: one that is there is opened as it is, in an instant; one that is not is built beside it
    and appears only when it is complete. The files never change, so any number of processes may hold them open.
    Raises DataSyntaxError with file, line and column, ProjectError for a store that cannot be had.
    """
    scheme, _, rest = settings.store.partition(":")
    if scheme == "memory" and not rest:
        engine = ox.Store()
        engine.extend(project.quads())
    elif scheme == "disk" and rest:
        engine = _on_disk(project, Path(rest))
    else:
        raise ProjectError(f"store is `memory:`, `disk:PATH` or `remote:URL`, not {settings.store!r}")
    return LocalStore(
        engine,
        project.version,
        base=f"{settings.base}/",
        prefixes=settings.prefixes,
        union=settings.default_graph == "union",
        reserved=settings.system_graphs,
        writable=scheme == "memory",
    )


def _on_disk(project: Project, folder: Path) -> ox.Store:
    generation = folder / "generations" / project.version
    try:
        if not generation.is_dir():
            _build(project, generation)
        return ox.Store.read_only(str(generation))
    except OSError as error:
        raise ProjectError(f"{folder}: the store cannot be used: {error}") from error


def _build(project: Project, generation: Path) -> None:
    """Load the project into a new folder and move it into place."""
    unfinished = generation.with_name(f".{generation.name}-{os.getpid()}")
    generation.parent.mkdir(parents=True, exist_ok=True)
    try:
        engine = ox.Store(str(unfinished))
        engine.bulk_extend(project.quads())
        engine.flush()
        del engine
        unfinished.rename(generation)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
