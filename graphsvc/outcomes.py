"""How a piece of work ended, in the few words that metrics, logs and traces share."""

from __future__ import annotations

from graphsvc import errors

OK, TIMEOUT, MEMORY, REFUSED, ERROR, ABANDONED = "ok", "timeout", "memory", "refused", "error", "abandoned"
OUTCOMES = (OK, TIMEOUT, MEMORY, REFUSED, ERROR, ABANDONED)


def outcome(error: BaseException | None) -> str:
    """How work ended that raised `error`, or nothing.

    `refused` is whatever the asker can mend: a request that makes no sense, is not allowed, is too large, or comes
    where every place is taken.
    """
    if error is None:
        return OK
    if isinstance(error, errors.OutOfTime):
        return TIMEOUT
    if isinstance(error, errors.OutOfMemory):
        return MEMORY
    if isinstance(error, errors.StoreError | errors.ProjectError):
        return ERROR
    if isinstance(error, errors.Unavailable) and not isinstance(error, errors.Saturated):
        return ERROR
    return REFUSED if isinstance(error, errors.GraphsvcError) else ERROR


def outcome_of_status(status: int) -> str:
    """How a request ended of which only the HTTP status is known."""
    if status < 400:
        return OK
    if status == 504:
        return TIMEOUT
    return REFUSED if status < 500 or status in (501, 503) else ERROR
