"""Query files as a library: each with a name, a description, parameters, ready to run."""

from graphsvc.stored_queries.library import BrokenQuery, Library, StoredQuery, read_query, without_head
from graphsvc.stored_queries.parameters import Choices, Parameter, choices, read_value

__all__ = [
    "BrokenQuery",
    "Choices",
    "Library",
    "Parameter",
    "StoredQuery",
    "choices",
    "read_query",
    "read_value",
    "without_head",
]
