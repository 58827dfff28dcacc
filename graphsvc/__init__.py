"""Publish a knowledge graph: SPARQL, linked data and SHACL validation from four folders."""

__version__ = "0.1.0"
