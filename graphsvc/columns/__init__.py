"""Columns: for each property what each thing has, kept for one state of the data beside the engine.

A query of a kind that reads much and joins nothing is answered from them: counts and groups, greatest and least
values, the first rows in an order, a filter for text. The engine answers everything else, and everything as long
as there are no columns of the present state.
"""

from graphsvc.columns.answering import Columns
from graphsvc.columns.calls import SOCKET, Calls

__all__ = ["SOCKET", "Calls", "Columns"]
