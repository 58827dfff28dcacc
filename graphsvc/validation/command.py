"""What `graphsvc validate` does, without the command line's own machinery."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from graphsvc.errors import BadRequest, GraphsvcError, SourceSyntaxError, UnsupportedMediaType
from graphsvc.formats import DATA_FORMATS, Format, by_name, by_suffix
from graphsvc.validation.inflate import gunzip
from graphsvc.validation.job import Engine, ValidationJob, validate
from graphsvc.validation.rendering import FILE_FORMATS, render
from graphsvc.validation.report import Location, Severity
from graphsvc.validation.statements import Document
from graphsvc.validation.watching import changes
from graphsvc.validation.wording import plain, source
from graphsvc.vocab import PREFIXES

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
    outputs: Sequence[str] = (),
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
    IRIs; `engine` is the name of one. The report is also written to each of the files `outputs`, in the form that
    its ending tells. The status is 0 where no result is as grave as `severity`, 1 where one is, and 2 where the
    files could not be validated, or the report not be written: then the text is one sentence for standard error,
    with file, line and column where they are known, and the source line.
    """
    try:
        form = _form(report_format)
        forms = [(name, _form_of_file(name)) for name in outputs]
        chosen = Engine.named(engine)
        reader = _Reader(data_format, base, max_bytes, read_stdin)
        named = _named(data, shapes, ontology, project)
        job = ValidationJob(
            data=tuple(reader.documents(named[0])),
            shapes=tuple(reader.documents(named[1])),
            ontology=tuple(reader.documents(named[2])),
            severity=Severity.named(severity),
            prefixes=prefixes or PREFIXES,
        )
        report = validate(job, chosen)
        for name, each in forms:
            _write(name, render(report, each, prefixes or {}))
    except GraphsvcError as error:
        return _told(error).encode(), COULD_NOT_CHECK
    return render(report, form, prefixes or {}), CONFORMS if report.passes else DOES_NOT_CONFORM


def _told(error: GraphsvcError) -> str:
    hint = getattr(error, "hint", None)
    lines = [plain(f"{error}{f' {hint}' if hint else ''}")]
    if isinstance(error, SourceSyntaxError) and error.line and error.column and error.source_line:
        place = Location(error.source or "", error.line, error.column, text=error.source_line)
        # A line that is very long comes without its end.
        if error.column <= len(error.source_line) + 1:
            lines += [f"  {line}" for line in source(place)]
    return "\n".join(lines) + "\n"


def watched(
    data: Sequence[str],
    shapes: Sequence[str],
    ontology: Sequence[str],
    project: Path,
    outputs: Sequence[str] = (),
) -> Iterator[None]:
    """Yields at once, and each time after a file that `validate_files` reads has changed.

    Raises BadRequest for standard input, which is read once.
    """
    names = [name for role in _named(data, shapes, ontology, project) for name in role]
    if STDIN in names:
        raise BadRequest("Standard input can be read once only, and so not be watched.")
    return changes(names, outputs)


def _named(
    data: Sequence[str], shapes: Sequence[str], ontology: Sequence[str], project: Path
) -> tuple[list[str], list[str], list[str]]:
    """The files and folders by role, with those of the project where none is named."""
    own = project / "ontology"
    return (
        [*data] or [str(project / "data")],
        [*shapes] or [str(project / "shapes")],
        [*ontology] or ([str(own)] if own.is_dir() else []),
    )


def _form(name: str) -> Format:
    form = by_name(name, FILE_FORMATS)
    if form is None:
        names = ", ".join(each.name for each in FILE_FORMATS)
        raise BadRequest(f"{name!r} is not a form of report; there are {names}.")
    return form


def _form_of_file(name: str) -> Format:
    form = by_suffix(name, FILE_FORMATS)
    if form is None:
        endings = ", ".join(each.suffix for each in FILE_FORMATS)
        raise BadRequest(f"{name}: the ending tells no form of report; there are {endings}.")
    return form


def _write(name: str, content: bytes) -> None:
    try:
        Path(name).write_bytes(content)
    except OSError as error:
        raise BadRequest(f"{name}: {error.strerror or error}") from None


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
        # A name that is not UTF-8 can be read, and not be written into a report.
        shown = name.encode("utf-8", "backslashreplace").decode("utf-8")
        return Document(shown, content, found.name, self._base)
