"""The rdflib way in: an `rdflib.Dataset` over the same engine."""

from __future__ import annotations

import pyoxigraph as ox
import rdflib
from oxrdflib import OxigraphStore


def as_dataset(engine: ox.Store) -> rdflib.Dataset:
    """The engine's content as an rdflib Dataset whose default graph is the union of its named graphs.

    The Dataset works on the engine itself: what is added through it is there for others, and the reverse.
    """
    return rdflib.Dataset(store=OxigraphStore(store=engine), default_union=True)
