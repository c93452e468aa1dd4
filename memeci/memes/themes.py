"""Themes: YAML files with captions for each finding. A theme of the user's extends one of ours; a bad file gets line and reason."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from memeci.diagnosis import RULES
from memeci.diagnosis.sentences import SPECS, find_fields
from memeci.errors import ConfigError, find_near
from memeci.memes.templates import has_template

FOLDER = Path(__file__).parent / "themes"
MAX_CHARACTERS = 1_000_000
COMMON_FIELDS = frozenset({"model", "slang", "commit", "streak", "tag", "hanzi"})
EXTRA_KINDS = ("pun", "latte", "shelf", "hairline")
MOODS = ("alarm", "warn", "calm", "good")
BACKDROPS = ("rays", "kitchen")
TEXT_MAX = 200


class Caption(msgspec.Struct, frozen=True):
    """One caption in three ways: Chinese, English, and two lines (top, bottom) for people who want both."""

    zh: str
    en: str
    both: tuple[str, str]


class FindingTheme(msgspec.Struct, frozen=True):
    """What a theme says to one kind of finding, and the templates it would draw, the favourite first."""

    templates: tuple[str, ...] = ()
    captions: tuple[Caption, ...] = ()


class Theme(msgspec.Struct, frozen=True):
    """``palette`` maps a mood to (top, bottom, accent); ``slang`` maps a mood to (zh, en) words of the generator.

    ``metrics`` maps a metric to the templates that show its regression better than others do.
    """

    name: str
    backdrop: str = "rays"
    palette: dict[str, tuple[str, str, str]] = msgspec.field(default_factory=dict)
    slang: dict[str, tuple[tuple[str, str], ...]] = msgspec.field(default_factory=dict)
    findings: dict[str, FindingTheme] = msgspec.field(default_factory=dict)
    metrics: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    folders: tuple[Path, ...] = ()


def list_themes() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yml")))


@functools.lru_cache(maxsize=16)
def load_theme(theme: str | Path) -> Theme:
    """Return one of our themes by name, or the user's: a YAML file, or a folder with `theme.yml` and perhaps templates.

    Raises ConfigError with file, line and reason.
    """
    if str(theme) in list_themes():
        return _read(FOLDER / f"{theme}.yml", ())
    path = Path(theme)
    # os.path says no to a name too long for a path, where Path raises.
    if os.path.isfile(path / "theme.yml"):
        return _read(path / "theme.yml", (path,))
    if os.path.isfile(path):
        return _read(path, (path.parent,))
    known = ", ".join(list_themes())
    why = f"themes are {known}, a YAML file, or a folder with theme.yml in it."
    raise ConfigError(f'there is no theme "{theme}".', why, "memeci meme --list shows them.")


def _read(path: Path, folders: tuple[Path, ...]) -> Theme:
    import yaml

    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(MAX_CHARACTERS + 1)
        if len(text) > MAX_CHARACTERS:
            raise ConfigError(f"{path} is too large.", f"more than {MAX_CHARACTERS:,} characters: it is hardly a theme.")
        node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{path} line {line} is not YAML.", str(error.problem or error), "look at that line.") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} cannot be read.", str(error), "memeci meme --list shows the themes there are.") from None
    return _Reader(path, folders).read_theme(node)


class _Reader:
    """Turns YAML nodes, which know their line, into a Theme."""

    def __init__(self, path: Path, folders: tuple[Path, ...]) -> None:
        self.path = path
        self.folders = folders

    def read_theme(self, node: Any) -> Theme:
        keys = ("name", "extends", "backdrop", "palette", "slang", "findings", "metrics")
        entries = dict(self._entries(node, keys))
        base = load_theme(self._choice(entries["extends"], list_themes())) if "extends" in entries else Theme(self.path.stem)
        palette = {mood: self._colours(value) for mood, value in self._entries(entries.get("palette"), MOODS)}
        slang = {mood: self._slang(value) for mood, value in self._entries(entries.get("slang"), MOODS)}
        metrics = {metric: self._templates(value) for metric, value in self._entries(entries.get("metrics"))}
        kinds = (*RULES, *EXTRA_KINDS)
        findings = {kind: self._finding(kind, value) for kind, value in self._entries(entries.get("findings"), kinds)}
        for kind, theirs in base.findings.items():
            ours = findings.get(kind, FindingTheme())
            findings[kind] = FindingTheme(ours.templates or theirs.templates, ours.captions or theirs.captions)
        return Theme(
            self._text(entries["name"]) if "name" in entries else self.path.stem,
            self._choice(entries["backdrop"], BACKDROPS) if "backdrop" in entries else base.backdrop,
            {**base.palette, **palette},
            {**base.slang, **slang},
            findings,
            {**base.metrics, **metrics},
            (*self.folders, *base.folders),
        )

    def _finding(self, kind: str, node: Any) -> FindingTheme:
        entries = dict(self._entries(node, ("templates", "captions")))
        captions = tuple(self._caption(kind, item) for item in self._items(entries.get("captions")))
        return FindingTheme(self._templates(entries.get("templates")), captions)

    def _templates(self, node: Any) -> tuple[str, ...]:
        for item in self._items(node):
            if not has_template(self._text(item), self.folders):
                self._fail(item, f'there is no template "{item.value}"; memeci meme --list shows those there are.')
        return self._texts(node)

    def _caption(self, kind: str, node: Any) -> Caption:
        entries = dict(self._entries(node, ("zh", "en", "both")))
        for name, value in entries.items():
            for item in self._items(value) if name == "both" and value.id == "sequence" else [value]:
                self._check_fields(kind, item)
        if "zh" not in entries or "en" not in entries:
            self._fail(node, "a caption needs zh and en.")
        zh, en = self._text(entries["zh"]), self._text(entries["en"])
        if "both" not in entries:
            return Caption(zh, en, (zh, en))
        both = self._texts(entries["both"]) if entries["both"].id == "sequence" else (self._text(entries["both"]), "")
        if len(both) != 2:
            self._fail(entries["both"], "both is one line, or a list of two: top and bottom.")
        return Caption(zh, en, (both[0], both[1]))

    def _slang(self, node: Any) -> tuple[tuple[str, str], ...]:
        words = []
        for item in self._items(node):
            entries = dict(self._entries(item, ("zh", "en")))
            if len(entries) != 2:
                self._fail(item, "a word needs zh and en.")
            words.append((self._text(entries["zh"]), self._text(entries["en"])))
        return tuple(words)

    def _check_fields(self, kind: str, node: Any) -> None:
        known = set(COMMON_FIELDS)
        if kind in RULES:
            known |= {name for name, _ in find_fields(RULES[kind].sentence.en)}
        for name, spec in find_fields(self._text(node)):
            if name not in known:
                self._fail(node, f"{{{name}}} is no number of {kind}; it has: {', '.join(sorted(known))}.")
            if spec and spec not in SPECS:
                self._fail(node, f"{{{name}:{spec}}}: formats are {', '.join(SPECS)}.")

    def _entries(self, node: Any, known: tuple[str, ...] | None = None) -> Iterator[tuple[str, Any]]:
        if node is None:
            return
        if node.id != "mapping":
            self._fail(node, "a mapping is expected here" + (f", with: {', '.join(known)}." if known else "."))
        seen: set[str] = set()
        for key, value in node.value:
            if known is not None and key.value not in known:
                close = find_near(str(key.value), known)
                hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}."
                self._fail(key, f'"{key.value}" is unknown here; {hint}')
            if key.value in seen:
                self._fail(key, f'"{key.value}" stands here twice.')
            seen.add(key.value)
            yield key.value, value

    def _items(self, node: Any) -> list[Any]:
        if node is None:
            return []
        if node.id != "sequence":
            self._fail(node, "a list is expected here.")
        return list(node.value)

    def _text(self, node: Any) -> str:
        if node.id != "scalar" or not str(node.value).strip():
            self._fail(node, "a text is expected here.")
        if len(node.value) > TEXT_MAX:
            self._fail(node, f"the text has {len(node.value)} characters; at most {TEXT_MAX} fit a picture.")
        return str(node.value)

    def _texts(self, node: Any) -> tuple[str, ...]:
        return tuple(self._text(item) for item in self._items(node))

    def _choice(self, node: Any, known: tuple[str, ...]) -> str:
        value = self._text(node)
        if value not in known:
            self._fail(node, f'"{value}" is unknown; known: {", ".join(known)}.')
        return value

    def _colours(self, node: Any) -> tuple[str, str, str]:
        colours = self._texts(node)
        if len(colours) != 3 or not all(len(c) == 7 and c[0] == "#" and all(d in "0123456789abcdefABCDEF" for d in c[1:]) for c in colours):
            self._fail(node, "three colours such as #3b1a6e are expected: top, bottom, accent.")
        return colours[0], colours[1], colours[2]

    def _fail(self, node: Any, reason: str) -> NoReturn:
        raise ConfigError(f"{self.path} line {node.start_mark.line + 1}: {reason}")
