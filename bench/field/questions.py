"""What the engines are asked: queries in files, a mix of them, and pages of linked data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.field.answers import accept_of
from bench.field.client import Request
from bench.field.engines import Engine

_FOLDER = Path(__file__).parent / "queries"
# The instrument and the organisation of a question that is asked again and again.
_FIXED = {"@N@": "7", "@K@": "41"}
# In the order of the table.
_NAMES = (
    *("point-lookup", "star", "join", "grouped-count", "per-year-aggregate", "property-path", "text-filter"),
    *("order-by-limit", "describe", "construct", "dump"),
)
# How often each is asked in a round of the mix: much is looked up, little is counted, as in the use case of
# http://wbsg.informatik.uni-mannheim.de/bizer/berlinsparqlbenchmark/spec/ExploreUseCase/
_MIX = {
    "point-lookup": 8,
    "star": 4,
    "join": 4,
    "describe": 4,
    "construct": 2,
    "text-filter": 1,
    "order-by-limit": 1,
}


@dataclass(frozen=True)
class Question:
    """What is asked under one name; `texts` are queries, `page` is the media type of a resource's page instead."""

    name: str
    texts: tuple[str, ...] = ()
    page: str = ""

    @property
    def checked(self) -> bool:
        """Whether its answers are compared; those of the mix are, one by one, and pages are nobody else's."""
        return len(self.texts) == 1

    def asked_of(self, engine: Engine) -> bool:
        """Whether an engine has anything to answer with."""
        return not self.page or engine.pages

    def warm(self, engine: Engine, comment: str = "") -> list[Request]:
        """The same requests again and again."""
        if self.page:
            return [Request(f"/doc/instrument/x-{_FIXED['@N@']}", self.page)]
        return [engine.query(fixed(text) + comment, accept_of(text)) for text in self.texts]

    def cold(self, engine: Engine) -> list[Request]:
        """Requests of which none is the same twice: other things, and a comment that is another each time."""
        if self.page:
            return [Request("/doc/instrument/x-@N@", self.page)]
        return [engine.query(f"{text}\n# @U@", accept_of(text)) for text in self.texts]


def fixed(text: str) -> str:
    """A query about one thing, always the same."""
    for mark, value in _FIXED.items():
        text = text.replace(mark, value)
    return text


def questions() -> list[Question]:
    """All of them, in the order of the table."""
    texts = {name: _text(name) for name in _NAMES}
    mix = [texts[name] for step in range(max(_MIX.values())) for name, times in _MIX.items() if step < times]
    return [
        *(Question(name.replace("-", " "), (text,)) for name, text in texts.items()),
        Question("mix", tuple(mix)),
        Question("page, HTML", page="text/html"),
        Question("page, Turtle", page="text/turtle"),
    ]


def _text(name: str) -> str:
    lines = (_FOLDER / f"{name}.rq").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("#+"))
