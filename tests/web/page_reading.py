"""A page as a test looks at it: its links, headings, identifiers, texts by language."""

from __future__ import annotations

from html.parser import HTMLParser
from itertools import pairwise

import html5rdf

VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())


class Page(HTMLParser):
    """What there is on an HTML page. Elements are (name, attributes); texts are (language, text)."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self.headings: list[tuple[int, str]] = []
        self._languages = [""]
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        if tag not in VOID:
            self._open.append(tag)
            self._languages.append(attributes.get("lang", self._languages[-1]))
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.headings.append((int(tag[1]), ""))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> ends nothing"
        assert self._open[-1] == tag, f"</{tag}> where <{self._open[-1]}> is open"
        self._open.pop()
        self._languages.pop()

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self._languages[-1], data.strip()))
            if any(tag in self._open for tag in ("h1", "h2", "h3", "h4", "h5", "h6")):
                level, text = self.headings[-1]
                self.headings[-1] = (level, f"{text} {data.strip()}".strip())

    @property
    def text(self) -> str:
        """All text."""
        return " ".join(text for _, text in self.texts)

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of every element of that name."""
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def title(self) -> tuple[str, str]:
        """Language and text of the first-level heading."""
        text = next(text for level, text in self.headings if level == 1)
        return next((language, text) for language, found in self.texts if found == text and language != "")


def read_page(html: str) -> Page:
    """The page. Fails on a parse error of the HTML standard, a repeated id, a skipped heading level."""
    html5rdf.HTMLParser(strict=True).parse(html)
    page = Page(html)
    identifiers = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(identifiers) == len(set(identifiers)), "an id stands twice"
    levels = [level for level, _ in page.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels
    return page
