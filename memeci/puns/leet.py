"""The leet form: words woven through a hash's first digits, as in b16e8s3c0mm1t. Without g to z it is the commit again."""

from __future__ import annotations

import re

from memeci.puns.lexicon import MAX_PUN_LENGTH, load_compiled
from memeci.puns.manners import Censor, Manners

WOVEN_DIGITS = 9
_LETTERS = str.maketrans("0134578", "oieastb")
_PUT_IN = re.compile("[g-z]")


def weave_leet(commit: str, censor: Censor) -> str:
    """Return the first nine digits of ``commit`` with letters g to z put in so that words appear; bare digits where none fits."""
    head = commit[:WOVEN_DIGITS]
    pieces = _choose_words(head, int(commit[-4:], 16), censor)
    while len("".join(pieces)) > MAX_PUN_LENGTH or _spells_rudeness(pieces, censor):
        longest = max(pieces, key=len)
        pieces[pieces.index(longest)] = unweave_leet(longest)
        if "".join(pieces) == head:
            break
    return "".join(pieces)


def unweave_leet(text: str) -> str:
    """Return the digits of the hash in a leet form."""
    return _PUT_IN.sub("", text)


def _choose_words(head: str, seed: int, censor: Censor) -> list[str]:
    """Return the cover of ``head`` by words and bare digits with the largest sum of cubed word lengths (in hex digits)."""
    skeletons = load_compiled().leet
    n = len(head)
    best: list[tuple[int, list[str]]] = [(0, [])] * (n + 1)
    for i in range(n - 1, -1, -1):
        points, pieces = best[i + 1]
        best[i] = (points - 1, [head[i], *pieces])
        for end in range(i + 2, n + 1):
            words = [word for word in skeletons.get(head[i:end], ()) if censor.allows(word, "") and word not in censor.codes]
            if words and best[end][0] + (end - i) ** 3 > best[i][0]:
                best[i] = (best[end][0] + (end - i) ** 3, [words[seed % len(words)], *best[end][1]])
    return best[0][1]


def _spells_rudeness(pieces: list[str], censor: Censor) -> bool:
    """Return whether a rude word appears across two pieces; inside one word of ours ("shell") it is innocent."""
    text = "".join(pieces).translate(_LETTERS)
    rude = [*(load_compiled().rudeness.latin if censor.manners is Manners.POLITE else ()), *(t for t in censor.solid if t.isascii())]
    borders = [0]
    for piece in pieces:
        borders.append(borders[-1] + len(piece))
    for word in rude:
        start = text.find(word)
        while start >= 0:
            if any(start < border < start + len(word) for border in borders):
                return True
            start = text.find(word, start + 1)
    return False
