"""When an answer is no longer held back: once it is whole, too large, or sure to become too large.

An answer that is held back until it is whole has its true status, whatever becomes of it. One that would be too
large to hold before its time is up, if it goes on as it does, could not have that anyway: holding it longer keeps
its reader from the first rows, and gains nothing unless it ends soon.
"""

from __future__ import annotations

import time

# A short answer is held whatever its pace, and nothing is known of the pace before so many seconds.
FLOWING = 0.025
# The part of what may be held that is a short answer: of 16 MB, 256 kB.
SHORT_PART = 64


class Holding:
    """Decides for one answer, part by part, whether it is held back any longer.

    Up to `most` bytes are. With `seconds`, which the whole answer has from now on, they are held no longer than it
    takes to see that it will not be whole within `most` bytes and that time.
    """

    def __init__(self, most: int, seconds: float | None = None) -> None:
        self._most = most
        self._until = None if seconds is None else time.monotonic() + seconds
        self._size = self._first = 0
        self._began = 0.0

    def goes_on(self, more: int) -> bool:
        """Whether it is held still, with so many bytes more."""
        now = time.monotonic()
        if not self._size:
            # Nobody knows how long these took.
            self._first, self._began = more, now
        self._size += more
        if self._size > self._most:
            return False
        flowed = now - self._began
        if self._until is None or self._size < self._most // SHORT_PART or flowed < FLOWING:
            return True
        pace = (self._size - self._first) / flowed
        return self._size + pace * (self._until - now) <= self._most
