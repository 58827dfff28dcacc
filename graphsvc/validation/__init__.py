"""SHACL validation: documents in, a report out. https://www.w3.org/TR/shacl/"""

from graphsvc.validation.job import ValidationJob, validate
from graphsvc.validation.port import LocalValidator, ValidationLimits, Validator
from graphsvc.validation.report import Report, Result, Severity
from graphsvc.validation.statements import Document

__all__ = [
    "Document",
    "LocalValidator",
    "Report",
    "Result",
    "Severity",
    "ValidationJob",
    "ValidationLimits",
    "Validator",
    "validate",
]
