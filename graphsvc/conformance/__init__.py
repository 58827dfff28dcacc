"""What the W3C's tests say of this release: which pass, with which store, and why one does not."""

from graphsvc.conformance.earl import earl
from graphsvc.conformance.report import REPORT, Outcome, outcomes, summary

__all__ = ["REPORT", "Outcome", "earl", "outcomes", "summary"]
