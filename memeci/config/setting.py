"""YAML as a tree of settings that know where they were written. Scalars stay the text they are: `yes`, `1.0` and `007` as typed.

Built from parser events, so that a hostile file meets our bounds before anything recursive.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import yaml
from msgspec.structs import replace

from memeci.errors import ConfigError

MAX_BYTES = 262_144
MAX_DEPTH = 20
MAX_SETTINGS = 20_000

# libyaml where PyYAML has it: 10 times as fast.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# A parser event: PyYAML's own types say its marks may be missing, which they are not for parsed text.
Event = Any
_EVERY_KEY = "https://github.com/memeci/memeci/blob/main/docs/configuration.md"
_NULLS = {"", "~", "null", "Null", "NULL"}


class Setting(msgspec.Struct, frozen=True):
    """One value. ``key`` is its dotted name ("gates.accuracy.min"); ``value`` None means written, but empty or null."""

    key: str
    source: str
    value: str | list[Setting] | dict[str, Setting] | None
    line: int | None = None

    @property
    def place(self) -> str:
        """Where it was written, as a person says it: "memeci.yml line 7", "MEMECI_ALPHA"."""
        return self.source if self.line is None else f"{self.source} line {self.line}"

    def error(self, why: str, next_step: str = "") -> ConfigError:
        """Return the error that this setting cannot be used."""
        what = f"{self.place}: `{self.key}` cannot be used." if self.key else f"{self.place} cannot be used."
        return ConfigError(what, why, next_step or f"correct it there; every key: {_EVERY_KEY}")

    def describe(self) -> str:
        """Return what was written, for a message: a text in quotes, or what kind of thing it is."""
        if isinstance(self.value, str):
            return f'"{self.value if len(self.value) <= 60 else self.value[:60] + "…"}"'
        if isinstance(self.value, list):
            return "a list"
        return "nothing" if self.value is None else "a mapping"


def parse_yaml(text: str, source: str, key: str = "") -> Setting:
    """Return the tree in ``text``; an empty document gives None as its value.

    Raises ConfigError with the line for bad syntax, a key written twice, or a tree that is too deep or too large.
    """
    try:
        return _Builder(source).build(text, key)
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        line = f" line {mark.line + 1}" if mark else ""
        why = ", ".join(part for part in (error.context, error.problem) if part)
        next_step = 'quote a text that holds *: "recall[*]".' if "alias" in why else "indent with spaces; quote a text that holds : or #."
        raise ConfigError(f"{source}{line} is not valid YAML.", f"{why}.", next_step) from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{source} is not valid YAML.", f"{error}.".replace("\n", " "), "look at the place named above.") from None


class _Builder:
    """Turns events into settings; an alias repeats the events of its anchor, and so counts against the bounds."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.anchors: dict[str, list[Event]] = {}
        self.n_settings = 0

    def build(self, text: str, key: str) -> Setting:
        events = [e for e in self._read_events(text) if not isinstance(e, (yaml.StreamStartEvent, yaml.StreamEndEvent))]
        documents = sum(isinstance(e, yaml.DocumentStartEvent) for e in events)
        if documents > 1:
            raise ConfigError(f"{self.source} holds {documents} YAML documents.", "memeci reads one.", "remove the lines `---`.")
        content = [e for e in events if not isinstance(e, (yaml.DocumentStartEvent, yaml.DocumentEndEvent))]
        if not content:
            return Setting(key, self.source, None)
        return self._build_node(iter(content), key, 0)

    def _read_events(self, text: str) -> Iterator[Event]:
        depth = 0
        event: Event
        for event in yaml.parse(text, Loader=_Loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                line = _line(event)
                raise ConfigError(
                    f"{self.source} line {line} is nested too deeply.", f"more than {MAX_DEPTH} levels.", "take brackets away."
                )
            yield event

    def _build_node(self, events: Iterator[Event], key: str, depth: int) -> Setting:
        event = next(events)
        line = _line(event)
        self.n_settings += 1
        if self.n_settings > MAX_SETTINGS or depth > MAX_DEPTH:
            raise ConfigError(f"{self.source} is too large.", f"it has more than {MAX_SETTINGS:,} settings, aliases unfolded.")
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise ConfigError(f"{self.source} line {line}: there is no anchor &{event.anchor} before *{event.anchor}.")
            return self._build_node(iter(self.anchors[event.anchor]), key, depth + 1)
        if not isinstance(event, yaml.ScalarEvent):
            # Collected first: an anchor holds once its node is complete, so no alias can refer to itself.
            inner = _take_collection(event, events)
            setting = self._build_collection(event, iter(inner), key, depth)
            self._remember(event, [event, *inner])
            return setting
        self._remember(event, [event])
        return Setting(key, self.source, _scalar(event), line)

    def _remember(self, event: Any, events: list[Event]) -> None:
        if event.anchor:
            self.anchors[event.anchor] = events

    def _build_collection(self, start: Event, events: Iterator[Event], key: str, depth: int) -> Setting:
        line = _line(start)
        if isinstance(start, yaml.SequenceStartEvent):
            items: list[Setting] = []
            for event in events:
                if isinstance(event, yaml.SequenceEndEvent):
                    break
                items.append(self._build_node(_chain(event, events), f"{key}[{len(items)}]", depth + 1))
            return Setting(key, self.source, items, line)
        own: dict[str, Setting] = {}
        merged: dict[str, Setting] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            name = self._read_key(event)
            value = replace(self._build_node(events, f"{key}.{name}" if key else name, depth + 1), line=_line(event))
            if name == "<<" and not event.style:
                merged = _merge(value)
            elif name in own:
                raise ConfigError(
                    f"{self.source} line {_line(event)}: `{value.key}` is written twice.",
                    f"line {own[name].line} has it already, and only one can hold.",
                    "remove one of the two lines.",
                )
            else:
                own[name] = value
        return Setting(key, self.source, {**merged, **own}, line)

    def _read_key(self, event: Event) -> str:
        if isinstance(event, yaml.ScalarEvent):
            return str(event.value)
        raise ConfigError(
            f"{self.source} line {_line(event)}: a key must be a text.", "here it is a list or a mapping.", "write key: value."
        )


def _line(event: Event) -> int:
    return int(event.start_mark.line) + 1


def _chain(first: Event, rest: Iterator[Event]) -> Iterator[Event]:
    yield first
    yield from rest


def _take_collection(start: Event, events: Iterator[Event]) -> list[Event]:
    taken, depth = [], 1
    for event in events:
        taken.append(event)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth == 0:
            break
    return taken


def _scalar(event: Event) -> str | None:
    plain = event.style in (None, "")
    return None if plain and event.value in _NULLS else str(event.value)


def _merge(value: Setting) -> dict[str, Setting]:
    """Return what `<<: *defaults` or `<<: [*a, *b]` brings; earlier mappings win, as YAML's merge key says."""
    parts = value.value if isinstance(value.value, list) else [value]
    merged: dict[str, Setting] = {}
    for part in reversed(parts):
        if not isinstance(part.value, dict):
            raise part.error(f"`<<` merges mappings; here is {part.describe()}.")
        merged.update(part.value)
    return merged
