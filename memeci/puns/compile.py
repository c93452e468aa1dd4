"""Turn the YAML files people edit into compiled.json, which a run reads: `python -m memeci.puns.compile [--check]`.

The only module that knows pypinyin and the YAML files. A run never imports it: both cost 0.4 s, the compiled file 10 ms.
pypinyin comes with the extra `puns`.
Every entry is checked on the way: each digit must be able to stand for its syllable by homophones.yaml, and each syllable must
be a reading of its hanzi by pypinyin.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from memeci.puns.lexicon import COMPILED, MAX_PUN_LENGTH, MAX_SLANG_LENGTH, Compiled, Entry, Rudeness

SOURCES = Path(__file__).parent
TONES = {"tender", "lucky", "cheeky", "work", "food", "sad", "angry", "plain", "rude"}
KEYS = {"code", "hanzi", "tone", "gloss", "pinyin"}

# How much a spelling counts: people write it; it sounds right; it only looks right.
WEIGHT_WRITTEN, WEIGHT_SOUND, WEIGHT_LOOK = 3, 2, 1
# Longer phrases have hundreds of spellings that one hash in a billion holds; there only the written one is kept.
MAX_DERIVED_LENGTH = 6

UNCHANGED_TONES = {"一": "yī", "不": "bù"}

Table = Mapping[str, Mapping[str, Any]]


class LexiconFault(ValueError):
    """An entry of a YAML file that is wrong, with the reason."""


def main(arguments: list[str]) -> int:
    """Write compiled.json; with ``--check`` only say whether it is what the YAML files give (exit 1 if not)."""
    data = encode_compiled(build_compiled(SOURCES))
    if "--check" in arguments:
        current = COMPILED.read_bytes() == data
        print("up to date" if current else "stale: run python -m memeci.puns.compile")
        return 0 if current else 1
    COMPILED.write_bytes(data)
    print(f"{COMPILED.name}: {len(data):,} bytes")
    return 0


def encode_compiled(compiled: Compiled) -> bytes:
    """Return the bytes of compiled.json: one key a line, so that a change shows as one in a diff."""
    return msgspec.json.format(msgspec.json.encode(compiled, order="deterministic"), indent=1) + b"\n"


def build_compiled(folder: Path) -> Compiled:
    """Return everything a run needs, from the YAML files in ``folder``. Raises LexiconFault for the first entry that is wrong."""
    table = _read_yaml(folder / "homophones.yaml")
    lexicon = _read_yaml(folder / "lexicon.yaml")
    _teach_phrases(lexicon.pop("phrases"))
    entries, spellings = _build_entries(lexicon, table)
    polite = _read_yaml(folder / "polite.yaml")
    return Compiled(
        entries=entries,
        codes=_choose_readings(spellings),
        fillers={digit: _build_filler(row["filler"]) for digit, row in table.items()},
        slang={theme: [_build_slang(item) for item in items] for theme, items in _read_yaml(folder / "slang.yaml").items()},
        rudeness=Rudeness(syllables=[s.replace(" ", "-") for s in polite["syllables"]], latin=polite["latin"]),
        leet=build_leet(_read_yaml(folder / "leet.yaml")),
    )


def _read_yaml(path: Path) -> dict[str, Any]:
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    return dict(tree)


def _teach_phrases(phrases: Mapping[str, str]) -> None:
    from pypinyin import load_phrases_dict

    load_phrases_dict({hanzi: [[syllable] for syllable in pinyin.split()] for hanzi, pinyin in phrases.items()})


def _build_entries(lexicon: Mapping[str, list[dict[str, str]]], table: Table) -> tuple[list[Entry], list[tuple[str, int, int]]]:
    """Return the entries, and their spellings as (code, weight, entry number)."""
    entries: list[Entry] = []
    spellings: list[tuple[str, int, int]] = []
    for section, items in lexicon.items():
        for item in items:
            entry = _build_entry(item)
            if section == "words":
                codes: Iterable[tuple[str, int]] = [(item["code"], _weigh_word(item["code"]))]
            else:
                codes = _spell(item, entry.slug.split("-"), table, derive=section == "puns")
            spellings += [(code, weight, len(entries)) for code, weight in codes]
            entries.append(entry)
    return entries, spellings


def _weigh_word(code: str) -> int:
    """Return how much a hex word counts: "bad" is one, "c07" needs good will."""
    return WEIGHT_WRITTEN if code.isalpha() or len(code) > 3 else WEIGHT_SOUND


def _build_entry(item: dict[str, str]) -> Entry:
    if set(item) - KEYS or item.get("tone") not in TONES or not item.get("gloss"):
        raise LexiconFault(f"{item}: needs hanzi, gloss and one of the tones {', '.join(sorted(TONES))}; may have code and pinyin.")
    pinyin = item.get("pinyin") or read_pinyin(item["hanzi"])
    check_pinyin(item["hanzi"], pinyin)
    slug = strip_tones(pinyin)
    if len(slug) > MAX_PUN_LENGTH:
        raise LexiconFault(f"{item['hanzi']}: {slug} is longer than {MAX_PUN_LENGTH} characters.")
    return Entry(hanzi=item["hanzi"], slug=slug, pinyin=pinyin, gloss=item["gloss"], tone=item["tone"])


def _spell(item: dict[str, str], syllables: list[str], table: Table, *, derive: bool) -> Iterator[tuple[str, int]]:
    """Yield (code, weight) for every spelling the homophone table allows; the written one first."""
    choices = [_find_digits(syllable, table) for syllable in syllables]
    code = item.get("code", "")
    if code:
        if len(code) != len(syllables) or any(digit not in choice for digit, choice in zip(code, choices, strict=True)):
            raise LexiconFault(f"{code} cannot be read {' '.join(syllables)} ({item['hanzi']}) by homophones.yaml.")
        yield code, WEIGHT_WRITTEN
    if not all(choices):
        silent = [s for s, choice in zip(syllables, choices, strict=True) if not choice]
        raise LexiconFault(f"{item['hanzi']}: no digit can be read {', '.join(silent)}.")
    if derive and len(syllables) <= MAX_DERIVED_LENGTH and len(syllables) > 1:
        for digits in itertools.product(*choices):
            derived = "".join(digits)
            if derived != code:
                yield derived, min(choice[digit] for digit, choice in zip(digits, choices, strict=True))


def _find_digits(syllable: str, table: Table) -> dict[str, int]:
    """Return the digits that can stand for ``syllable``, with their weights."""
    digits = {}
    for digit, row in table.items():
        if syllable in row["name"] or syllable in row["near"]:
            digits[digit] = WEIGHT_SOUND
        elif syllable in row.get("look", ()):
            digits[digit] = WEIGHT_LOOK
    return digits


def _choose_readings(spellings: list[tuple[str, int, int]]) -> dict[str, list[tuple[int, int]]]:
    """Return code -> [(entry number, weight)], best first: the runner-up reads where the first is excluded.

    Two entries written with one code is a mistake in the file.
    """
    codes: dict[str, list[tuple[int, int]]] = {}
    for code, weight, number in spellings:
        codes.setdefault(code, []).append((number, weight))
    for code, readings in codes.items():
        readings.sort(key=lambda reading: (-reading[1], reading[0]))
        if sum(weight == WEIGHT_WRITTEN for _, weight in readings) > 1:
            raise LexiconFault(f"{code} is the written code of two entries.")
    return {code: readings[:3] for code, readings in sorted(codes.items())}


def _build_filler(hanzi: str) -> Entry:
    pinyin = read_pinyin(hanzi)
    return Entry(hanzi=hanzi, slug=strip_tones(pinyin), pinyin=pinyin, gloss="", tone="plain")


def _build_slang(item: dict[str, str]) -> Entry:
    pinyin = item.get("pinyin") or read_pinyin(item["hanzi"])
    if "latin" not in item:
        check_pinyin(item["hanzi"], pinyin)
    slug = item.get("latin") or strip_tones(pinyin).replace("-", "")
    if len(slug) > MAX_SLANG_LENGTH or not slug.isalnum() or not slug.isascii():
        raise LexiconFault(f"{item['hanzi']}: {slug} must be at most {MAX_SLANG_LENGTH} letters.")
    return Entry(hanzi=item["hanzi"], slug=slug, pinyin=pinyin, gloss=item["gloss"], tone="plain")


def build_leet(source: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return skeleton -> spellings: the hex digits of a leet word in order, and every word that holds exactly those.

    A letter a–f stays or becomes its look-alike; a letter g–z stays (and is put in) or becomes its look-alike.
    """
    lookalikes: dict[str, str] = source["lookalikes"]
    forms = list(source["forms"])
    for word in source["words"]:
        forms += ["".join(letters) for letters in itertools.product(*(c + lookalikes.get(c, "") for c in word))]
    skeletons: dict[str, list[str]] = {}
    for form in dict.fromkeys(forms):
        skeleton = "".join(c for c in form if c in "0123456789abcdef")
        if len(skeleton) >= 2:
            skeletons.setdefault(skeleton, []).append(form)
    # Of the many words that fit, the ones that put in most letters read best; three are enough to choose from.
    return {skeleton: sorted(words, key=lambda word: (-len(word), word))[:3] for skeleton, words in sorted(skeletons.items())}


def read_pinyin(hanzi: str) -> str:
    """Return the pinyin of ``hanzi`` with tone marks, syllables separated by spaces, as pypinyin reads the phrase.

    一 and 不 keep their own tone, as the orthography (GB/T 16159) writes them; pypinyin's phrases are not of one mind there.
    """
    from pypinyin import Style, pinyin

    syllables = [syllable[0] for syllable in pinyin(hanzi, style=Style.TONE)]
    if len(syllables) != len(hanzi):
        raise LexiconFault(f"{hanzi}: pypinyin reads {len(syllables)} syllables; give `pinyin:`.")
    return " ".join(UNCHANGED_TONES.get(character, syllable) for character, syllable in zip(hanzi, syllables, strict=True))


def strip_tones(pinyin: str) -> str:
    """Return "wǒ ài nǐ" as "wo-ai-ni"; ü becomes v."""
    from pypinyin.contrib.tone_convert import to_normal

    return "-".join(to_normal(syllable) for syllable in pinyin.split())


def check_pinyin(hanzi: str, pinyin: str) -> None:
    """Raise LexiconFault unless every syllable is one of the readings pypinyin knows for its character (neutral tone always is)."""
    from pypinyin import Style
    from pypinyin import pinyin as read
    from pypinyin.contrib.tone_convert import to_normal

    syllables = pinyin.split()
    if len(syllables) != len(hanzi):
        raise LexiconFault(f"{hanzi}: {pinyin} has {len(syllables)} syllables for {len(hanzi)} characters.")
    for character, syllable in zip(hanzi, syllables, strict=True):
        known = read(character, style=Style.TONE, heteronym=True)[0]
        toneless = {to_normal(reading) for reading in known}
        if syllable not in known and syllable not in toneless:
            raise LexiconFault(f"{hanzi}: {character} is read {', '.join(known)}, not {syllable}.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
