"""Makes the columns of one state of the data, from what the store itself answers.

A subject has a number, and numbers go in the order of IRIs. In each column a value has a code, and codes go in the
order of values where these have one.
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Callable, Iterator
from itertools import accumulate, pairwise
from pathlib import Path
from typing import IO, Any

from graphsvc.columns.column import NONE
from graphsvc.columns.file import Section, Writing
from graphsvc.columns.letters import is_sure
from graphsvc.columns.terms import INTEGER, IRI, MIXED, common_kind, kind_of
from graphsvc.errors import StoreError
from graphsvc.formats import RESULTS_JSON
from graphsvc.sparql import Form, Query
from graphsvc.store.port import Delivery, Limits, Store

_PROPERTIES = "SELECT ?s (COUNT(*) AS ?o) WHERE { ?x ?s ?y } GROUP BY ?s"
# Between two rows, and between two terms of a row: what stands in a string has its quotes escaped.
_ROW, _TERM = b'},{"s":', b',"o":'
_HEAD = re.compile(rb'\A\{"head":\{"vars":\["s","o"\]\},"results":\{"bindings":\[(\{"s":)?', re.DOTALL)
_TAIL = b"}]}}"
# So many terms are read at once.
_BATCH = 5_000
_NUMBER = 32
_LOW = (1 << _NUMBER) - 1
# What comes before each text in lower case: it stands in no literal that could be written down in a query.
_BREAK = b"\0"


class TooMany(Exception):
    """There are more triples than columns are made of."""


class Changed(Exception):
    """The data have changed meanwhile."""


def build(store: Store, path: Path, most: int, state: Callable[[], object]) -> None:
    """Write the columns of what `store` holds to a new file at `path`, which is there once it is whole.

    A property has no column that has blank nodes as values, or that says the same in several graphs. Raises
    TooMany beyond `most` triples, Changed where `state` gives another one at the end than at the beginning,
    OSError, and as `Store.query` does.
    """
    before = state()
    counted = [(json.loads(s)["value"], int(json.loads(o)["value"])) for s, o in _rows(store, _PROPERTIES)]
    if sum(count for _, count in counted) > most:
        raise TooMany
    unfinished = path.with_name(f"{path.name}.part")
    try:
        with unfinished.open("wb") as out:
            writing = Writing(out)
            subjects: dict[bytes, int] = {}
            columns = {}
            for name, _ in counted:
                column = _Column(_rows(store, f"SELECT ?s ?o WHERE {{ ?s <{name}> ?o }}"), subjects, writing)
                if column.values is not None:
                    columns[name] = column
            places, directory = _subjects(subjects, writing)
            for column in columns.values():
                column.find_subjects(subjects, places, unfinished, writing)
            subjects.clear()
            told = {name: column.finish(places, writing) for name, column in columns.items()}
            writing.finish({"subjects": directory, "properties": told})
        if state() != before:
            raise Changed
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _rows(store: Store, text: str) -> Iterator[tuple[bytes, bytes]]:
    """The solutions of a query for ?s and ?o, as terms in JSON, as they come."""
    answer = store.query(Query(text, Form.SELECT), RESULTS_JSON, Limits(delivery=Delivery.AT_ONCE))
    rest, begun = b"", False
    for chunk in answer.chunks:
        rest += chunk
        if not begun:
            head = _HEAD.match(rest)
            if head is None or (head[1] is None and not rest.endswith(b"]}}")):
                continue
            begun, rest = True, rest[head.end() :]
        *whole, rest = rest.split(_ROW)
        for row in whole:
            subject, _, value = row.partition(_TERM)
            yield subject, value
    if rest.endswith(_TAIL):
        subject, _, value = rest[: -len(_TAIL)].partition(_TERM)
        yield subject, value
    elif not begun or rest != b"]}}":
        raise StoreError("The store's answer was not understood.")


class _Column:
    """One property's pairs: the numbers of subjects as they come, and codes of values in their order.

    `values` is where the values are told; None for a property of which no column is made.
    """

    def __init__(
        self, rows: Iterator[tuple[bytes, bytes]], subjects: dict[bytes, int], writing: Writing
    ) -> None:
        self._subjects = array("I")
        self._codes = array("I")
        self.values: dict[str, Any] | None = None
        codes: dict[bytes, int] = {}
        for subject, value in rows:
            self._subjects.append(subjects.setdefault(subject, len(subjects)))
            self._codes.append(codes.setdefault(value, len(codes)))
        if len({*zip(self._subjects, self._codes, strict=True)}) < len(self._codes):
            # What stands in several graphs is counted by the engine.
            return
        fragments = [*codes]
        codes.clear()
        kinds: set[str | None] = set()
        values: list[str] = []
        for term in _terms(fragments):
            kinds.add(kind_of(term))
            values.append(term["value"])
        kind = common_kind(kinds)
        if kind is None:
            return
        keys = fragments if kind == MIXED else [*map(int, values)] if kind == INTEGER else values
        order = sorted(range(len(fragments)), key=keys.__getitem__)
        places = _inverse(order)
        self._codes = array("I", map(places.__getitem__, self._codes))
        self.values = {"count": len(order), "kind": kind}
        self.values["text"], self.values["starts"] = _texts([fragments[at] for at in order], writing)
        if kind != IRI:
            self.values |= _lower([values[at] for at in order], writing)

    def find_subjects(
        self, subjects: dict[bytes, int], places: array[int], path: Path, writing: Writing
    ) -> None:
        """Write which subjects the values are, if any is; what was written before is in the file at `path`."""
        assert self.values is not None
        if self.values["kind"] not in (IRI, MIXED):
            return
        writing.flush()
        with path.open("rb") as file:
            text, starts = (_read(file, self.values[name]) for name in ("text", "starts"))
        begins = memoryview(starts).cast("Q")
        found = (subjects.get(text[begin:end]) for begin, end in pairwise(begins))
        numbers = array("I", (NONE if number is None else places[number] for number in found))
        if numbers.count(NONE) < len(numbers):
            self.values["as_subjects"] = writing.put(numbers)

    def finish(self, places: array[int], writing: Writing) -> dict[str, Any]:
        """Write the pairs by subject and by value; the column's part of the directory."""
        assert self.values is not None
        pairs = sorted(
            places[subject] << _NUMBER | code
            for subject, code in zip(self._subjects, self._codes, strict=True)
        )
        subjects = array("I", (pair >> _NUMBER for pair in pairs))
        codes = array("I", (pair & _LOW for pair in pairs))
        single = len(set(subjects)) == len(subjects)
        counts = array("Q", bytes(8 * self.values["count"]))
        for code in codes:
            counts[code] += 1
        pairs = sorted(code << _NUMBER | subject for subject, code in zip(subjects, codes, strict=True))
        by_value = array("I", (pair & _LOW for pair in pairs))
        told = {
            "single": single,
            "subjects": writing.put(subjects),
            "codes": writing.put(codes),
            "by_value": writing.put(by_value),
            "ends": writing.put(array("Q", accumulate(counts))),
        }
        self._subjects = self._codes = array("I")
        return told | {"values": self.values}


def _read(file: IO[bytes], section: Section) -> bytes:
    offset, length = section
    file.seek(offset)
    return file.read(length)


def _subjects(numbers: dict[bytes, int], writing: Writing) -> tuple[array[int], dict[str, Any]]:
    """Write the subjects in the order of their IRIs, after the blank nodes; the places of the numbers."""
    keys = [(term["type"] == IRI, term["value"]) for term in _terms([*numbers])]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    fragments = [*numbers]
    text, starts = _texts([fragments[at] for at in order], writing)
    blank = sum(not is_iri for is_iri, _ in keys)
    return _inverse(order), {"count": len(order), "blank": blank, "text": text, "starts": starts}


def _terms(fragments: list[bytes]) -> Iterator[dict[str, Any]]:
    for start in range(0, len(fragments), _BATCH):
        yield from json.loads(b"[%b]" % b",".join(fragments[start : start + _BATCH]))


def _inverse(order: list[int]) -> array[int]:
    places = array("I", bytes(4 * len(order)))
    for place, number in enumerate(order):
        places[number] = place
    return places


def _texts(fragments: list[bytes], writing: Writing) -> tuple[Section, Section]:
    """One text after another, and where each begins, and the last one ends."""
    return writing.put(b"".join(fragments)), writing.put(
        array("Q", accumulate(map(len, fragments), initial=0))
    )


def _lower(values: list[str], writing: Writing) -> dict[str, Any]:
    """The values in lower case, and the codes of those that cannot be compared so."""
    lowered = [_BREAK + value.lower().encode() for value in values]
    text, starts = _texts(lowered, writing)
    unsure = array("I", (code for code, value in enumerate(values) if not is_sure(value)))
    return {"lower": text, "lower_starts": starts, "unsure": writing.put(unsure)}
