"""Shapes checked by the shapes of shapes. https://www.w3.org/TR/shacl/#shacl-shacl"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from graphsvc.validation.job import check
from graphsvc.validation.report import Result
from graphsvc.validation.shapes import Shapes
from graphsvc.validation.statements import Document, read
from graphsvc.validation.structure import SH


@cache
def _syntax_rules() -> Shapes:
    """SHACL for SHACL, as pyshacl carries it. https://www.w3.org/TR/shacl/#shacl-shacl"""
    package = find_spec("pyshacl")
    assert package is not None
    assert package.origin is not None
    content = (Path(package.origin).parent / "assets" / "shacl-shacl.ttl").read_bytes()
    return Shapes(read([Document("shacl-shacl.ttl", content, "ttl")], role="rules"), {})


def check_syntax_rules(shapes: Shapes) -> None:
    """Check the shapes by the shapes of shapes. Raises ShapesError, which tells the first fault by node order."""
    statements = shapes.statements
    # A result that names a property tells more than one about the whole shape.
    for result in sorted(check(statements, _syntax_rules()).results, key=lambda result: result.path is None):
        where = f" at {result.path.text({'sh': SH})}" if result.path else ""
        value = f" ({statements.name(result.value)})" if result.value not in (None, result.focus_node) else ""
        raise statements.fault(
            result.focus_node, f"{statements.name(result.focus_node)}{where}{value}: {_sentence(result)}"
        )


def _sentence(result: Result) -> str:
    if result.component.value == SH + "XoneConstraintComponent":
        return "It is neither a well-formed node shape nor a well-formed property shape."
    return " ".join(message.value for message in result.messages)
