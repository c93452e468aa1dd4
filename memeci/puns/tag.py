"""Commit to Docker tag and back: `<pun>.<slang>.g<first twelve digits>`. Pure; whether the commit exists is for git to say."""

from __future__ import annotations

import enum
import functools
import re
from collections.abc import Collection, Sequence

import msgspec

from memeci.errors import DataError
from memeci.puns.leet import weave_leet
from memeci.puns.lexicon import Entry, load_compiled
from memeci.puns.manners import Censor, Manners
from memeci.puns.reading import Reader, Segment, load_reader
from memeci.records import DEFAULT_THEME, DockerTag

# Twelve hex digits are 48 bits: docs/decisions/0007 has the arithmetic and why git's seven are not enough.
PREFIX_DIGITS = 12
COMMIT = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")
_TAG = re.compile(r"(?P<words>[a-z0-9]+(?:-[a-z0-9]+)*)\.(?P<slang>[a-z0-9]+)\.g(?P<prefix>[0-9a-f]{7,64})\Z")
_FULL = re.compile(r"sha-(?P<prefix>[0-9a-f]{40}|[0-9a-f]{64})\Z")
# Read where everything else is excluded.
_LAST_RESORT = Entry(hanzi="提交", slug="ti-jiao", pinyin="tí jiāo", gloss="a commit", tone="plain")


class Style(enum.Enum):
    """PUN is pinyin (wo-ai-ni…), LEET weaves words through the digits (b16e8s3c0mm1t…)."""

    PUN = "pun"
    LEET = "leet"


class DecodedTag(msgspec.Struct, frozen=True):
    """What a tag says by itself: the commit's first digits, and the words in front of them ("" for a sha- tag)."""

    tag: str
    prefix: str
    words: str = ""
    slang: str = ""


class Explanation(msgspec.Struct, frozen=True):
    """How the hash is read: every segment of it, and the stretch of them that makes the pun."""

    commit: str
    docker_tag: DockerTag
    segments: tuple[Segment, ...]
    pun: tuple[Segment, ...]


def build_docker_tag(
    commit: str,
    *,
    theme: str = DEFAULT_THEME,
    exclude: Collection[str] = (),
    style: Style = Style.PUN,
    manners: Manners = Manners.POLITE,
) -> DockerTag:
    """Return the tag of a full commit hash (40 or 64 hex digits), and how to read it in hanzi, pinyin and English.

    Deterministic: the same commit, theme and exclusion give the same tag on every machine. At most 63 characters of [a-z0-9.-].
    A theme without a word list of its own takes memeops'. Raises DataError for anything but a full hash.
    """
    if COMMIT.match(commit) is None:
        commit = parse_commit(commit)
    excluded = frozenset(exclude)
    reader = load_reader(excluded, manners)
    return _build_tag(commit, reader, reader.find_pun(commit), _load_slang(theme, excluded, manners), style)


def explain_commit(
    commit: str,
    *,
    theme: str = DEFAULT_THEME,
    exclude: Collection[str] = (),
    style: Style = Style.PUN,
    manners: Manners = Manners.POLITE,
) -> Explanation:
    """Return the tag with the reading of the whole hash."""
    commit = parse_commit(commit)
    reader = load_reader(frozenset(exclude), manners)
    return Explanation(
        commit=commit,
        docker_tag=build_docker_tag(commit, theme=theme, exclude=exclude, style=style, manners=manners),
        segments=tuple(reader.read(commit)),
        pun=tuple(reader.find_pun(commit)),
    )


def explain_tag(commit: str, decoded: DecodedTag, exclude: Collection[str] = ()) -> Explanation | None:
    """Return the reading that gives exactly this tag, trying every theme, style and manners; None if the words are not of our making."""
    for theme in load_compiled().slang:
        for style in Style:
            for manners in Manners:
                explanation = explain_commit(commit, theme=theme, exclude=exclude, style=style, manners=manners)
                if explanation.docker_tag.tag == decoded.tag:
                    return explanation
    return None


def decode_tag(tag: str) -> DecodedTag:
    """Return what is in a tag, also one with its image in front ("ghcr.io/me/app:wo-ai-ni…"). Raises DataError for another tag."""
    bare = tag.strip().partition("@")[0].rpartition("/")[2].rpartition(":")[2]
    match = _TAG.match(bare) or _FULL.match(bare)
    if match is None or len(bare) > 128:
        raise DataError(
            f'"{tag[:140]}" is no tag of memeci.',
            "it should look like wo-ai-ni-yi-sheng-yi-shi.taikula.g520131400000, or sha- and the whole hash.",
            "memeci docker-tag",
        )
    parts = match.groupdict()
    return DecodedTag(tag=bare, prefix=parts["prefix"], words=parts.get("words") or "", slang=parts.get("slang") or "")


def parse_commit(text: str) -> str:
    """Return a full hash in lower case. Raises DataError for anything else."""
    commit = text.strip().lower()
    if COMMIT.match(commit) is None:
        raise DataError(
            f'"{text.strip()[:80]}" is no full commit hash.',
            "the pun is read from all 40 (or 64) hexadecimal digits; an abbreviation would give another one.",
            "git rev-parse HEAD",
        )
    return commit


def load_themes() -> tuple[str, ...]:
    """Return the themes with words of their own."""
    return tuple(load_compiled().slang)


def _build_tag(commit: str, reader: Reader, pun: Sequence[Segment], slang: Sequence[Entry], style: Style) -> DockerTag:
    # The last eight digits choose the word: they are outside the prefix, so the word adds to what tells two tags apart.
    word = slang[int(commit[-8:], 16) % len(slang)]
    entries = [segment.entry for segment in pun] or [_LAST_RESORT]
    slug = "-".join([entry.slug for entry in entries]) if style is Style.PUN else weave_leet(commit, reader.censor)
    entries.append(word)
    return DockerTag(
        f"{slug}.{word.slug}.g{commit[:PREFIX_DIGITS]}",
        "，".join([entry.hanzi for entry in entries]),
        ", ".join([entry.pinyin for entry in entries]),
        " · ".join([entry.gloss for entry in entries]),
    )


@functools.lru_cache(maxsize=64)
def _load_slang(theme: str, exclude: frozenset[str], manners: Manners) -> tuple[Entry, ...]:
    themes = load_compiled().slang
    censor = Censor(exclude, manners)
    words = tuple(word for word in themes.get(theme, themes[DEFAULT_THEME]) if censor.allows_entry(word))
    return words or (_LAST_RESORT_SLANG,)


_LAST_RESORT_SLANG = Entry(hanzi="嗯", slug="en", pinyin="èn", gloss="mm-hm", tone="plain")
