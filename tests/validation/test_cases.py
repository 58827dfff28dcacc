"""Cases in files: data and shapes with the report that they get, and shapes that are refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from graphsvc import errors
from graphsvc.errors import GraphsvcError
from graphsvc.validation import Document, Report, ValidationJob, validate
from graphsvc.validation.shapes import Shapes
from graphsvc.validation.text_report import write_text

HERE = Path(__file__).resolve().parent
CASES = sorted((HERE / "cases").iterdir())
REFUSED = sorted((HERE / "refused").iterdir())
PREFIXES = {
    "ex": "http://example.org/",
    "sh": "http://www.w3.org/ns/shacl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def documents(folder: Path, stem: str) -> tuple[Document, ...]:
    return tuple(
        Document(path.name, path.read_bytes(), path.suffix[1:]) for path in sorted(folder.glob(f"{stem}.*"))
    )


def report_on(folder: Path) -> Report:
    return validate(
        ValidationJob(documents(folder, "data"), documents(folder, "shapes"), documents(folder, "ontology"))
    )


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_data_and_shapes_give_the_report(folder: Path) -> None:
    assert write_text(report_on(folder), PREFIXES).decode() == (folder / "expected.txt").read_text()


@pytest.mark.parametrize("file", REFUSED, ids=lambda file: file.stem)
def test_shapes_that_cannot_run_are_refused_with_a_reason(file: Path) -> None:
    first = file.read_text().partition("\n")[0]
    kind, part = re.fullmatch(r"# (\w+): (.*)", first).groups()
    with pytest.raises(getattr(errors, kind), match=re.escape(part)) as raised:
        Shapes.load([Document(file.name, file.read_bytes(), "ttl")])
    assert type(raised.value).__name__ == kind
    if isinstance(raised.value, errors.SourceSyntaxError):
        assert raised.value.source == file.name


def chain(length: int) -> bytes:
    lines = [f"ex:s{n} a sh:NodeShape ; sh:node ex:s{n + 1} ." for n in range(length)]
    return _shapes([*lines, f"ex:s{length} a sh:NodeShape ."])


def fan(levels: int) -> bytes:
    lines = [
        f"ex:s{n} sh:node ex:a{n}, ex:b{n} . ex:a{n} sh:node ex:s{n + 1} . ex:b{n} sh:node ex:s{n + 1} ."
        for n in range(levels)
    ]
    return _shapes(lines)


def _shapes(lines: list[str]) -> bytes:
    prefixes = "@prefix ex: <http://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> ."
    return "\n".join([prefixes, *lines]).encode()


@pytest.mark.parametrize(
    "shapes",
    [
        chain(400),
        chain(20_000),
        fan(22),
        _shapes(["ex:s sh:path " + "[ sh:inversePath " * 50 + "ex:p" + " ]" * 50 + " ."]),
    ],
    ids=["400 deep", "20,000 deep", "4 million ways", "a path 50 deep"],
)
def test_shapes_that_nest_too_deep_or_too_wide_are_too_complex(shapes: bytes) -> None:
    with pytest.raises(errors.TooComplex):
        Shapes.load([Document("shapes.ttl", shapes, "ttl")])


def test_shapes_as_deep_as_allowed_are_validated() -> None:
    shapes = chain(60) + b"\nex:s0 sh:targetNode ex:n . ex:s60 sh:nodeKind sh:Literal ."
    report = validate(ValidationJob((Document("d", b"", "ttl"),), (Document("s", shapes, "ttl"),)))
    assert len(report.results) == 1


@pytest.mark.parametrize(
    ("content", "syntax", "line", "column"),
    [
        (b"<http://e/a> <http://e/b> .\n<http://e/a>\n", "ttl", 1, 27),
        (b"<http://e/a> <http://e/b> <<( <http://e/a> <http://e/b> 1 )>> .", "ttl", None, None),
        (b'{"@context": "http://127.0.0.1:9/", "@id": "http://e/a", "http://e/b": 1}', "jsonld", None, None),
        (b"\xff\xfe", "ttl", 1, 1),
        (b'<http://e/a> <http://e/b> "\\uD800" .', "nt", 1, 27),
    ],
    ids=["a term is missing", "a triple term", "a remote context", "not UTF-8", "a lone surrogate"],
)
def test_broken_data_are_an_error_with_file_and_place(
    content: bytes, syntax: str, line: int | None, column: int | None
) -> None:
    with pytest.raises(errors.DataSyntaxError) as raised:
        validate(ValidationJob((Document("my.file", content, syntax),), ()))
    assert raised.value.source == "my.file"
    if line is not None:
        assert raised.value.line == line


def test_every_error_is_one_of_ours() -> None:
    for file in REFUSED:
        with pytest.raises(GraphsvcError):
            Shapes.load([Document(file.name, file.read_bytes(), "ttl")])
