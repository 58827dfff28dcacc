"""The validator that the service uses: validations run in the workers of a pool, which can be stopped."""

from __future__ import annotations

from typing import IO

from graphsvc.validation.job import ValidationJob, result, run
from graphsvc.validation.port import ValidationLimits
from graphsvc.validation.report import Report
from graphsvc.workers.client import PoolClient
from graphsvc.workers.wire import Job


class PooledValidator:
    """The validator behind the pool that listens at `address`."""

    def __init__(self, address: str) -> None:
        self._client = PoolClient(address, hold_back=1 << 30)

    def validate(self, job: ValidationJob, limits: ValidationLimits) -> Report:
        """See `Validator.validate`."""
        asked = Job("validate", timeout=limits.timeout, client=limits.client)
        return result(b"".join(self._client.run(asked, job.to_bytes(), limits.cancelled).chunks))


def validate_job(_: Job, payload: bytes, out: IO[bytes]) -> None:
    """The handler of the pool: one packed validation, its report in JSON."""
    out.write(run(payload))
