"""Why a query has no answers: which part of it first leaves nothing, and which of its terms never occur."""

from graphsvc.emptiness.explaining import Explanation, explain
from graphsvc.emptiness.terms import Missing

__all__ = ["Explanation", "Missing", "explain"]
