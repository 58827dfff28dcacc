"""How many slips of the keyboard two words are apart."""

from __future__ import annotations


def slips(one: str, other: str, most: int) -> int:
    """The least number of letters put in, left out, changed, or swapped with their neighbour; `most` + 1 for more.

    It is the optimal string alignment distance, and takes time in proportion to the product of the lengths.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > most and (i == 1 or min(before) > most):
            return most + 1
    return min(row[-1], most + 1)


def allowed(word: str) -> int:
    """How many slips a word may have: none in a short one or in one with digits, where each tells."""
    if len(word) < 4 or any(sign.isdigit() for sign in word):
        return 0
    return 1 if len(word) < 7 else 2
