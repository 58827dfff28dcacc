"""A report that is kept for the pages that are asked for next: packed in pieces, of which a page needs a few.

Who keeps it need not understand it. A page is made where the data are: remedies are made for a page alone.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, replace
from itertools import accumulate

from graphsvc.validation.json_report import read_json, read_results, write_json, write_results
from graphsvc.validation.paging import Page, ReportPage, check_page
from graphsvc.validation.report import Report, Severity

# How many results are in a piece.
PIECE = 500


@dataclass(frozen=True)
class Spread:
    """A report in pieces: `head` is all but its results, of which there are `total` in `pieces` of PIECE each."""

    head: bytes
    total: int
    pieces: tuple[bytes, ...]

    @classmethod
    def of(cls, report: Report) -> Spread:
        """A report in pieces."""
        results = report.results
        counts = {severity.value: number for severity, number in report.counts.items()}
        head = {"report": write_json(replace(report, results=()), {}).decode(), "counts": counts}
        pieces = (
            zlib.compress(write_results(results[first : first + PIECE]), 1)
            for first in range(0, len(results), PIECE)
        )
        return cls(json.dumps(head).encode(), len(results), tuple(pieces))

    @property
    def size(self) -> int:
        """How many bytes it takes."""
        return len(self.head) + sum(map(len, self.pieces))

    def part(self, page: Page) -> Spread:
        """What a page needs. Raises NotFound for a page beyond the last."""
        check_page(page, self.total)
        first = (page.number - 1) * page.size
        return replace(self, pieces=self.pieces[first // PIECE : -(-(first + page.size) // PIECE)])

    def page(self, page: Page) -> ReportPage:
        """The page of which this is the part."""
        told = json.loads(self.head)
        report = read_json(told["report"].encode())
        totals = {Severity(name): number for name, number in told["counts"].items()}
        results = [result for piece in self.pieces for result in read_results(zlib.decompress(piece))]
        first = (page.number - 1) * page.size % PIECE
        return ReportPage(
            tuple(results[first : first + page.size]),
            report.engine,
            report.notes,
            report.threshold,
            report.judged_by,
            page,
            totals,
        )

    def packed(self) -> bytes:
        """All of it in one."""
        sizes = [len(self.head), *map(len, self.pieces)]
        return json.dumps([self.total, sizes]).encode() + b"\n" + b"".join((self.head, *self.pieces))

    @classmethod
    def unpacked(cls, packed: bytes) -> Spread:
        """The report of `packed`."""
        line, _, rest = packed.partition(b"\n")
        total, sizes = json.loads(line)
        ends = list(accumulate(sizes))
        parts = [rest[end - size : end] for size, end in zip(sizes, ends, strict=True)]
        return cls(parts[0], total, tuple(parts[1:]))
