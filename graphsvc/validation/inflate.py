"""gzip undone with a count, so that a small upload cannot become a large one."""

from __future__ import annotations

import zlib

from graphsvc.errors import IncompleteBody, TooLarge

_GZIP = 16 + zlib.MAX_WBITS


def gunzip(packed: bytes, max_bytes: int, name: str) -> bytes:
    """The content of a gzip file, all its members; `name` is what errors call it.

    Raises TooLarge as soon as there is a byte more than `max_bytes`, and IncompleteBody where the file is cut
    short or is none. https://www.rfc-editor.org/rfc/rfc1952
    """
    parts: list[bytes] = []
    left = max_bytes
    while True:
        inflating = zlib.decompressobj(_GZIP)
        try:
            part = inflating.decompress(packed, left + 1)
        except zlib.error:
            raise IncompleteBody(f"{name} is no gzip file, or a broken one.") from None
        if len(part) > left:
            raise TooLarge(f"{name} is longer than the limit of {max_bytes:,} bytes when unpacked.")
        if not inflating.eof:
            raise IncompleteBody(f"{name} ends before its gzip data do.")
        parts.append(part)
        left -= len(part)
        packed = inflating.unused_data
        if not packed.strip(b"\0"):
            return b"".join(parts)
