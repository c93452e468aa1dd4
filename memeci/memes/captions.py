"""Which caption, and its numbers filled in: a function of the commit, so the same run always tells the same joke."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from memeci.diagnosis import RULES, describe
from memeci.diagnosis.sentences import Number, fill, strip_fields
from memeci.memes.streak import count_streak
from memeci.memes.themes import Theme
from memeci.records import Evaluation, Finding, Incident, Record, Text

VALUE_MAX = 24
JOINER = "\u200d"  # holds an emoji of several people together
Item = TypeVar("Item")

# What the pictures say that are about no finding.
OWN_SENTENCES = {
    "pun": Text(en="Commit {commit}, read aloud", zh="把 commit {commit} 念出来"),
    "latte": Text(en="{streak} passing releases of {model} in a row", zh="{model} 连续 {streak} 次通过"),
    "shelf": Text(en="{streak} passing releases of {model} in a row", zh="{model} 连续 {streak} 次通过"),
    "hairline": Text(en="The hairline of {model}, release by release", zh="{model} 的发际线，一次发布一次战役"),
}


class Captions(msgspec.Struct, frozen=True):
    """What is written on the picture: ``headline`` big on top, ``footer`` below, ``slang`` in the mascot's bubble.

    ``spoken`` is the headline in both languages, for the alt text. ``words`` are the theme's own words in it, without the
    values from outside: a font must have those, while a label it lacks may be shown with question marks.
    """

    headline: str
    footer: str
    slang: str
    spoken: Text
    words: str


def build_captions(record: Record, finding: Finding, theme: Theme, mood: str, language: str) -> Captions:
    """Return the texts of a picture. With one language the footer is the finding's own sentence with its numbers."""
    seed = find_seed(record)
    slang_words = pick(theme.slang.get(mood, (("YYDS 👑", "the GOAT 👑"),)), seed, "slang")
    slang = slang_words[1] if language == "en" else slang_words[0]
    numbers = collect_numbers(record, finding, slang)
    captions = theme.findings[finding.kind].captions if finding.kind in theme.findings else ()
    sentence, words = describe_short(finding, record), find_sentence(finding)
    start = hash_seed(seed, finding.kind) % max(len(captions), 1)
    for caption in (*captions[start:], *captions[:start]):
        try:
            spoken = Text(en=fill(caption.en, numbers), zh=fill(caption.zh, numbers))
            lines = {"zh": (spoken.zh, sentence.zh), "en": (spoken.en, sentence.en)}
            both = fill(caption.both[0], numbers), fill(caption.both[1], numbers)
        except KeyError:  # a record of another version may lack a number this caption wants
            continue
        templates = {"zh": (caption.zh, words.zh), "en": (caption.en, words.en)}.get(language, caption.both)
        return Captions(*lines.get(language, both), slang, spoken, strip_fields("".join(templates)) + slang)
    lines = {"zh": (sentence.zh, ""), "en": (sentence.en, "")}
    return Captions(*lines.get(language, (sentence.zh, sentence.en)), slang, sentence, slang)


def describe_short(finding: Finding, record: Record) -> Text:
    """Return the finding's sentence with long values from outside (labels, commands) cut."""
    if finding.kind in OWN_SENTENCES:
        numbers = collect_numbers(record, finding, "")
        return Text(en=fill(OWN_SENTENCES[finding.kind].en, numbers), zh=fill(OWN_SENTENCES[finding.kind].zh, numbers))
    numbers = shorten_numbers(finding)
    return describe(Finding(finding.kind, finding.priority, numbers, finding.metric, finding.slice))


def find_sentence(finding: Finding) -> Text:
    """Return the sentence of a finding with its fields unfilled; empty for a kind of a newer version."""
    own = OWN_SENTENCES.get(finding.kind)
    rule = RULES.get(finding.kind)
    return own or (rule.sentence if rule else Text(en="", zh=""))


def collect_numbers(record: Record, finding: Finding, slang: str) -> dict[str, Number]:
    commit = record.candidate.commit if isinstance(record, Evaluation) else record.commit
    common: Mapping[str, Number] = {"model": shorten(record.model), "slang": slang, "commit": (commit or "")[:7]}
    if isinstance(record, Evaluation):
        common = {**common, "streak": count_streak(record)}
    if isinstance(record, Evaluation) and record.docker_tag is not None:
        common = {**common, "tag": record.docker_tag.tag, "hanzi": record.docker_tag.hanzi}
    return {**common, **shorten_numbers(finding)}


def shorten_numbers(finding: Finding) -> dict[str, Number]:
    """Return the numbers of a finding, its texts cut: a line of a log or a reason may be longer than a label."""
    limits = {"last": 60, "command": 40, "reason": 80}
    return {n: shorten(v, limits.get(n, VALUE_MAX)) if isinstance(v, str) else v for n, v in finding.numbers.items()}


def find_seed(record: Record) -> str:
    """Return what the choice of words hangs on: the commit, or where there is none the data it was measured on."""
    if isinstance(record, Incident):
        return record.commit or record.model
    return record.candidate.commit or record.dataset.digest or record.model


def pick(items: Sequence[Item], seed: str, salt: str) -> Item:
    return items[hash_seed(seed, salt) % len(items)]


def hash_seed(seed: str, salt: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{salt}\0{seed}".encode()).digest()[:8], "big")


def shorten(text: str, limit: int = VALUE_MAX) -> str:
    """Return text from outside as one line of at most ``limit`` characters, without control or direction characters."""
    clean = " ".join("".join(c if c.isprintable() or c == JOINER else " " for c in text[: 4 * limit + 64]).split())
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
