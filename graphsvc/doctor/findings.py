"""What a check found: a line for people, an object for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

_USER = re.compile(r"//[^/@\s]+@")


class Level(Enum):
    """How grave a finding is: all well, good to know, or something to mend."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """What one check found of its `subject`; `remedy` says what to do about it, and `facts` are for programs."""

    level: Level
    subject: str
    text: str
    remedy: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def counted(number: int, noun: str) -> str:
    """A number of things, such as `1 file` and `2,000 files`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def disguised(text: str) -> str:
    """The text without names and passwords in URLs: what is found is often sent to others."""
    return _USER.sub("//…@", text)


def ok(subject: str, text: str, **facts: Any) -> Finding:
    """All is well."""
    return Finding(Level.OK, subject, disguised(text), facts=facts)


def note(subject: str, text: str, remedy: str = "", **facts: Any) -> Finding:
    """Nothing is wrong, but it is good to know."""
    return Finding(Level.NOTE, subject, disguised(text), remedy, facts)


def wrong(subject: str, text: str, remedy: str, **facts: Any) -> Finding:
    """Something is wrong, and this is what to do."""
    return Finding(Level.WRONG, subject, f"{disguised(text).rstrip('.')}.", remedy, facts)


def status(findings: Sequence[Finding]) -> int:
    """The exit status: 0 where nothing is wrong, else 1."""
    return int(any(each.level is Level.WRONG for each in findings))


def as_text(findings: Sequence[Finding]) -> str:
    """One line for each finding: its level, its subject, what was found, and what to do about it."""
    width = max((len(each.subject) for each in findings), default=0)
    lines = []
    for each in findings:
        said = " ".join(f"{each.text} {each.remedy}".split())
        lines.append(f"{each.level.value:<5}  {each.subject:<{width}}  {said}\n")
    return "".join(lines)


def as_json(findings: Sequence[Finding]) -> str:
    """An object of `status` and `findings`, each with level, subject, text, remedy and facts."""
    told = [
        {
            "level": each.level.value,
            "subject": each.subject,
            "text": each.text,
            "remedy": each.remedy,
            "facts": each.facts,
        }
        for each in findings
    ]
    return json.dumps({"status": status(findings), "findings": told}, indent=2, ensure_ascii=False) + "\n"
