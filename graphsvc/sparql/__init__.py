"""SPARQL text: the gate that all of it passes, and errors that help."""

from graphsvc.sparql.gate import Dataset, Form, Query, read

__all__ = ["Dataset", "Form", "Query", "read"]
