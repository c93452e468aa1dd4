"""What must not be read: the polite list, and the words a user excludes. Knows nothing of hashes."""

from __future__ import annotations

import enum
import re
import unicodedata
from collections.abc import Collection, Iterable

from memeci.puns.lexicon import Entry, load_compiled


class Manners(enum.Enum):
    """POLITE leaves out what would embarrass a company (the default); FRANK reads what the hash says."""

    POLITE = "polite"
    FRANK = "frank"


class Censor:
    """Says whether a reading may be shown. ``exclude`` holds hanzi, pinyin (with or without tones) or hex spellings."""

    def __init__(self, exclude: Collection[str], manners: Manners) -> None:
        terms = [term for term in (_normalise(term) for term in exclude) if term]
        self.codes = {term for term in terms if term.isalnum()}
        self.hanzi = [term for term in terms if not term.isascii()]
        self.solid = {term.replace("-", "") for term in terms}
        self.manners = manners
        rude = load_compiled().rudeness.syllables if manners is Manners.POLITE else []
        self.syllables = _compile_syllables([*rude, *(term for term in terms if term.isascii())])

    def allows_entry(self, entry: Entry) -> bool:
        """Return whether the entry may be read at all."""
        if self.manners is Manners.POLITE and entry.tone == "rude":
            return False
        return entry.slug.replace("-", "") not in self.solid and self.allows(entry.slug, _normalise(entry.hanzi))

    def allows(self, slug: str, hanzi: str) -> bool:
        """Return whether this text may be read, also where two idioms meet."""
        if self.syllables is not None and self.syllables.search(slug):
            return False
        return not any(term in hanzi for term in self.hanzi)


def _normalise(text: str) -> str:
    """Return lower case without tone marks, syllables joined by hyphens: "Qù sǐ " gives "qu-si"."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))
    return "-".join(bare.replace("-", " ").split())


def _compile_syllables(terms: Iterable[str]) -> re.Pattern[str] | None:
    alternatives = "|".join(re.escape(term) for term in dict.fromkeys(terms))
    return re.compile(f"(?:^|-)(?:{alternatives})(?:-|$)") if alternatives else None
