"""How to cite the dataset: of what its own settings say, and of nothing else."""

from __future__ import annotations

import re

from graphsvc.settings import Settings

# https://ctan.org/pkg/biblatex writes them as commands or not at all.
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: "\\" + sign for sign in "&%$#_{}"},
}


def citation(settings: Settings, version: str) -> str:
    """One line: publisher, year of issue, title, version and IRI, as far as they are known."""
    year = f" ({settings.issued[:4]})" if settings.issued else ""
    head = (
        f"{settings.publisher}{year}. {settings.title}" if settings.publisher else f"{settings.title}{year}"
    )
    return f"{head}. Version {version}. Dataset. {settings.base}/dataset"


def bibtex(settings: Settings, version: str) -> str:
    """The same as an entry for BibTeX and biblatex. https://ctan.org/pkg/bibtex"""
    fields = {
        "title": f"{{{_escaped(settings.title)}}}",
        "publisher": _escaped(settings.publisher),
        "year": settings.issued[:4],
        "date": settings.issued,
        "version": _escaped(version),
        "url": re.sub(r"[{}\\%]", lambda sign: f"\\{sign[0]}" if sign[0] == "%" else "", _address(settings)),
        "note": f"Dataset, version {_escaped(version)}",
    }
    given = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@misc{{{_key(settings)},\n{given}\n}}"


def _address(settings: Settings) -> str:
    return f"{settings.base}/dataset"


def _key(settings: Settings) -> str:
    words = re.findall(r"[a-z0-9]+", settings.title.lower())
    return "-".join(words) or "dataset"


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(sign, sign) for sign in " ".join(text.split()))
