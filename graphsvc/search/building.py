"""Makes the index of one epoch: a file of SQLite that is never changed once it is there.

https://www.sqlite.org/fts5.html
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TypeVar

from graphsvc.search.gathering import REFERENCE, Gathering
from graphsvc.search.index import OTHER, OWN
from graphsvc.search.words import key_of
from graphsvc.store import Store

# Numbers are given in the order in which things that have the same words are found, so that a search that finds
# very many can stop at the first: this graph's own before others', those without a label and shapes last, and the
# shorter label before the longer.
_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA temp_store = FILE;
PRAGMA cache_size = -65536;
CREATE TABLE about(epoch TEXT, others INTEGER, minor INTEGER);
CREATE TABLE resource(id INTEGER PRIMARY KEY, iri TEXT);
CREATE TABLE property(id INTEGER PRIMARY KEY, iri TEXT UNIQUE, narrows INTEGER DEFAULT 0);
CREATE TABLE said(doc INTEGER, kind INTEGER, property INTEGER, language TEXT, value TEXT);
CREATE TABLE exact(key TEXT, doc INTEGER, PRIMARY KEY(key, doc)) WITHOUT ROWID;
CREATE TABLE value(id INTEGER PRIMARY KEY, property INTEGER, value TEXT);
CREATE TABLE facet(doc INTEGER, value INTEGER, PRIMARY KEY(doc, value)) WITHOUT ROWID;
CREATE TABLE part(iri TEXT PRIMARY KEY, told INTEGER) WITHOUT ROWID;
CREATE TEMP TABLE found(id INTEGER PRIMARY KEY, iri TEXT, standing INTEGER);
CREATE TEMP TABLE found_said(doc INTEGER, kind INTEGER, property INTEGER, language TEXT, value TEXT);
CREATE TEMP TABLE found_key(key TEXT, doc INTEGER);
CREATE TEMP TABLE found_facet(doc INTEGER, property INTEGER, value TEXT);
CREATE TEMP TABLE place(doc INTEGER PRIMARY KEY, id INTEGER);
CREATE VIRTUAL TABLE words USING fts5(
  label, alternative, reference, text, narrows,
  content = '', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3');
CREATE VIRTUAL TABLE vocabulary USING fts5vocab(words, row);
CREATE TABLE term(id INTEGER PRIMARY KEY, word TEXT, docs INTEGER);
CREATE VIRTUAL TABLE pieces USING fts5(word, content = '', tokenize = 'trigram', detail = 'none', columnsize = 0);
"""
# What is read is put into tables; what can be told from those, SQLite makes itself, sorted before it is inserted.
# A standing is one of `index.OWN`, OTHER and MINOR; 57344 is `index.VALUE_MARK`.
_DERIVED = """
UPDATE found SET standing = 2 WHERE id NOT IN (SELECT doc FROM found_said WHERE kind = 0) OR id IN (
  SELECT doc FROM found_facet WHERE value LIKE 'http://www.w3.org/ns/shacl#%'
  OR value = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#Statement');
INSERT INTO place
  SELECT found.id, row_number() OVER (ORDER BY standing, shortest, label, found.id) FROM found LEFT JOIN
    (SELECT doc, min(length(value)) AS shortest, min(value) AS label FROM found_said WHERE kind = 0 GROUP BY doc)
    ON doc = found.id;
INSERT INTO resource SELECT place.id, iri FROM found JOIN place ON doc = found.id ORDER BY place.id;
INSERT INTO about(others, minor)
  SELECT coalesce(min(id) FILTER (WHERE standing >= 1), 9223372036854775807),
    coalesce(min(id) FILTER (WHERE standing = 2), 9223372036854775807)
  FROM (SELECT place.id, standing FROM found JOIN place ON doc = found.id);
INSERT INTO exact SELECT DISTINCT key, id FROM found_key JOIN place USING (doc) ORDER BY key, id;
INSERT INTO value(property, value) SELECT DISTINCT property, value FROM found_facet ORDER BY property, value;
CREATE UNIQUE INDEX value_of ON value(property, value);
INSERT INTO facet SELECT DISTINCT place.id, value.id FROM found_facet AS found JOIN place USING (doc)
  JOIN value ON value.property = found.property AND value.value = found.value ORDER BY place.id, value.id;
INSERT INTO said
  SELECT id, kind, property, language, value FROM found_said JOIN place USING (doc) ORDER BY id, kind;
CREATE INDEX said_doc ON said(doc, kind);
INSERT INTO words(rowid, label, alternative, reference, text, narrows)
  SELECT doc,
    group_concat(CASE kind WHEN 0 THEN value END, ' | '), group_concat(CASE kind WHEN 1 THEN value END, ' | '),
    group_concat(CASE kind WHEN 2 THEN value END, ' | '), group_concat(CASE kind WHEN 3 THEN value END, ' | '),
    (SELECT group_concat(char(57344) || facet.value, ' ') FROM facet WHERE facet.doc = said.doc)
  FROM said GROUP BY doc;
INSERT INTO words(words) VALUES ('optimize');
INSERT INTO term(word, docs)
  SELECT term, doc FROM vocabulary WHERE length(term) BETWEEN 1 AND 60 AND unicode(term) <> 57344 ORDER BY term;
CREATE INDEX term_word ON term(word, docs);
INSERT INTO pieces(rowid, word) SELECT id, word FROM term WHERE length(word) >= 3;
INSERT INTO pieces(pieces) VALUES ('optimize');
UPDATE property SET narrows = 1 WHERE id IN (SELECT DISTINCT property FROM value);
ANALYZE;
"""
T = TypeVar("T")
_BATCH = 5_000
# A longer name is found by its words alone.
_MAX_KEY = 120


def build(store: Store, path: Path, base: str = "") -> str:
    """Index what `store` holds, in a new file at `path`; the epoch that it is of. Things under `base` come first.

    The file is there when it is whole. Where the data change meanwhile, the epoch is one of those that were read,
    and another index is due. Raises as `Store.query` does, and sqlite3.Error where the file cannot be written.
    """
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.unlink(missing_ok=True)
    before = store.epoch()
    gathering = Gathering(store)
    with closing(sqlite3.connect(unfinished, isolation_level=None)) as file:
        file.executescript(_TABLES)
        file.execute("BEGIN")
        _fill(file, gathering, base)
        file.execute("COMMIT")
        file.executescript(_DERIVED)
        epoch = before if gathering.epochs <= {before} else f"after {before}"
        file.execute("UPDATE about SET epoch = ?", (epoch,))
    unfinished.rename(path)
    return epoch


def _fill(file: sqlite3.Connection, gathering: Gathering, base: str) -> None:
    known = {iri: number for number, iri in enumerate(dict.fromkeys(gathering.named()), 1)}
    resources = ((number, iri, OWN if iri.startswith(base) else OTHER) for iri, number in known.items())
    file.executemany("INSERT INTO found VALUES (?, ?, ?)", resources)
    _insert(file, "INSERT INTO found_key VALUES (?, ?)", _names(known))
    properties: dict[str, int] = {}
    parts = _Parts(base)
    parts.tell(known)
    for batch in _batches(gathering.texts()):
        parts.tell(subject for (subject, *_), _ in batch)
        said = [
            (known[subject], kind, properties.setdefault(name, len(properties) + 1), language, value)
            for (subject, name, language, value), kind in batch
            if subject in known
        ]
        file.executemany("INSERT INTO found_said VALUES (?, ?, ?, ?, ?)", said)
        keys = ((key_of(row[4]), row[0]) for row in said if row[1] <= REFERENCE and len(row[4]) <= _MAX_KEY)
        file.executemany("INSERT INTO found_key VALUES (?, ?)", ((k, doc) for k, doc in keys if k))
    for found in (parts.telling(gathering.classes()), gathering.concepts(), gathering.years()):
        rows = (
            (known[subject], properties.setdefault(name, len(properties) + 1), value)
            for subject, name, value in found
            if subject in known
        )
        _insert(file, "INSERT INTO found_facet VALUES (?, ?, ?)", rows)
    parts.mention(gathering.used_properties())
    _insert(file, "INSERT INTO part VALUES (?, ?)", sorted(parts.found.items()))
    file.executemany(
        "INSERT INTO property(id, iri) VALUES (?, ?)", ((n, iri) for iri, n in properties.items())
    )


class _Parts:
    """The IRIs under `base` that name parts of documents, by fragments: whether something is said of each."""

    def __init__(self, base: str) -> None:
        self.found: dict[str, bool] = {}
        self._base = base.rstrip("/")

    def tell(self, iris: Iterable[str]) -> None:
        """Take in IRIs of which something is said."""
        self.found |= ((iri, True) for iri in iris if self._is_part(iri))

    def mention(self, iris: Iterable[str]) -> None:
        """Take in IRIs that something is said with."""
        for iri in iris:
            if self._is_part(iri):
                self.found.setdefault(iri, False)

    def telling(self, rows: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, str, str]]:
        """Rows of a subject, a property and an IRI as they come, taken in."""
        for batch in _batches(rows):
            self.tell(subject for subject, _, _ in batch)
            self.mention(value for _, _, value in batch)
            yield from batch

    def _is_part(self, iri: str) -> bool:
        return "#" in iri and iri.startswith(self._base)


def _names(known: dict[str, int]) -> Iterator[tuple[str, int]]:
    """The IRI itself and its last part, as what a resource is found by."""
    for iri, number in known.items():
        whole = key_of(iri)
        last = key_of(iri.rstrip("/#").replace("#", "/").rpartition("/")[2])
        yield from ((key, number) for key in {whole, last} if key)


def _insert(file: sqlite3.Connection, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
    for batch in _batches(rows):
        file.executemany(statement, batch)


def _batches(rows: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(rows)
    while batch := list(islice(rest, _BATCH)):
        yield batch
