"""What a query without results may have got wrong, said beside its answer."""

from __future__ import annotations

from graphsvc.describe.vocabulary import term_iris
from graphsvc.errors import GraphsvcError
from graphsvc.formats import CSV, RESULTS_JSON, RESULTS_XML, TSV, Format
from graphsvc.sparql.misspelling import unknown_names
from graphsvc.store import Answer
from graphsvc.web.caching import incomplete
from graphsvc.web.counts import statistics
from graphsvc.web.memory import remembered
from graphsvc.web.service import service

# An empty answer is no longer than this, in bytes.
_SMALL = 4_000
HEADER = "Query-Notice"
# How long an empty answer may wait for what the data have to be counted, in seconds.
PATIENCE = 1.0


def notice(text: str, answer: Answer, chosen: Format) -> str | None:
    """A sentence or more on names in a query that found nothing and that nothing in the data has; empty where
    there are none, and None for an answer that is not empty.

    The answer stays as it is. It is ASCII, so that it may stand in a header.
    """
    if answer.length is None or answer.length > _SMALL:
        return None
    content = answer.read()
    answer.chunks = iter((content,))
    if not is_empty(content, chosen):
        return None
    try:
        known = _known()
        unknown = unknown_names(text, known) if known else []
    except GraphsvcError:
        incomplete()
        return ""  # the answer itself is whole; a busy service need not say more
    return " ".join(str(each) for each in unknown).encode("ascii", "replace").decode()


def _known() -> frozenset[str] | None:
    """Every class and property of the present state; None as long as they are not known."""
    counted = statistics(PATIENCE)
    found = counted.value
    if found is None or not counted.current:
        return None
    used = {each.iri for each in found.properties} | {each.iri for each in found.classes}
    return remembered("known terms", lambda: frozenset(used | term_iris(service().store)))


def is_empty(content: bytes, chosen: Format) -> bool:
    """Whether an answer has no row and no triple, so that there may be a notice."""
    if len(content) > _SMALL:
        return False
    if chosen is RESULTS_JSON:
        return b'"bindings":[]' in content
    if chosen is RESULTS_XML:
        return b"<results></results>" in content
    if chosen in (CSV, TSV):
        return content.count(b"\n") == 1
    return not content.strip()
