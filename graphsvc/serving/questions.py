"""What a worker may ask of the remote store, who has no way there himself: queries, and nothing else."""

from __future__ import annotations

import json
import time

from graphsvc.errors import BadRequest, OutOfTime
from graphsvc.formats import N_TRIPLES, RESULTS_JSON
from graphsvc.settings import Settings
from graphsvc.sparql import Dataset, read
from graphsvc.store import Limits, Store
from graphsvc.validation import ValidationLimits
from graphsvc.validation.pooled import Elsewhere
from graphsvc.workers.line import MAX_QUESTION, Answerer


def questions(store: Store, settings: Settings) -> Elsewhere:
    """For one validation: the state of the store, and what answers queries about it, all within its time.

    No answer is larger than an upload may be.
    """

    def begin(limits: ValidationLimits) -> tuple[str, Answerer]:
        deadline = time.monotonic() + limits.timeout

        def answer(question: bytes) -> bytes:
            try:
                fields = json.loads(question)
                text, graphs = str(fields["query"]), fields["graphs"]
                dataset = None if graphs is None else Dataset(default_graphs=tuple(map(str, graphs)))
            except (ValueError, KeyError, TypeError) as error:
                raise BadRequest("This is no question.") from error
            left = deadline - time.monotonic()
            if left <= 0:
                raise OutOfTime("The validation was not done in time.")
            query = read(text, dataset=dataset, max_bytes=MAX_QUESTION)
            form = N_TRIPLES if query.form.yields_graph else RESULTS_JSON
            within = Limits(left, limits.cancelled, limits.client, max_bytes=settings.max_upload_bytes)
            return store.query(query, form, within).read()

        return store.epoch(), answer

    return begin
