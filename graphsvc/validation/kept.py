"""Reports on stored graphs that are kept for their next pages, as long as the data stay as they are."""

from __future__ import annotations

import threading
from collections import OrderedDict

from graphsvc.validation.spread import Spread

# How many bytes all reports may take together, and one alone; in ten bytes there is about one result.
MAX_KEPT = 64 << 20
MAX_REPORT = 32 << 20


class KeptReports:
    """Reports by what was asked for, all of one state of the data.

    The one that was asked for longest ago goes first. Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._epoch = ""
        self._reports: OrderedDict[str, Spread] = OrderedDict()

    def get(self, key: str) -> tuple[Spread, str] | None:
        """The report that is kept under a key, and the state that it is on."""
        with self._lock:
            found = self._reports.get(key)
            if found is None:
                return None
            self._reports.move_to_end(key)
            return found, self._epoch

    def keep(self, key: str, report: Spread, epoch: str) -> None:
        """Keep a report, and let go of those on another state."""
        if report.size > MAX_REPORT:
            return
        with self._lock:
            if epoch != self._epoch:
                self._reports.clear()
                self._epoch = epoch
            self._reports[key] = report
            while sum(each.size for each in self._reports.values()) > MAX_KEPT:
                self._reports.popitem(last=False)

    def drop(self, key: str) -> None:
        """Let go of a report."""
        with self._lock:
            self._reports.pop(key, None)
