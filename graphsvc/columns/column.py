"""The columns of one state, read: who has a value, which values there are, and what they look like in results."""

from __future__ import annotations

import json
from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from mmap import mmap
from pathlib import Path
from typing import Any, TypeVar

from graphsvc.columns.file import NotHere, Reading, Section
from graphsvc.columns.terms import (
    IRI,
    MIXED,
    STRING,
    iri_fragment,
    is_as_it_is,
    key_of,
    kind_of,
    literal_fragment,
)
from graphsvc.sparql.statement import Constant

# In place of a value's code: there is none.
NONE = 0xFFFFFFFF
# From so many subjects on for one that is looked at, it is looked up in what is in order; else a table is made.
FEW = 16
T = TypeVar("T")


class Texts:
    """Texts one after another, by number."""

    def __init__(self, file: Reading, text: Section, starts: Section) -> None:
        self._file, self._text, self._starts = file, text, starts

    @cached_property
    def text(self) -> mmap | bytes:
        """All of them."""
        return self._file.bytes(self._text)

    @cached_property
    def starts(self) -> memoryview[int]:
        """Where each begins, and the last one ends."""
        return self._file.numbers(self._starts, "Q")

    def __getitem__(self, number: int) -> bytes:
        return self.text[self.starts[number] : self.starts[number + 1]]

    def several(self, numbers: Sequence[int]) -> Iterator[bytes]:
        """Those of several numbers, in their order."""
        begins = map(self.starts.__getitem__, numbers)
        ends = map(self.starts.__getitem__, map((1).__add__, numbers))
        return map(self.text.__getitem__, map(slice, begins, ends))

    def place(self, numbers: range, kind: str, key: Any, fragment: bytes) -> int:
        """The number of a term among these, whose terms are of a kind and in order by their keys, or NONE."""
        at = bisect_left(numbers, key, key=lambda number: key_of(kind, self[number]))
        return numbers[at] if at < len(numbers) and self[numbers[at]] == fragment else NONE


class Kept:
    """Tables made of columns, of which the last few are kept."""

    def __init__(self, most: int = 16) -> None:
        self._most = most
        self._kept: OrderedDict[object, Any] = OrderedDict()

    def __contains__(self, key: object) -> bool:
        return key in self._kept

    def get(self, key: object, make: Callable[[], T]) -> T:
        """What is kept under a key, or made and kept now."""
        found: T = self._kept[key] if key in self._kept else make()
        self._kept[key] = found
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return found


class Column:
    """The pairs of one property; `single` if no subject has two values of it.

    A value is told by its code, a subject by its number.
    """

    def __init__(self, file: Reading, told: dict[str, Any], subjects: int, kept: Kept) -> None:
        self._file, self._told, self._count, self._kept = file, told, subjects, kept
        values = told["values"]
        self.single: bool = told["single"]
        self.kind: str = values["kind"]
        self.values = Texts(file, values["text"], values["starts"])
        self._looked_up = 0

    @property
    def distinct(self) -> int:
        """How many values there are."""
        return int(self._told["values"]["count"])

    @cached_property
    def subjects(self) -> memoryview[int]:
        """The subject of each pair, in their order."""
        return self._file.numbers(self._told["subjects"], "I")

    @cached_property
    def codes(self) -> memoryview[int]:
        """The value of each pair, in the same order."""
        return self._file.numbers(self._told["codes"], "I")

    @cached_property
    def _by_value(self) -> memoryview[int]:
        return self._file.numbers(self._told["by_value"], "I")

    @cached_property
    def _ends(self) -> memoryview[int]:
        return self._file.numbers(self._told["ends"], "Q")

    @cached_property
    def _lower(self) -> Texts | None:
        """The values in lower case, if there are literals among them."""
        values = self._told["values"]
        return Texts(self._file, values["lower"], values["lower_starts"]) if "lower" in values else None

    @cached_property
    def _unsure(self) -> memoryview[int]:
        return self._file.numbers(self._told["values"]["unsure"], "I")

    def codes_of(self, subjects: Sequence[int]) -> list[int]:
        """The value of each of these subjects, NONE for those without one; only for a `single` column."""
        if len(self.subjects) == self._count:
            return [*map(self.codes.__getitem__, subjects)]
        self._looked_up += len(subjects)
        # A table costs as much as to look up so many.
        if (self, NONE) not in self._kept and self._looked_up * FEW < len(self.subjects):
            return [self._code_of(subject) for subject in subjects]
        return [*map(self._kept.get((self, NONE), self._by_subject).__getitem__, subjects)]

    def codes_at(self, subject: int) -> memoryview[int]:
        """The values of one subject."""
        if self.single and len(self.subjects) == self._count:
            return self.codes[subject : subject + 1]
        begin = bisect_left(self.subjects, subject)
        return self.codes[begin : bisect_right(self.subjects, subject, lo=begin)]

    @cached_property
    def as_subjects(self) -> memoryview[int] | None:
        """The number that each value has as a subject, NONE for one that is none; None if no value is."""
        section = self._told["values"].get("as_subjects")
        return None if section is None else self._file.numbers(section, "I")

    def as_values(self) -> array[int]:
        """The code that each subject has as a value, NONE for one that is none."""
        return self._kept.get((self, None), self._as_values)

    def _as_values(self) -> array[int]:
        pairs = enumerate(self.as_subjects or ())
        return self._table((subject, code) for code, subject in pairs if subject != NONE)

    def code_of_term(self, fragment: bytes) -> int:
        """The code of a value as it is in results, or NONE."""
        if self.kind not in (kind_of(json.loads(fragment)), MIXED):
            return NONE
        return self._place(key_of(self.kind, fragment), fragment)

    def _code_of(self, subject: int) -> int:
        at = bisect_left(self.subjects, subject)
        there = at < len(self.subjects) and self.subjects[at] == subject
        return self.codes[at] if there else NONE

    def _by_subject(self) -> array[int]:
        return self._table(zip(self.subjects, self.codes, strict=True))

    def _table(self, pairs: Iterable[tuple[int, int]]) -> array[int]:
        """The code of each subject, of pairs of the two, and NONE for the rest."""
        table = array("I", b"\xff\xff\xff\xff") * self._count
        for subject, code in pairs:
            table[subject] = code
        return table

    def code(self, constant: Constant) -> int | None:
        """The code of a value; None where no subject has it."""
        if not is_as_it_is(constant.value):
            raise NotHere
        fragment = iri_fragment(constant.value) if constant.is_iri else literal_fragment(constant.value)
        wanted = fragment if self.kind == MIXED else constant.value
        if self.kind not in (MIXED, IRI if constant.is_iri else STRING):
            return None
        place = self._place(wanted, fragment)
        return None if place == NONE else place

    def _place(self, key: Any, fragment: bytes) -> int:
        """The code of a value whose key in the order of values is that, or NONE. No two have the same key."""
        return self.values.place(range(self.distinct), self.kind, key, fragment)

    def having(self, code: int) -> memoryview[int]:
        """The subjects that have a value, in their order."""
        return self._by_value[self._ends[code - 1] if code else 0 : self._ends[code]]

    def flags(self, code: int, subjects: Sequence[int]) -> Iterator[int]:
        """For each of these subjects whether it has a value."""
        having = self.having(code)
        if len(subjects) * FEW < len(having) and (self, code) not in self._kept:
            return (_has(having, subject) for subject in subjects)
        return map(self._kept.get((self, code), lambda: self._flags(having)).__getitem__, subjects)

    def _flags(self, having: Sequence[int]) -> bytearray:
        flags = bytearray(self._count)
        for subject in having:
            flags[subject] = 1
        return flags

    def with_text(self, text: str, most: int) -> set[int] | None:
        """The subjects that may have a value with `text` in it, which is in lower case; None for more than `most`,
        and where that cannot be told."""
        lower = self._lower
        if lower is None:
            return None
        found: set[int] = set()
        if not self._add(self._unsure, found, most):
            return None
        haystack, needle = lower.text, text.encode()
        at = haystack.find(needle)
        while at >= 0:
            code = bisect_left(lower.starts, at + 1) - 1
            if not self._add((code,), found, most):
                return None
            at = haystack.find(needle, lower.starts[code + 1])
        return found

    def _add(self, codes: Iterable[int], found: set[int], most: int) -> bool:
        for code in codes:
            found.update(self.having(code))
            if len(found) > most:
                return False
        return True


def _has(having: Sequence[int], subject: int) -> bool:
    at = bisect_left(having, subject)
    return at < len(having) and having[at] == subject


class Table:
    """All columns of one state; what would take more than `room` bytes of memory raises NotHere."""

    def __init__(self, path: Path, room: int) -> None:
        self._file = Reading(path, room)
        self._kept = Kept()
        directory = self._file.directory
        self.count = int(directory["subjects"]["count"])
        # Subjects with smaller numbers are blank nodes.
        self.blank = int(directory["subjects"]["blank"])
        self.subjects = Texts(self._file, directory["subjects"]["text"], directory["subjects"]["starts"])
        self._told: dict[str, Any] = directory["properties"]
        self._columns: dict[str, Column] = {}

    def number(self, constant: Constant) -> int | None:
        """The number of a subject; None where it has no property."""
        if not is_as_it_is(constant.value):
            raise NotHere
        places, fragment = range(self.blank, self.count), iri_fragment(constant.value)
        place = self.subjects.place(places, IRI, constant.value, fragment)
        return None if place == NONE else place

    def column(self, name: str) -> Column | None:
        """The column of a property, if it has one."""
        if name not in self._told:
            return None
        if name not in self._columns:
            self._columns[name] = Column(self._file, self._told[name], self.count, self._kept)
        return self._columns[name]
