"""SHACL validation: documents in, a report out. https://www.w3.org/TR/shacl/"""

from graphsvc.validation.job import Engine, ValidationJob, validate
from graphsvc.validation.paging import Page
from graphsvc.validation.port import LocalValidator, ValidationLimits, Validator
from graphsvc.validation.report import Report, Result, Severity
from graphsvc.validation.scope import Scope
from graphsvc.validation.statements import Document
from graphsvc.validation.stored_graph import validate_change, validate_stored
from graphsvc.validation.stored_job import StoredJob

__all__ = [
    "Document",
    "Engine",
    "LocalValidator",
    "Page",
    "Report",
    "Result",
    "Scope",
    "Severity",
    "StoredJob",
    "ValidationJob",
    "ValidationLimits",
    "Validator",
    "validate",
    "validate_change",
    "validate_stored",
]
