"""The concept schemes: a list at `/vocabularies`, one as a tree with `scheme`, a branch of it with `top`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, render_template

from graphsvc.describe import concepts
from graphsvc.describe.concepts import SHOWN, Branch, Scheme
from graphsvc.describe.counting import MOST
from graphsvc.describe.usage import Usage, concept_uses
from graphsvc.errors import BadRequest, NotFound
from graphsvc.formats import HTML
from graphsvc.web.addresses import about_link, is_owned, with_parameters
from graphsvc.web.caching import allow
from graphsvc.web.documented import fragment_link
from graphsvc.web.memory import remembered
from graphsvc.web.parameters import Parameters, from_url
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
from graphsvc.web.values import Reader, Value

blueprint = Blueprint("vocabularies", __name__)
PATH = "/vocabularies"
# So many concepts are put in the order of their names; more come in that of their IRIs.
_NAMED = 5_000
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class ConceptView:
    """A concept in the tree: its place on the page, its name, codes and uses, and what is below it.

    `more` leads to the `hidden` concepts below it that are not shown, `again` to where it stands in full.
    """

    id: str
    name: Value
    codes: tuple[str, ...]
    usage: Usage
    below: tuple[ConceptView, ...]
    hidden: int
    more: str
    again: str | None


@blueprint.get(PATH)
def vocabularies() -> Response:
    """The concept schemes, or one of them as a tree."""
    choose((HTML,), named_format(from_url()))
    parameters = from_url()
    scheme, top, number = parameters.one("scheme"), parameters.one("top"), _page_number(parameters)
    epoch = service().store.epoch()
    tag = page_tag(epoch, PATH, scheme or "", top or "", str(number))
    if not_modified(tag):
        return respond(None, HTML, tag=tag)
    page = _tree(scheme, top, number) if scheme else _list()
    allow()
    return respond(whole(page, epoch), HTML, tag=tag, language="en")


def tree_link(scheme: str, **parameters: str | int) -> str:
    """The page of a scheme as a tree."""
    return with_parameters(local_path(PATH), scheme=scheme, **parameters)


def _page_number(parameters: Parameters) -> int:
    given = parameters.one("page") or "1"
    if not re.fullmatch(r"[1-9]\d{0,6}", given):
        raise BadRequest("`page` is a number from 1 on.")
    return int(given)


def _list() -> str:
    store = service().store
    found = remembered("concept schemes", lambda: concepts.schemes(store))
    reader = Reader(store, languages())
    reader.learn(found)
    # Schemes elsewhere, of which this graph has some concepts, come last.
    ordered = sorted(found, key=lambda iri: (not is_owned(iri), reader.name(iri).value.casefold()))
    rows = [(reader.link(iri), tree_link(iri), found[iri]) for iri in ordered]
    return render_template("vocabularies.html", schemes=rows, most=concepts.MAX_SCHEMES)


def _tree(iri: str, top: str | None, number: int) -> str:
    store = service().store
    scheme = concepts.read_scheme(store, iri)
    if scheme is None:
        raise NotFound(f"No concept is in a scheme <{iri[:500]}>.")
    if top is not None and top not in scheme.concepts:
        raise NotFound(f"<{top[:500]}> is no concept of <{iri[:500]}>.")
    roots = list(scheme.tops if top is None else scheme.narrower.get(top, ()))
    reader = Reader(store, languages())
    if len(roots) <= _NAMED:
        reader.learn(roots)
        roots.sort(key=lambda each: (_natural(reader.name(each).value), each))
    last = max(1, -(-len(roots) // SHOWN))
    if number > last:
        raise NotFound(f"There is no page {number}.")
    branches = concepts.tree(scheme, roots[(number - 1) * SHOWN : number * SHOWN])
    above = [] if top is None else [*concepts.lineage(scheme, top), top]
    reader.learn([iri, *above, *(each for branch in branches for each in branch.iris())])
    views = _Views(scheme, reader, branches)
    given = {} if top is None else {"top": top}
    return render_template(
        "vocabulary.html",
        scheme=reader.link(iri),
        about=about_link(iri),
        top=reader.link(top) if top else None,
        above=[(reader.link(each), tree_link(iri, top=each)) for each in above[:-1]],
        whole=tree_link(iri),
        size=len(scheme.concepts),
        cut=scheme.cut,
        tree=views.of(branches),
        most=MOST,
        pages={
            "number": number,
            "last": last,
            "earlier": tree_link(iri, **given, page=number - 1) if number > 1 else None,
            "later": tree_link(iri, **given, page=number + 1) if number < last else None,
        },
    )


class _Views:
    """The branches for the template, with what is to be said of each concept asked for at once."""

    def __init__(self, scheme: Scheme, reader: Reader, branches: list[Branch]) -> None:
        store = service().store
        shown = {each for branch in branches for each in branch.iris()}
        self.scheme, self.reader = scheme, reader
        self.codes = concepts.notations(store, shown)
        self.uses = concept_uses(store, sorted(shown))
        concepts.arrange(branches, self._place)

    def _place(self, iri: str) -> tuple[list[tuple[int, int, str]], list[tuple[int, int, str]]]:
        """By the code where there is one, as people count, then by the name."""
        code = next(iter(self.codes.get(iri, ())), "")
        return _natural(code) if code else [(2, 0, "")], _natural(self.reader.name(iri).value)

    def of(self, branches: Sequence[Branch]) -> tuple[ConceptView, ...]:
        """The views of some branches."""
        return tuple(self._view(branch) for branch in branches)

    def _view(self, branch: Branch) -> ConceptView:
        iri = branch.iri
        return ConceptView(
            iri,
            self.reader.link(iri),
            self.codes.get(iri, ()),
            self.uses.get(iri, Usage()),
            self.of(branch.below),
            branch.hidden,
            tree_link(self.scheme.iri, top=iri),
            fragment_link(iri) if branch.again else None,
        )


def _natural(text: str) -> list[tuple[int, int, str]]:
    """A key by which 9 comes before 10, and capitals count for nothing."""
    return [
        (0, int(part), "") if part.isdecimal() and len(part) < 19 else (1, 0, part)
        for part in _DIGITS.split(text.casefold())
        if part
    ]
