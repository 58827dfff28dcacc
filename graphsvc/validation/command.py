"""What `graphsvc validate` does, without the command line's own machinery."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from graphsvc.errors import BadRequest, GraphsvcError, UnsupportedMediaType
from graphsvc.formats import DATA_FORMATS, by_name, by_suffix
from graphsvc.validation.inflate import gunzip
from graphsvc.validation.job import Engine, ValidationJob, validate
from graphsvc.validation.rendering import REPORT_FORMATS, render
from graphsvc.validation.report import Severity
from graphsvc.validation.statements import Document

CONFORMS, DOES_NOT_CONFORM, COULD_NOT_CHECK = 0, 1, 2
STDIN = "-"
# A JSON-LD context beside the ontology is there to be referred to; it holds no statements.
_NOT_DATA = frozenset({"context.jsonld"})


def validate_files(
    data: Sequence[str],
    shapes: Sequence[str] = (),
    ontology: Sequence[str] = (),
    *,
    project: Path = Path(),
    report_format: str = "text",
    data_format: str | None = None,
    severity: str = Severity.INFO.value,
    base: str | None = None,
    prefixes: Mapping[str, str] | None = None,
    engine: str = Engine.SETWISE.value,
    max_bytes: int = 1 << 30,
    read_stdin: Callable[[], bytes] = lambda: sys.stdin.buffer.read(),
) -> tuple[bytes, int]:
    """Validate files; returns what to print and the exit status.

    `data`, `shapes` and `ontology` name files, folders (every RDF file in them) or `-`: standard input in
    `data_format`. Where one is empty, the project's folder of that name stands in. `base` resolves relative
    IRIs; `engine` is the name of one.
    The status is 0 where no result is as grave as `severity`, 1 where one is, and 2 where the files
    could not be validated: then the text is one sentence for standard error, with file, line and column
    where they are known.
    """
    try:
        form = by_name(report_format, REPORT_FORMATS)
        if form is None:
            names = ", ".join(each.name for each in REPORT_FORMATS)
            raise BadRequest(f"{report_format!r} is not a form of report; there are {names}.")
        chosen = Engine.named(engine)
        reader = _Reader(data_format, base, max_bytes, read_stdin)
        job = ValidationJob(
            data=tuple(reader.documents(data or [str(project / "data")])),
            shapes=tuple(reader.documents(shapes or [str(project / "shapes")])),
            ontology=tuple(reader.documents(ontology or _if_there(project / "ontology"))),
            severity=Severity.named(severity),
        )
        report = validate(job, chosen)
    except GraphsvcError as error:
        hint = getattr(error, "hint", None)
        return f"{error}{f' {hint}' if hint else ''}\n".encode(), COULD_NOT_CHECK
    return render(report, form, prefixes or {}), CONFORMS if report.passes else DOES_NOT_CONFORM


def _if_there(folder: Path) -> list[str]:
    return [str(folder)] if folder.is_dir() else []


class _Reader:
    """Reads the named documents; says which could not be read, and why."""

    def __init__(
        self, data_format: str | None, base: str | None, max_bytes: int, read_stdin: Callable[[], bytes]
    ) -> None:
        self._data_format = data_format
        self._base = base
        self._max_bytes = max_bytes
        self._read_stdin = read_stdin

    def documents(self, names: Sequence[str]) -> Iterator[Document]:
        for name in names:
            path = Path(name)
            if name == STDIN:
                yield self._document("standard input", self._read_stdin())
            elif path.is_dir():
                yield from self._folder(path)
            else:
                yield self._file(path)

    def _folder(self, folder: Path) -> Iterator[Document]:
        found = [
            path
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name not in _NOT_DATA and by_suffix(path.name)
        ]
        if not found:
            raise BadRequest(f"{folder}: there is no RDF file in this folder.")
        for path in found:
            yield self._file(path)

    def _file(self, path: Path) -> Document:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise BadRequest(f"{path}: {error.strerror or error}") from None
        if path.suffix == ".gz":
            content = gunzip(content, self._max_bytes, str(path))
        return self._document(str(path), content)

    def _document(self, name: str, content: bytes) -> Document:
        found = by_suffix(name) or (by_name(self._data_format, DATA_FORMATS) if self._data_format else None)
        if found is None:
            names = ", ".join(each.name for each in DATA_FORMATS)
            raise UnsupportedMediaType(
                f"{name}: the syntax cannot be told; name it (--data-format): {names}.",
                [each.name for each in DATA_FORMATS],
            )
        return Document(name, content, found.name, self._base)
