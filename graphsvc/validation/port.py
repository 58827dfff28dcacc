"""Where validation is done: behind a port, so that a service may do it in a process that can be stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from graphsvc.errors import NotSupported
from graphsvc.formats import Format
from graphsvc.validation.job import ValidationJob, validate
from graphsvc.validation.paging import Page
from graphsvc.validation.stored_job import Stored, StoredJob, validate_where_stored
from graphsvc.validation.written import Written, written


@dataclass(frozen=True)
class ValidationLimits:
    """What one validation may take: `timeout` in seconds, whether it is still wanted, and whose share it is."""

    timeout: float
    cancelled: Callable[[], bool] = lambda: False
    client: str = ""


class Validator(Protocol):
    """Does validation jobs."""

    def report(
        self, job: ValidationJob | StoredJob, form: Format, page: Page | None, limits: ValidationLimits
    ) -> Written:
        """The report in one of FILE_FORMATS; the whole, or a page.

        Raises what `graphsvc.validation.job.validate` raises, BadRequest for a scope that names what is not there,
        NotFound for a page or a graph that is not there, NotSupported for a StoredJob where the data are out of
        reach, and where the adapter has a wall: OutOfTime, OutOfMemory, Saturated, Unavailable.
        """


class LocalValidator:
    """Validates in this process, which nothing can stop: for the command line and for tests.

    `stored` is the store whose graphs can be validated, if there is one.
    """

    def __init__(self, stored: Stored | None = None) -> None:
        self._stored = stored

    def report(
        self,
        job: ValidationJob | StoredJob,
        form: Format,
        page: Page | None,
        limits: ValidationLimits,  # noqa: ARG002
    ) -> Written:
        """See `Validator.report`; there are no limits here."""
        if isinstance(job, ValidationJob):
            return written(validate(job, page=page), form, page, job.prefixes)
        if self._stored is None:
            raise NotSupported(
                "The data are in a store elsewhere; what is validated here has to be sent here."
            )
        report = validate_where_stored(self._stored.engine, job, page)
        return written(report, form, page, job.rules.prefixes, self._stored.epoch())
