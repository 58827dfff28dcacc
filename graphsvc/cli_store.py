"""The commands that work on a store on disk."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from graphsvc import settings

PROJECT = click.option(
    "--project",
    type=click.Path(path_type=Path),
    default=Path(),
    help="The folder of the four folders (default: this one).",
)
_SCHEMES = ("disk", "memory", "remote", "http", "https")
_STORE = click.option("--store", help="The store on disk, disk:PATH (default: the project's).")


def _store_flag(store: str | None) -> str | None:
    return store and (store if store.partition(":")[0] in _SCHEMES else f"disk:{store}")


def _store_folder(project: Path, store: str | None) -> Path:
    from graphsvc.errors import ProjectError
    from graphsvc.loading import disk_folder

    in_force = settings.load(project, os.environ, store=_store_flag(store))
    folder = disk_folder(in_force)
    if folder is None:
        raise ProjectError(
            f"the store is {in_force.store!r}; only one on disk is backed up and restored: --store disk:PATH"
        )
    return folder


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@_STORE
@click.option("--graph", help="The named graph for triples (default: BASE/graph/ and the file's name).")
@click.option(
    "--optimize", is_flag=True, help="Merge the store's files at the end: slower, but for faster queries."
)
@PROJECT
def load(
    files: tuple[Path, ...], store: str | None, graph: str | None, optimize: bool, project: Path
) -> None:
    """Add large RDF FILES to a store on disk that no service has.

    Their names end in .nt, .nq, .ttl and so on, or in the same with .gz. All is loaded, or nothing is there. After
    a load that was stopped, however it was, the same command goes on where it was.
    """
    from graphsvc.loading import load_documents
    from graphsvc.project import Project

    known = settings.load(project, os.environ, store=_store_flag(store))
    size = sum(path.stat().st_size for path in files if path.is_file())
    with click.progressbar(length=size, label="Loading", file=sys.stderr) as bar:
        done = load_documents(
            Project(known), known, files, graph, lambda read: bar.update(read - bar.pos), optimize=optimize
        )
    if done.resumed:
        click.echo(f"It went on after {done.resumed:,} of {size:,} bytes.", err=True)
    click.echo(f"{done.added:,} triples were added: state {done.epoch}, with {done.quads:,} quads")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@_STORE
@PROJECT
def backup(folder: Path, store: str | None, project: Path) -> None:
    """Back up a store on disk into FOLDER, while the service runs or not.

    FOLDER is there when the backup is whole, or not at all. It has the data and the record of writes; the files of
    the project and the tokens are not in it.
    """
    from graphsvc.store.backup import back_up

    made, shared = back_up(_store_folder(project, store), folder)
    click.echo(f"{folder}: {made.summary}")
    if shared:
        click.echo(f"It shares {shared} files with the store: copy it to another disk too.", err=True)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--store", help="The store on disk to make, disk:PATH (default: the project's).")
@click.option("--replace", is_flag=True, help="Where there is a store, move it aside.")
@PROJECT
def restore(folder: Path, store: str | None, replace: bool, project: Path) -> None:
    """Make a store on disk from the backup in FOLDER, which is verified first."""
    from graphsvc.store.restore import restore as run

    place = _store_folder(project, store)
    made, aside = run(folder, place, replace=replace)
    click.echo(f"{place}: {made.summary}")
    if aside:
        click.echo(f"The store that was there is in {aside}.", err=True)
