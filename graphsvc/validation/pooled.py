"""The validator that the service uses: validations run in the workers of pools, which can be stopped.

What a request brings is validated by a pool that holds no data; graphs of the store, by its readers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import closing
from typing import IO

from graphsvc.errors import NotSupported
from graphsvc.formats import Format
from graphsvc.validation.job import ValidationJob, validate
from graphsvc.validation.paging import Page
from graphsvc.validation.port import ValidationLimits
from graphsvc.validation.remote_job import validate_elsewhere
from graphsvc.validation.stored_job import Stored, StoredJob, validate_where_stored
from graphsvc.validation.written import Written, received, send, wished, wishes, written
from graphsvc.workers.client import PoolClient
from graphsvc.workers.line import Answerer, Line
from graphsvc.workers.wire import Job

KIND, KIND_ELSEWHERE = "validate", "validate-elsewhere"
# For one validation: the name of the state of the data, and what answers its questions.
Elsewhere = Callable[[ValidationLimits], tuple[str, Answerer]]


class PooledValidator:
    """The validator behind the pool that listens at `checker`, and the readers at `readers`.

    Where there are none here, the data are elsewhere: `elsewhere` gives what answers the queries of one validation
    about them. Up to `hold_back` bytes a report is whole or an error; beyond, it is streamed.
    """

    def __init__(
        self,
        checker: str,
        readers: str | None = None,
        elsewhere: Elsewhere | None = None,
        *,
        hold_back: int = 16 << 20,
    ) -> None:
        self._checker = PoolClient(checker, hold_back=hold_back)
        self._readers = PoolClient(readers, hold_back=hold_back) if readers is not None else None
        self._elsewhere = elsewhere

    def report(
        self, job: ValidationJob | StoredJob, form: Format, page: Page | None, limits: ValidationLimits
    ) -> Written:
        """See `Validator.report`."""
        if isinstance(job, StoredJob) and self._elsewhere is not None:
            return self._asking(job, form, page, limits, self._elsewhere)
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

    def _asking(
        self, job: StoredJob, form: Format, page: Page | None, limits: ValidationLimits, elsewhere: Elsewhere
    ) -> Written:
        """A report by a worker without data, who asks for what it needs."""
        payload = job.to_bytes()
        key = hashlib.blake2b(payload, digest_size=12).hexdigest()
        epoch, answer = elsewhere(limits)
        fields = wishes(form, page) | {"epoch": epoch}
        asked = Job(KIND_ELSEWHERE, fields, limits.timeout, limits.client, key)
        product = self._checker.run(asked, payload, limits.cancelled, answer)
        return received(product.chunks, product.length)


def validate_job(job: Job, payload: bytes, out: IO[bytes]) -> None:
    """The handler of the pool without data: one packed validation, of what it brings or of data elsewhere."""
    if job.kind == KIND_ELSEWHERE:
        stored = StoredJob.from_bytes(payload)
        with closing(Line(job.fields["line"])) as line:
            report = validate_elsewhere(line, stored)
        send(written(report, *wished(job.fields), stored.rules.prefixes, job.fields["epoch"]), out)
        return
    rules = ValidationJob.from_bytes(payload)
    send(written(validate(rules), *wished(job.fields), rules.prefixes), out)


def validate_stored_job(store: Stored, job: Job, payload: bytes, out: IO[bytes]) -> None:
    """What a reader does with one packed validation of its store."""
    stored = StoredJob.from_bytes(payload)
    report = validate_where_stored(store.engine, stored)
    send(written(report, *wished(job.fields), stored.rules.prefixes, store.epoch()), out)
