"""The quality of what is published, at `/quality`: the validation of the stored graph in short, and its oddities.

The validation is made once for each state of the data, beside the requests and one at a time: a page that mentions
it never waits for it, and its own page waits for some seconds.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, render_template
from flask.blueprints import BlueprintSetupState

from graphsvc.describe.names import SH, batches, listed
from graphsvc.errors import GraphsvcError
from graphsvc.formats import HTML, JSON
from graphsvc.rdf import Iri
from graphsvc.store.rows import select
from graphsvc.validation import Page, Severity, StoredJob, ValidationJob, ValidationLimits
from graphsvc.validation.json_report import read_json
from graphsvc.validation.paging import MAX_PAGE_SIZE
from graphsvc.vocab import PREFIXES
from graphsvc.web.addresses import about_link
from graphsvc.web.documented import fragment_link
from graphsvc.web.memory import remembered
from graphsvc.web.parameters import from_url
from graphsvc.web.representation import (
    choose,
    languages,
    named_format,
    not_modified,
    page_tag,
    respond,
    whole,
)
from graphsvc.web.service import local_path, service
from graphsvc.web.validation_request import own_documents
from graphsvc.web.values import Reader, Value

blueprint = Blueprint("quality", __name__)
PATH = "/quality"
# How long the page of the report waits for it, in seconds.
PATIENCE = 10.0
MAX_ODDITIES = 100
_EXTENSION = "graphsvc.quality"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Quality:
    """A validation in short: how many results there are of each severity, and of each rule.

    `failure` says why there is none. `by_rule` is of the first `looked_at` results: rule, severity and number.
    """

    counts: Mapping[Severity, int] = field(default_factory=dict)
    by_rule: tuple[tuple[str, Severity, int], ...] = ()
    looked_at: int = 0
    failure: str = ""

    @property
    def total(self) -> int:
        """How many results there are."""
        return sum(self.counts.values())


class Qualities:
    """The quality of the state of the data that was last asked for; of former ones nothing is kept."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._made = threading.Event()
        self._made.set()
        self._held: tuple[str, Quality] | None = None

    def get(
        self, epoch: str, make: Callable[[], tuple[str, Quality]], patience: float = 0.0
    ) -> Quality | None:
        """The quality as of `epoch`; None where it is not there within `patience` seconds, and then on its way.

        `make` gives the state that it validated, which may be a later one, and its quality.
        """
        with self._guard:
            if self._made.is_set() and (self._held is None or self._held[0] != epoch):
                self._made = threading.Event()
                threading.Thread(target=self._make, args=(epoch, self._made, make), daemon=True).start()
            made = self._made
        made.wait(patience)
        with self._guard:
            return self._held[1] if self._held is not None and self._held[0] == epoch else None

    def _make(self, epoch: str, made: threading.Event, make: Callable[[], tuple[str, Quality]]) -> None:
        validated, quality = make()
        with self._guard:
            self._held = validated or epoch, quality
        made.set()


@blueprint.record
def _hold(state: BlueprintSetupState) -> None:
    state.app.extensions[_EXTENSION] = Qualities()


@blueprint.get(PATH)
def report() -> Response:
    """The quality report as a page; the whole report is at `/validate?graph=all`."""
    choose((HTML,), named_format(from_url()))
    epoch = service().store.epoch()
    found = quality(epoch, PATIENCE)
    tag = page_tag(epoch, PATH, "made" if found else "on its way")
    if not_modified(tag):
        return respond(None, HTML, tag=tag)
    page = render_template("quality.html", quality=view(found), oddities=_oddities(), full=full_report())
    return respond(whole(page, epoch), HTML, tag=tag, language="en")


def quality(epoch: str, patience: float = 0.0) -> Quality | None:
    """The quality as of `epoch`, if it is there within `patience` seconds; if not, it is being made."""
    qualities: Qualities = current_app.extensions[_EXTENSION]
    return qualities.get(epoch, _maker(), patience)


def _maker() -> Callable[[], tuple[str, Quality]]:
    """The validation, bound to what it needs: it is done where there is no request."""
    held = service()
    settings, validator = held.settings, held.validator
    shapes = tuple(own_documents("shapes"))
    rules = ValidationJob(data=(), shapes=shapes, severity=Severity.INFO, prefixes=settings.prefixes)
    job = StoredJob(None, f"{settings.base}/graph/vocabulary/", rules)
    limits = ValidationLimits(settings.query_timeout, client="the quality report")

    def make() -> tuple[str, Quality]:
        if not shapes:
            return "", Quality(failure="This graph has no shapes to be validated by.")
        try:
            written = validator.report(job, JSON, Page(1, MAX_PAGE_SIZE), limits)
            found = read_json(written.read())
        except GraphsvcError as error:
            return "", Quality(failure=str(error))
        except Exception:
            # Who asks must get an answer, and whoever runs the service must read why it is this one.
            _log.exception("The quality report failed.")
            return "", Quality(failure="The validation failed; the log of the service says why.")
        counted = Counter((_rule(each.source_shape, each.within), each.grade) for each in found.results)
        rows = [(rule, grade, number) for (rule, grade), number in counted.items()]
        rows.sort(key=lambda row: (row[1].rank, -row[2], row[0]))
        return written.epoch, Quality(dict(found.counts), tuple(rows), len(found.results))

    return make


def _rule(shape: object, within: Iri | None) -> str:
    """The shape that has an IRI, be it the one that a nameless one is part of."""
    return shape.value if isinstance(shape, Iri) else within.value if within else ""


@dataclass(frozen=True)
class QualityView:
    """A quality on a page: `rows` are rule, its shape, where it is explained, severity, number and the results."""

    quality: Quality
    rows: tuple[tuple[Value, str, str, Severity, int, str], ...]


def view(found: Quality | None) -> QualityView | None:
    """A quality as a template shows it."""
    if found is None:
        return None
    owners = _owners([rule for rule, _, _ in found.by_rule if rule])
    reader = Reader(service().store, languages())
    reader.learn({*(rule for rule, _, _ in found.by_rule if rule), *owners.values()})
    rows = []
    for rule, grade, number in found.by_rule:
        name = reader.link(rule) if rule else Value("(a rule without a name)")
        owner = owners.get(rule, "")
        place = local_path("/shapes") + fragment_link(rule)
        shape = reader.link(owner).text if owner else ""
        rows.append((name, shape, place, grade, number, full_report(shape=owner)))
    return QualityView(found, tuple(rows))


def _owners(rules: Sequence[str]) -> dict[str, str]:
    """The shape by whose targets each rule is applied: the rule itself, or one that it is a property shape of."""
    targets = "|".join(f"<{SH}target{each}>" for each in ("Class", "Node", "SubjectsOf", "ObjectsOf"))
    found: dict[str, str] = {}
    for batch in batches(rules):
        rows = select(
            service().store,
            f"""
            SELECT ?rule (MIN(STR(?owner)) AS ?shape) {{
              VALUES ?rule {{ {listed(batch)} }}
              ?owner <{SH}property>? ?rule ; {targets} ?target FILTER(isIRI(?owner))
            }} GROUP BY ?rule""",
        )
        found |= {row["rule"].value: row["shape"].value for row in rows if "shape" in row}
    return found


def full_report(**parameters: str) -> str:
    """The validation report on all that is stored, or the part on one shape."""
    given = {name: value for name, value in parameters.items() if value}
    return local_path("/validate?" + urlencode({"graph": "all", **given, "format": "html"}))


def _oddities() -> list[tuple[Value, int, str]]:
    """What the data themselves note as odd: each kind, how often, and where.

    https://www.w3.org/TR/vocab-dqv/#dqv:QualityAnnotation
    """
    store = service().store
    oa = PREFIXES["oa"]
    rows = remembered(
        "oddities",
        lambda: select(
            store,
            f"""
            SELECT ?issue (COUNT(DISTINCT ?note) AS ?n) {{
              {{ SELECT DISTINCT ?note ?issue {{
                ?note a <http://www.w3.org/ns/dqv#QualityAnnotation> ; <{oa}hasBody> ?issue FILTER(isIRI(?issue))
              }} LIMIT 100000 }}
            }} GROUP BY ?issue ORDER BY DESC(?n) ?issue LIMIT {MAX_ODDITIES}""",
        ),
    )
    reader = Reader(store, languages())
    found = [(row["issue"].value, int(row["n"].value)) for row in rows if "issue" in row]
    reader.learn(iri for iri, _ in found)
    return [(reader.link(iri), number, about_link(iri, inverse=f"{oa}hasBody")) for iri, number in found]
