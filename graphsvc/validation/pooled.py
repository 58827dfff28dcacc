"""The validator that the service uses: validations run in the workers of pools, which can be stopped.

What a request brings is validated by a pool that holds no data; graphs of the store, by its readers.
"""

from __future__ import annotations

import hashlib
from typing import IO

from graphsvc.errors import NotSupported
from graphsvc.formats import Format
from graphsvc.validation.job import ValidationJob, validate
from graphsvc.validation.paging import Page
from graphsvc.validation.port import ValidationLimits
from graphsvc.validation.stored_job import Stored, StoredJob, validate_where_stored
from graphsvc.validation.written import Written, received, send, wished, wishes, written
from graphsvc.workers.client import PoolClient
from graphsvc.workers.wire import Job

KIND = "validate"


class PooledValidator:
    """The validator behind the pool that listens at `checker`, and the readers at `readers` (None: there are none
    here).

    Up to `hold_back` bytes a report is whole or an error; beyond, it is streamed.
    """

    def __init__(self, checker: str, readers: str | None = None, *, hold_back: int = 16 << 20) -> None:
        self._checker = PoolClient(checker, hold_back=hold_back)
        self._readers = PoolClient(readers, hold_back=hold_back) if readers is not None else None

    def report(
        self, job: ValidationJob | StoredJob, form: Format, page: Page | None, limits: ValidationLimits
    ) -> Written:
        """See `Validator.report`."""
        client = self._readers if isinstance(job, StoredJob) else self._checker
        if client is None:
            raise NotSupported(
                "The data are in a store elsewhere; what is validated here has to be sent here."
            )
        payload = job.to_bytes()
        key = hashlib.blake2b(payload, digest_size=12).hexdigest()
        asked = Job(KIND, wishes(form, page), limits.timeout, limits.client, key)
        product = client.run(asked, payload, limits.cancelled)
        return received(product.chunks, product.length)


def validate_job(job: Job, payload: bytes, out: IO[bytes]) -> None:
    """The handler of the pool without data: one packed validation."""
    rules = ValidationJob.from_bytes(payload)
    send(written(validate(rules), *wished(job.fields), rules.prefixes), out)


def validate_stored_job(store: Stored, job: Job, payload: bytes, out: IO[bytes]) -> None:
    """What a reader does with one packed validation of its store."""
    stored = StoredJob.from_bytes(payload)
    report = validate_where_stored(store.engine, stored)
    send(written(report, *wished(job.fields), stored.rules.prefixes, store.epoch()), out)
