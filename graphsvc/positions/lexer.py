"""The tokens of Turtle, TriG, N-Triples and N-Quads in a document that has been parsed before.

It tells good tokens apart and checks none. No pattern goes back over what it has read.
https://www.w3.org/TR/turtle/#sec-grammar-grammar
"""

from __future__ import annotations

import re

# What may stand in names beside dots and escapes; every byte of a character outside ASCII may.
_NAME = rb"A-Za-z0-9_\-\x80-\xff"
_LOCAL = rb"A-Za-z0-9_:%\-\x80-\xff"
_PREFIX = rb"(?:[A-Za-z\x80-\xff](?:[" + _NAME + rb"]++|\.++(?=[" + _NAME + rb":]))*+)?+"
_KINDS = {
    "long": rb'"""[^"\\]*+(?:(?:\\.|"{1,2}+(?!"))[^"\\]*+)*+"""'
    rb"|'''[^'\\]*+(?:(?:\\.|'{1,2}+(?!'))[^'\\]*+)*+'''",
    "short": rb'"[^"\\\r\n]*+(?:\\.[^"\\\r\n]*+)*+"' rb"|'[^'\\\r\n]*+(?:\\.[^'\\\r\n]*+)*+'",
    "iri": rb"<[^\x00-\x20<>]*+>",
    "blank": rb"_:(?:[" + _NAME + rb"]++|\.++(?=[" + _NAME + rb"]))++",
    "prefixed": _PREFIX
    + rb":(?:(?:[A-Za-z0-9_:%\x80-\xff]|\\.)(?:["
    + _LOCAL
    + rb"]++|\\.|\.++(?=["
    + _LOCAL
    + rb"\\]))*+)?+",
    "number": rb"[+-]?+(?:[0-9]*+\.[0-9]++(?:[eE][+-]?+[0-9]++)?+"
    rb"|[0-9]++\.[eE][+-]?+[0-9]++|[0-9]++(?:[eE][+-]?+[0-9]++)?+)",
    "word": rb"[A-Za-z]++",
    "tag": rb"@[A-Za-z0-9\-]++",
    "sign": rb"\^\^|[\[\](){},;.]",
    "comment": rb"#[^\r\n]*+",
}
TOKEN = re.compile(
    rb"[ \t\r\n]*+(?:"
    + b"|".join(b"(?P<" + kind.encode() + b">" + pattern + b")" for kind, pattern in _KINDS.items())
    + b")",
    re.DOTALL,
)
BLANKS = re.compile(rb"[ \t\r\n]*+")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_CHARACTERS = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}


def unescape(text: str) -> str:
    """The text that escapes stand for. https://www.w3.org/TR/turtle/#sec-escapes"""

    def character(found: re.Match[str]) -> str:
        code = found[1] or found[2]
        if code is None:
            return _CHARACTERS.get(found[3], found[3])
        number = int(code, 16)
        return chr(number) if number <= 0x10FFFF else found[0]

    return _ESCAPE.sub(character, text) if "\\" in text else text


def quoted(token: bytes) -> str:
    """What a string token says."""
    width = 3 if token[:3] in (b'"""', b"'''") and len(token) >= 6 else 1
    return unescape(token[width:-width].decode("utf-8", "replace"))
