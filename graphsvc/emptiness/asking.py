"""Reduced queries, asked under one limit of time and of number for all of them together."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

from graphsvc.errors import OutOfTime, QuerySyntaxError
from graphsvc.formats import N_TRIPLES, RESULTS_JSON
from graphsvc.sparql import Form, Query, read
from graphsvc.sparql.group import Parts
from graphsvc.sparql.paging import part
from graphsvc.store import Limits, Store

MAX_QUESTIONS = 24
# Seconds for all questions together, where the request does not ask for fewer.
MAX_TIME = 10.0


class Enough(Exception):
    """There is no time, or no question, left."""


class Asker:
    """Asks whether parts of a query have solutions, over the same dataset, and counts the questions.

    Its methods raise Enough past the limits, and as `Store.query` does.
    """

    def __init__(self, store: Store, query: Query, parts: Parts, limits: Limits) -> None:
        self._store, self._query, self._parts, self._limits = store, query, parts, limits
        self._deadline = time.monotonic() + min(limits.timeout or MAX_TIME, MAX_TIME)
        self.asked = 0

    def ask(self, group: str) -> bool:
        """Whether a group has a solution."""
        return bool(self._run(f"ASK {self._parts.sources} {{\n{group}\n}}")["boolean"])

    def select(self, head: str, group: str, most: float = MAX_TIME) -> list[dict[str, dict[str, str]]]:
        """The solutions of a group, as in SPARQL's JSON; `most` seconds for this one."""
        answer = self._run(f"SELECT {head} {self._parts.sources} {{\n{group}\n}} LIMIT 500", most)
        found: list[dict[str, dict[str, str]]] = answer["results"]["bindings"]
        return found

    def has_answers(self) -> bool:
        """Whether the query itself, as it was asked, has an answer."""
        query, limits = self._query, self._next(MAX_TIME)
        try:
            if query.form is Form.SELECT:
                first = replace(query, text=part(query.text, 1, 0))
                answer = json.loads(self._store.query(first, RESULTS_JSON, limits).read())
                return bool(answer["results"]["bindings"])
            if query.form is Form.ASK:
                return bool(json.loads(self._store.query(query, RESULTS_JSON, limits).read())["boolean"])
            return any(chunk.strip() for chunk in self._store.query(query, N_TRIPLES, limits).chunks)
        except OutOfTime:
            raise Enough from None
        except QuerySyntaxError:
            # The place of the fault is wanted in the text as it was sent.
            self._store.query(query, RESULTS_JSON if query.form is Form.SELECT else N_TRIPLES, limits).read()
            raise

    def _next(self, most: float) -> Limits:
        """The limits of one more question."""
        left = self._deadline - time.monotonic()
        if self.asked >= MAX_QUESTIONS or left <= 0:
            raise Enough
        self.asked += 1
        return replace(self._limits, timeout=min(left, most))

    def _run(self, body: str, most: float = MAX_TIME) -> dict[str, Any]:
        limits = self._next(most)
        query = read(f"{self._parts.prologue}\n{body}", dataset=self._query.dataset)
        try:
            found: dict[str, Any] = json.loads(self._store.query(query, RESULTS_JSON, limits).read())
        except OutOfTime:
            raise Enough from None
        return found
