"""The table of docs/limits.md, made of the cases: `python -m tests.hostile.table > docs/limits.md`."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

from tests.hostile.data_cases import CHECKED, ENCODED, PUT
from tests.hostile.http_cases import CONDITIONS, RAW, TOKENS
from tests.hostile.query_cases import NAMED, READING, WRITING
from tests.hostile.shape_cases import SHAPES

_HEAD = """# What the service is held against

Each line is sent to a running service by a test. What must come back is one of the statuses; an error
explains itself in problem+json, ends with a full stop, and shows no secret. After each line the service
answers, its data are as they were, no file and no port around it was touched, and it has logged no error
that was not foreseen. After all of them its memory is back and no process is left over. The numbers group
what belongs together; `broken off` is an answer that was begun and visibly not ended, `closed` a connection
that is closed without an answer.

Made by `python -m tests.hostile.table`; do not edit.
"""
_PARTS = {
    "Queries and updates": [*READING, *WRITING],
    "Names in requests": NAMED,
    "Documents put as a graph": [*PUT, *ENCODED],
    "Documents validated": CHECKED,
    "Shapes": SHAPES,
    "Tokens and conditions": [*TOKENS, *CONDITIONS],
    "HTTP, byte for byte": RAW,
}


def _lines() -> Iterator[str]:
    yield _HEAD
    for title, cases in _PARTS.items():
        closed = "closed" if title.startswith("HTTP") else "broken off"
        yield f"## {title}\n"
        yield "| | what is sent | what must come back |"
        yield "| --- | --- | --- |"
        for each in sorted(cases, key=lambda one: one.row):
            statuses = sorted(each.expected, key=lambda status: status or 999)
            told = [str(status) if status else closed for status in statuses]
            name = each.name.replace("|", "\\|")
            yield f"| {each.row} | {name} | {', '.join(told)} |"
        yield ""
    known = sorted({s for cases in _PARTS.values() for each in cases for s in each.expected if s})
    yield "\n".join(f"- {status}: {HTTPStatus(status).phrase}" for status in known)


def table() -> str:
    """The whole document."""
    return "\n".join(_lines()) + "\n"


if __name__ == "__main__":
    print(table(), end="")  # noqa: T201 - what it is run for
