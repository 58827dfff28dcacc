"""The outcomes of tests in the Evaluation and Report Language. https://www.w3.org/TR/EARL10-Schema/"""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from graphsvc import __version__
from graphsvc.conformance.report import Outcome

_EARL = "http://www.w3.org/ns/earl#"
_DOAP = "http://usefulinc.com/ns/doap#"
_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")


def earl(found: Iterable[Outcome], document: str) -> list[ox.Quad]:
    """An assertion for each outcome; `document` is the IRI under which the report is published."""
    said: list[ox.Quad] = []

    def say(
        subject: ox.NamedNode | ox.BlankNode, predicate: str, value: ox.NamedNode | ox.BlankNode | str
    ) -> None:
        term = ox.Literal(value) if isinstance(value, str) else value
        said.append(ox.Quad(subject, ox.NamedNode(predicate), term))

    def a(subject: ox.NamedNode | ox.BlankNode, *types: str) -> None:
        said.extend(ox.Quad(subject, _TYPE, ox.NamedNode(kind)) for kind in types)

    runner = ox.NamedNode(f"{document}#runner")
    a(runner, f"{_EARL}Assertor", f"{_EARL}Software")
    say(runner, f"{_DOAP}name", "make conformance")
    for number, one in enumerate(found):
        subject = ox.NamedNode(f"{document}#{one.store}")
        release = ox.NamedNode(f"{document}#release-{one.store}")
        a(subject, f"{_EARL}TestSubject", f"{_EARL}Software", f"{_DOAP}Project")
        say(subject, f"{_DOAP}name", f"graphsvc, {one.store} store")
        say(subject, f"{_DOAP}release", release)
        say(release, f"{_DOAP}revision", __version__)
        # Their labels count, so that the same report is the same document.
        assertion, result = ox.BlankNode(f"a{number}"), ox.BlankNode(f"r{number}")
        a(assertion, f"{_EARL}Assertion")
        say(assertion, f"{_EARL}assertedBy", runner)
        say(assertion, f"{_EARL}mode", ox.NamedNode(f"{_EARL}automatic"))
        say(assertion, f"{_EARL}subject", subject)
        say(assertion, f"{_EARL}test", ox.NamedNode(one.test))
        say(assertion, f"{_EARL}result", result)
        a(result, f"{_EARL}TestResult")
        say(result, f"{_EARL}outcome", ox.NamedNode(f"{_EARL}{one.outcome}"))
        if one.reason:
            say(result, f"{_EARL}info", one.reason)
    return said
