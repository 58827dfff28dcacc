"""How many rows and bytes an answer may have: a larger one is an error, and never cut short in silence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, TypeVar

from graphsvc.errors import ResultTooLarge
from graphsvc.formats import CSV, RESULTS_JSON, RESULTS_XML, TSV, Format

_JSON_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.S)
T = TypeVar("T")


@dataclass(frozen=True)
class OutputCap:
    """At most `rows` solutions or triples, and at most `size` bytes; 0 is no cap."""

    rows: int = 0
    size: int = 0

    def counted(self, triples: Iterable[T]) -> Iterator[T]:
        """The triples as they come. Raises ResultTooLarge at the first that is too many."""
        for number, triple in enumerate(triples, start=1):
            self.count(number)
            yield triple

    def count(self, triples: int) -> None:
        """Raise ResultTooLarge where these are too many."""
        if self.rows and triples > self.rows:
            raise self._too_many("triples")

    def file(self, out: IO[bytes], result: Format) -> IO[bytes]:
        """`out`, so that writing solutions in the format `result` to it raises ResultTooLarge past the cap."""
        if not self.rows and not self.size:
            return out
        return _Capped(self, out, result)  # type: ignore[return-value]

    def check(self, rows: int, size: int) -> None:
        """Raise ResultTooLarge where one of the two is past the cap."""
        if self.rows and rows > self.rows:
            raise self._too_many("rows")
        if self.size and size > self.size:
            raise ResultTooLarge(
                f"The answer is longer than {self.size:,} bytes, which is the limit here; ask for less."
            )

    def _too_many(self, what: str) -> ResultTooLarge:
        return ResultTooLarge(
            f"The answer has more than {self.rows:,} {what}, which is the limit here; "
            f"add LIMIT {self.rows} or ask for less."
        )


class _Capped:
    """A file that counts the rows and the bytes that pass through it."""

    def __init__(self, cap: OutputCap, out: IO[bytes], result: Format) -> None:
        self._cap = cap
        self._out = out
        self._rows = _COUNTERS[result]() if cap.rows and result in _COUNTERS else None
        self._size = 0

    def write(self, chunk: bytes) -> int:
        self._size += len(chunk)
        self._cap.check(self._rows(bytes(chunk)) if self._rows else 0, self._size)
        return self._out.write(chunk)

    def writelines(self, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            self.write(chunk)

    def flush(self) -> None:
        self._out.flush()


# Each counts the rows in what it was given so far, chunk after chunk.
Counter = Callable[[bytes], int]


def _xml_rows() -> Counter:
    """https://www.w3.org/TR/rdf-sparql-XMLres/#results: in text `<` is always escaped."""
    mark, tail, rows = b"<result>", b"", 0

    def count(chunk: bytes) -> int:
        nonlocal tail, rows
        text = tail + chunk
        rows += text.count(mark)
        tail = text[-(len(mark) - 1) :]
        return rows

    return count


def _tsv_rows() -> Counter:
    """https://www.w3.org/TR/sparql11-results-csv-tsv/#tsv: a line end in a value is always escaped."""
    lines = -1

    def count(chunk: bytes) -> int:
        nonlocal lines
        lines += chunk.count(b"\n")
        return lines

    return count


def _csv_rows() -> Counter:
    """https://www.w3.org/TR/sparql11-results-csv-tsv/#csv: a line end within quotes is part of a value."""
    lines, quoted = -1, False

    def count(chunk: bytes) -> int:
        nonlocal lines, quoted
        parts = chunk.split(b'"')
        lines += sum(part.count(b"\n") for part in parts[1 if quoted else 0 :: 2])
        quoted ^= len(parts) % 2 == 0
        return lines

    return count


def _json_rows() -> Counter:
    """https://www.w3.org/TR/sparql11-results-json/#select-bindings: without strings, rows alone meet as `},{`."""
    pending, tail, separators, begun = b"", b"", 0, False

    def count(chunk: bytes) -> int:
        nonlocal pending, tail, separators, begun
        text = pending + chunk
        end = max((found.end() for found in _JSON_STRING.finditer(text)), default=0)
        opening = text.find(b'"', end)
        cut = len(text) if opening < 0 else opening
        pending = text[cut:]
        bare = tail + _JSON_STRING.sub(b"", text[:cut])
        separators += bare.count(b"},{")
        begun = begun or b"[{" in bare
        tail = bare[-2:]
        return separators + begun

    return count


_COUNTERS: dict[Format, Callable[[], Counter]] = {
    RESULTS_XML: _xml_rows,
    TSV: _tsv_rows,
    CSV: _csv_rows,
    RESULTS_JSON: _json_rows,
}
