"""SHACL validation: documents in, a report out. https://www.w3.org/TR/shacl/"""

from graphsvc.validation.job import Engine, ValidationJob, validate
from graphsvc.validation.port import LocalValidator, ValidationLimits, Validator
from graphsvc.validation.report import Report, Result, Severity
from graphsvc.validation.statements import Document
from graphsvc.validation.stored_graph import validate_change, validate_stored

__all__ = [
    "Document",
    "Engine",
    "LocalValidator",
    "Report",
    "Result",
    "Severity",
    "ValidationJob",
    "ValidationLimits",
    "Validator",
    "validate",
    "validate_change",
    "validate_stored",
]
