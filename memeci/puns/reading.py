"""The best reading of a whole hash, by dynamic programming, and the stretch of it that makes the pun. Pure."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

from memeci.puns.lexicon import MAX_PUN_LENGTH, Entry, load_compiled
from memeci.puns.manners import Censor, Manners

# A digit outside every idiom costs one point; an idiom earns length³ × weight, so that one long idiom beats two short ones.
FILLER_COST = 1
MAX_IDIOMS = 3
END = "~"

Option = tuple[int, str, int, Entry]  # length, what follows the first three digits, points, entry


class Segment(NamedTuple):
    """A stretch ``[start, end)`` of the hash and how it is read. ``points`` is 0 for a digit that is merely named."""

    start: int
    end: int
    entry: Entry
    points: int


class Options(dict[str, list[Option]]):
    """What may be read at a place, longest first, by the three digits there; END is one, too.

    Filled as it is asked: one hash needs forty places of four thousand, and going through all idioms takes milliseconds.
    """

    def __init__(self, censor: Censor) -> None:
        super().__init__()
        self._censor = censor
        self._compiled = load_compiled()
        self._codes: dict[str, list[str]] = {}
        for code in self._compiled.codes:
            self._codes.setdefault(code[:2], []).append(code)

    def __missing__(self, head: str) -> list[Option]:
        codes = [code for code in self._codes.get(head[:2], ()) if len(code) == 2 or code.startswith(head)]
        found = (self._find(code) for code in codes if code not in self._censor.codes)
        options = sorted((option for option in found if option is not None), key=lambda option: -option[0])
        self[head] = options
        return options

    def _find(self, code: str) -> Option | None:
        """Return the best entry for ``code`` that may be read."""
        for number, weight in self._compiled.codes[code]:
            entry = self._compiled.entries[number]
            if self._censor.allows_entry(entry):
                return len(code), code[3:], len(code) ** 3 * weight, entry
        return None


class Reader:
    """Reads hashes with the entries a censor allows. Built once for each exclusion; ``read`` is the hot path."""

    def __init__(self, censor: Censor) -> None:
        self.censor = censor
        self.options = Options(censor)
        self.fillers = load_compiled().fillers

    def read(self, commit: str) -> list[Segment]:
        """Return the segments of the best reading, left to right, without gaps. The longer idiom wins a tie."""
        chosen = self._choose(commit)
        segments = []
        position = 0
        while position < len(commit):
            option = chosen[position]
            if option is None:
                segments.append(Segment(position, position + 1, self.fillers[commit[position]], 0))
                position += 1
            else:
                segments.append(Segment(position, position + option[0], option[3], option[2]))
                position += option[0]
        return segments

    def find_pun(self, commit: str) -> list[Segment]:
        """Return the best idiom of the reading with the idioms that touch it, as far as they fit in a tag; [] if there is none."""
        idioms = self._read_idioms(commit)
        return self._grow(idioms) if idioms else []

    def _choose(self, commit: str) -> list[Option | None]:
        """Return for each position the option that starts the best reading of the rest, None for a mere digit."""
        known, n = self.options, len(commit)
        best = [0] * (n + 1)
        chosen: list[Option | None] = [None] * n
        padded = commit + END
        for i in range(n - 1, -1, -1):
            points = best[i + 1] - FILLER_COST
            for option in known[padded[i : i + 3]]:
                length, tail = option[0], option[1]
                if tail and not commit.startswith(tail, i + 3):
                    continue
                candidate = best[i + length] + option[2]
                if candidate > points:
                    points = candidate
                    chosen[i] = option
            best[i] = points
        return chosen

    def _read_idioms(self, commit: str) -> list[Segment]:
        chosen = self._choose(commit)
        idioms = []
        position, n = 0, len(commit)
        while position < n:
            option = chosen[position]
            if option is None:
                position += 1
                continue
            end = position + option[0]
            idioms.append(Segment(position, end, option[3], option[2]))
            position = end
        return idioms

    def _grow(self, idioms: Sequence[Segment]) -> list[Segment]:
        low = max(range(len(idioms)), key=lambda i: idioms[i].points)
        high = low + 1
        while high - low < MAX_IDIOMS:
            left = low > 0 and idioms[low - 1].end == idioms[low].start
            right = high < len(idioms) and idioms[high - 1].end == idioms[high].start
            if left and right:
                sides = [(low - 1, high), (low, high + 1)]
                if idioms[high].points >= idioms[low - 1].points:
                    sides.reverse()
            else:
                sides = [(low - 1, high)] if left else [(low, high + 1)] if right else []
            for side in sides:
                if self._fits(idioms[side[0] : side[1]]):
                    low, high = side
                    break
            else:
                break
        return list(idioms[low:high])

    def _fits(self, idioms: Sequence[Segment]) -> bool:
        slug = "-".join([idiom.entry.slug for idiom in idioms])
        return len(slug) <= MAX_PUN_LENGTH and self.censor.allows(slug, "".join([idiom.entry.hanzi for idiom in idioms]))


@functools.lru_cache(maxsize=16)
def load_reader(exclude: frozenset[str], manners: Manners) -> Reader:
    """Return the reader for this exclusion: what it has looked up for one hash serves the next."""
    return Reader(Censor(exclude, manners))
