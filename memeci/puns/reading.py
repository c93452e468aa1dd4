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
DIGITS = "0123456789abcdef"
END = "~"

Option = tuple[int, str, int, Entry]  # length, what follows the first three digits, points, entry


class Segment(NamedTuple):
    """A stretch ``[start, end)`` of the hash and how it is read. ``points`` is 0 for a digit that is merely named."""

    start: int
    end: int
    entry: Entry
    points: int


class Reader:
    """Reads hashes with the entries a censor allows. Built once for each exclusion; ``read`` is the hot path."""

    def __init__(self, censor: Censor) -> None:
        self.censor = censor
        compiled = load_compiled()
        allowed = [censor.allows_entry(entry) for entry in compiled.entries]
        self.index: dict[str, list[Option]] = {}
        for code, readings in compiled.codes.items():
            for number, weight in readings:
                if allowed[number] and code not in censor.codes:
                    self._add(code, len(code) ** 3 * weight, compiled.entries[number])
                    break
        for options in self.index.values():
            options.sort(key=lambda option: -option[0])
        self.fillers = compiled.fillers

    def _add(self, code: str, points: int, entry: Entry) -> None:
        heads = [code[:3]] if len(code) > 2 else [code + digit for digit in DIGITS + END]
        for head in heads:
            self.index.setdefault(head, []).append((len(code), code[3:], points, entry))

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
        index, n = self.index, len(commit)
        best = [0] * (n + 1)
        chosen: list[Option | None] = [None] * n
        padded = commit + END
        for i in range(n - 1, -1, -1):
            points = best[i + 1] - FILLER_COST
            options = index.get(padded[i : i + 3])
            if options is not None:
                for option in options:
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
    """Return the reader for this exclusion; building one takes a few milliseconds."""
    return Reader(Censor(exclude, manners))
