"""A request's values for the parameters of a stored query, the part of its rows that is wanted, and the fields
of its form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from graphsvc.errors import BadRequest
from graphsvc.rdf import Term
from graphsvc.sparql import Form
from graphsvc.stored_queries import Choices, Parameter, StoredQuery, choices, read_value
from graphsvc.web.memory import remembered
from graphsvc.web.parameters import Parameters
from graphsvc.web.service import local_path, service

# Rows on a page where the request does not say, and the most that it may say.
PAGE, MAX_LIMIT = 100, 10_000
MAX_OFFSET = 10**9
# A longer list of values is a field to type into.
MAX_OPTIONS = 300
_OWN = ("format", "_mediatype", "timeout")
_PARTS = ("limit", "offset", "page")


@dataclass(frozen=True)
class Window:
    """The part of the rows that is wanted: `limit` rows after the first `offset`."""

    limit: int
    offset: int

    @property
    def page(self) -> int:
        """The number of the page that the first row is on, from 1."""
        return self.offset // self.limit + 1


@dataclass(frozen=True)
class Field:
    """A parameter as a field of the form: `text` is its present value, `options` are values with labels."""

    parameter: Parameter
    text: str
    options: tuple[tuple[str, str], ...] | None

    @property
    def kind(self) -> str:
        """The type in a word, for people: IRI, text, or the name of the datatype."""
        if self.parameter.is_iri:
            return "IRI"
        return self.parameter.datatype.rpartition("#")[2] or "text"


def check_names(stored: StoredQuery, given: Parameters) -> None:
    """Raise BadRequest for a parameter that the query does not have."""
    known = {each.name for each in stored.parameters}
    unknown = given.names() - known - {*_OWN, *_PARTS}
    if unknown:
        there = ", ".join((*sorted(known), *_PARTS, "format", "timeout"))
        raise BadRequest(f"There is no parameter {min(unknown)[:80]!r} here; there are {there}.")


def allowed(stored: StoredQuery, parameter: Parameter) -> Choices | None:
    """What is allowed for a parameter, looked up once for each state of the data."""
    # Kept with the parameter that it is for: a file may change while the data do not.
    name = f"choices {stored.name} {parameter.name}"
    of, found = remembered(name, lambda: (parameter, choices(parameter, service().store)))
    return found if of == parameter else choices(parameter, service().store)


def texts(stored: StoredQuery, given: Parameters) -> dict[str, str]:
    """What is given for each parameter, else its default; an empty text leaves the variable free."""
    found = {each.name: given.one(each.name) for each in stored.parameters}
    return {
        each.name: each.default if found[each.name] is None else str(found[each.name])
        for each in stored.parameters
    }


def values(stored: StoredQuery, given: Parameters) -> Mapping[str, Term]:
    """The terms to bind. Raises ValueNotAllowed and BadRequest as `read_value` does."""
    store = service().store
    said = texts(stored, given)
    return {
        each.name: read_value(each, said[each.name], allowed(stored, each), store)
        for each in stored.parameters
        if said[each.name]
    }


def fields(stored: StoredQuery, given: Parameters) -> list[Field]:
    """The fields of the form."""
    said = texts(stored, given)
    return [Field(each, said[each.name], _options(stored, each)) for each in stored.parameters]


def _options(stored: StoredQuery, parameter: Parameter) -> tuple[tuple[str, str], ...] | None:
    found = allowed(stored, parameter)
    if found is None or not found.complete or len(found.options) > MAX_OPTIONS:
        return None
    return tuple((term.value, label or term.value) for term, label in found.options)


def window(stored: StoredQuery, given: Parameters, *, page: bool) -> Window | None:
    """The part of the rows that is wanted; None for all of them, which only a page never shows.

    Raises BadRequest for numbers that make no sense, or where the answer is no table.
    """
    asked = {name: given.one(name) for name in _PARTS if given.one(name) is not None}
    if stored.query.form is not Form.SELECT:
        if asked:
            raise BadRequest(f"`{min(asked)}` is for tables, and this query answers with something else.")
        return None
    if not asked and not page:
        return None
    if "page" in asked and "offset" in asked:
        raise BadRequest("`page` and `offset` are both given; give one of them.")
    limit = _number(asked, "limit", PAGE if page or "page" in asked else MAX_LIMIT, 1, MAX_LIMIT)
    offset = _number(asked, "offset", 0, 0, MAX_OFFSET)
    if "page" in asked:
        offset = (_number(asked, "page", 1, 1, MAX_OFFSET // MAX_LIMIT) - 1) * limit
    return Window(limit, offset)


def _number(asked: Mapping[str, str | None], name: str, otherwise: int, least: int, most: int) -> int:
    text = asked.get(name)
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most):
        raise BadRequest(f"`{name}` is a whole number from {least:,} to {most:,}.")
    return int(text)


def link(
    stored: StoredQuery,
    given: Parameters,
    *,
    suffix: str = "",
    limit: int | None = None,
    offset: int | None = None,
) -> str:
    """The host-relative link of the answer with the same values: in a format, or another part of the rows."""
    names = {each.name for each in stored.parameters}
    pairs = [(name, value) for name, value in given.pairs if name in names]
    pairs += [("limit", str(limit))] if limit is not None else []
    pairs += [("offset", str(offset))] if offset is not None else []
    return local_path(f"/queries/{stored.name}{suffix}" + ("?" + urlencode(pairs) if pairs else ""))
