"""SPARQL text: the gate that all of it passes, and errors that help."""

from graphsvc.sparql.gate import Dataset, Form, Query, read
from graphsvc.sparql.update import Update, read_update

__all__ = ["Dataset", "Form", "Query", "Update", "read", "read_update"]
