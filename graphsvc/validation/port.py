"""Where validation is done: behind a port, so that a service may do it in a process that can be stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from graphsvc.validation.job import ValidationJob, validate
from graphsvc.validation.report import Report


@dataclass(frozen=True)
class ValidationLimits:
    """What one validation may take: `timeout` in seconds, whether it is still wanted, and whose share it is."""

    timeout: float
    cancelled: Callable[[], bool] = lambda: False
    client: str = ""


class Validator(Protocol):
    """Does validation jobs."""

    def validate(self, job: ValidationJob, limits: ValidationLimits) -> Report:
        """The report.

        Raises what `graphsvc.validation.job.validate` raises, and where the adapter has a wall: OutOfTime,
        OutOfMemory, Saturated, Unavailable.
        """


class LocalValidator:
    """Validates in this process, which nothing can stop: for the command line and for tests."""

    def validate(self, job: ValidationJob, limits: ValidationLimits) -> Report:  # noqa: ARG002
        """The report; there are no limits here."""
        return validate(job)
