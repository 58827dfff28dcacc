"""The validator that the service uses: validations run in the workers of pools, which can be stopped.

What a request brings is validated by a pool that holds no data; graphs of the store, by its readers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from itertools import chain
from typing import IO

from graphsvc.errors import NotFound, NotSupported
from graphsvc.formats import Format
from graphsvc.validation.job import ValidationJob, validate
from graphsvc.validation.kept import KeptReports
from graphsvc.validation.paging import Page, check_page, page_of
from graphsvc.validation.port import ValidationLimits
from graphsvc.validation.remote_job import validate_elsewhere
from graphsvc.validation.spread import Spread
from graphsvc.validation.stored_job import Stored, StoredJob, advised, judge_where_stored
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
        self._kept = KeptReports()

    def report(
        self, job: ValidationJob | StoredJob, form: Format, page: Page | None, limits: ValidationLimits
    ) -> Written:
        """See `Validator.report`."""
        if isinstance(job, StoredJob) and self._elsewhere is not None:
            return self._asking(job, form, page, limits, self._elsewhere)
        payload = job.to_bytes()
        key = hashlib.blake2b(payload, digest_size=12).hexdigest()
        asked = Job(KIND, wishes(form, page), limits.timeout, limits.client, key)
        if not isinstance(job, StoredJob):
            return _run(self._checker, asked, payload, limits)
        if self._readers is None:
            raise NotSupported(
                "The data are in a store elsewhere; what is validated here has to be sent here."
            )
        if page is None:
            return _run(self._readers, asked, payload, limits)
        return self._page_kept(asked, payload, page, limits) or self._page(asked, payload, limits)

    def _page(self, asked: Job, payload: bytes, limits: ValidationLimits) -> Written:
        """A page of a report that is made now, and kept if there is more of it."""
        assert self._readers is not None
        found = _run(self._readers, asked, payload, limits)
        whole = found.read()
        body, rest = whole[: len(whole) - found.kept], whole[len(whole) - found.kept :]
        if rest:
            self._kept.keep(asked.key, Spread.unpacked(rest), found.epoch)
        return Written(iter((body,)), found.results, len(body), found.epoch)

    def _page_kept(self, asked: Job, payload: bytes, page: Page, limits: ValidationLimits) -> Written | None:
        """A page of a report that is kept; None where there is none on the data as they are.

        Whether it is so the reader knows, which also has what a remedy needs.
        """
        known = self._kept.get(asked.key)
        if known is None or self._readers is None:
            return None
        report, epoch = known
        fields = asked.fields | {"epoch": epoch, "job": len(payload)}
        # It takes another time than the validation does.
        job = Job(KIND, fields, asked.timeout, asked.client, f"{asked.key} page")
        try:
            needed = report.part(page).packed()
        except NotFound:
            # Of the data as they are there may be another report.
            needed = Spread(report.head, report.total, ()).packed()
        found = _run(self._readers, job, payload + needed, limits)
        if found.epoch == epoch:
            return found
        self._kept.drop(asked.key)
        return None

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


def _run(client: PoolClient, job: Job, payload: bytes, limits: ValidationLimits) -> Written:
    product = client.run(job, payload, limits.cancelled)
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
    form, page = wished(job.fields)
    send(written(validate(rules, page=page), form, page, rules.prefixes), out)


def validate_stored_job(store: Stored, job: Job, payload: bytes, out: IO[bytes]) -> None:
    """What a reader does with one packed validation of its store."""
    form, page = wished(job.fields)
    stored = StoredJob.from_bytes(payload[: job.fields.get("job")])
    rest = b""
    if page is None:
        report = advised(store.engine, stored, judge_where_stored(store.engine, stored))
    elif "job" not in job.fields:
        whole = judge_where_stored(store.engine, stored)
        report = advised(store.engine, stored, page_of(whole, page))
        if len(whole.results) > page.size:
            rest = Spread.of(whole).packed()
    elif job.fields["epoch"] == store.epoch():
        kept = Spread.unpacked(payload[job.fields["job"] :])
        check_page(page, kept.total)
        report = advised(store.engine, stored, kept.page(page))
    else:
        send(Written(iter(()), 0, 0, store.epoch()), out)
        return
    told = written(report, form, page, stored.rules.prefixes, store.epoch())
    send(replace(told, chunks=chain(told.chunks, (rest,)), kept=len(rest)), out)
