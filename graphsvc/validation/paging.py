"""A page of a report: some of its results, with the counts and the verdict of the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphsvc.errors import NotFound
from graphsvc.validation.report import Report, Severity

MAX_PAGE_SIZE = 10_000


@dataclass(frozen=True)
class Page:
    """Which page is wanted, counted from 1, and how many results a page has."""

    number: int
    size: int


@dataclass(frozen=True)
class ReportPage(Report):
    """Some results of a report; `totals` are the counts of the whole, and its is the verdict."""

    page: Page = Page(1, MAX_PAGE_SIZE)
    totals: Mapping[Severity, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many results the whole report has."""
        return sum(self.totals.values())

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return pages(self.total, self.page.size)

    @property
    def first(self) -> int:
        """The number of the page's first result in the whole report, counted from 1."""
        return (self.page.number - 1) * self.page.size + 1

    @property
    def conforms(self) -> bool:
        """See `Report.conforms`."""
        return not self.total

    @property
    def passes(self) -> bool:
        """See `Report.passes`."""
        return not any(self.totals[each] for each in Severity if each.rank <= self.threshold.rank)

    @property
    def counts(self) -> Mapping[Severity, int]:
        """See `Report.counts`."""
        return self.totals


def pages(total: int, size: int) -> int:
    """How many pages of a size so many results make, at least one."""
    return max(1, -(-total // size))


def check_page(page: Page, total: int) -> None:
    """Raises NotFound for a page beyond the last of so many results."""
    last = pages(total, page.size)
    if page.number > last:
        raise NotFound(f"There is no page {page.number:,} of the report; the last is {last:,}.")


def page_of(report: Report, page: Page) -> ReportPage:
    """A page of a report. Raises NotFound beyond the last."""
    check_page(page, len(report.results))
    first = (page.number - 1) * page.size
    return ReportPage(
        report.results[first : first + page.size],
        report.engine,
        report.notes,
        report.threshold,
        report.judged_by,
        page,
        report.counts,
    )
