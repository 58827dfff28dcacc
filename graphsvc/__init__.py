"""Publish a knowledge graph: SPARQL, linked data and SHACL validation from four folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import rdflib

__version__ = "0.1.0"


def open_dataset(project: str | Path = ".") -> rdflib.Dataset:
    """The graph of a project folder as an `rdflib.Dataset`, loaded into an Oxigraph store in this process.

    Its default graph is the union of the named graphs. What is changed in it stays in this process. Raises
    ProjectError where there is no such project, DataSyntaxError where a file does not parse.
    """
    import os

    from graphsvc.loading import open_store
    from graphsvc.project import Project
    from graphsvc.settings import load
    from graphsvc.store.rdflib_dataset import as_dataset

    settings = load(Path(project), os.environ)
    dataset = as_dataset(open_store(Project(settings), settings).engine)
    for name, namespace in settings.prefixes.items():
        dataset.bind(name, namespace, replace=True)
    return dataset
