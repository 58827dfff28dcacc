"""The files of the project: whether they can be read, and how much is in them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from graphsvc.doctor.findings import Finding, counted, note, ok, wrong
from graphsvc.errors import GraphsvcError, ProjectError
from graphsvc.project import FOLDERS, Project
from graphsvc.settings import Settings
from graphsvc.stored_queries import Library


def examine_files(settings: Settings) -> Iterator[Finding]:
    """A finding for each folder, and one for each file that cannot be read."""
    try:
        project = Project(settings)
    except ProjectError as error:
        yield wrong("project", str(error), "Name the project's folder with --project.")
        return
    for folder in FOLDERS:
        yield from _folder(project, folder)
    library = Library(project.root / "queries")
    for broken in library.broken():
        yield wrong("queries/", broken.error, "Mend the file: the service lists it with this error.")
    if not library.broken():
        number = len(library.queries())
        yield ok("queries/", f"{number} published.", queries=number)


def _folder(project: Project, folder: str) -> Iterator[Finding]:
    files = [file for file in project.files if file.folder == folder]
    if not files:
        yield note(f"{folder}/", "there is no RDF file in it.", files=0, quads=0)
        return
    quads, broken = 0, 0
    for file in files:
        try:
            quads += sum(1 for _ in project.statements(file))
        except (GraphsvcError, OSError, EOFError, zlib.error) as error:
            broken += 1
            said = str(error) if isinstance(error, GraphsvcError) else f"{file.path}: {error}"
            hint = getattr(error, "hint", None) or "Mend the file: the service does not start with it."
            yield wrong(f"{folder}/", said, hint, file=str(file.path))
    if not broken:
        yield ok(
            f"{folder}/",
            f"{counted(len(files), 'file')} with {counted(quads, 'quad')}.",
            files=len(files),
            quads=quads,
        )
