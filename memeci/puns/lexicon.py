"""The compiled lexicon as a run sees it: entries, spellings, slang. Loaded once; knows no YAML and no pypinyin."""

from __future__ import annotations

import functools
from pathlib import Path

import msgspec

COMPILED = Path(__file__).with_name("compiled.json")

# Pun, slang, "g" and twelve digits, two dots: a tag stays within the 63 characters of a Kubernetes label value.
MAX_SLANG_LENGTH = 15
MAX_PUN_LENGTH = 33


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """Something that can be read aloud. ``slug`` is toneless pinyin with hyphens (slang: without), ``pinyin`` has tone marks."""

    hanzi: str
    slug: str
    pinyin: str
    gloss: str
    tone: str


class Rudeness(msgspec.Struct, frozen=True):
    """What may not be read across two idioms: ``syllables`` as hyphenated pinyin, ``latin`` in leetspeak."""

    syllables: list[str]
    latin: list[str]


class Compiled(msgspec.Struct, frozen=True):
    """compiled.json. ``codes`` maps hex digits to (entry number, weight), best first; ``leet`` a word's hex digits to words."""

    entries: list[Entry]
    codes: dict[str, list[tuple[int, int]]]
    fillers: dict[str, Entry]
    slang: dict[str, list[Entry]]
    rudeness: Rudeness
    leet: dict[str, list[str]]


@functools.cache
def load_compiled() -> Compiled:
    """Return the lexicon; read from disk on the first call."""
    return msgspec.json.decode(COMPILED.read_bytes(), type=Compiled)
