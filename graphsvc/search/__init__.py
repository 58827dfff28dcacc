"""Full-text search over what the graph calls its things: SQLite's FTS5 over a copy of the words of one epoch."""

from graphsvc.search.local import LocalIndexes
from graphsvc.search.port import Indexes

__all__ = ["Indexes", "LocalIndexes"]
