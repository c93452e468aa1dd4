"""Kinds of values a key may have: each parses a setting, says what it expected, and describes itself to editors."""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import msgspec

from memeci.config.setting import Setting
from memeci.errors import ConfigError, find_near

JsonSchema = dict[str, Any]


class Kind(Protocol):
    """``parse`` returns the value or raises ConfigError with place, what was found and what was expected."""

    def parse(self, setting: Setting) -> Any: ...

    def build_schema(self) -> JsonSchema: ...


class Text(msgspec.Struct, frozen=True):
    """A text; ``pattern`` must match the whole of it, and ``expected`` says so in words."""

    expected: str = "a text"
    pattern: str = ""

    def parse(self, setting: Setting) -> str:
        text = read_text(setting, self.expected)
        if self.pattern and not re.fullmatch(self.pattern, text):
            raise setting.error(f"expected {self.expected}, found {setting.describe()}.")
        return text

    def build_schema(self) -> JsonSchema:
        # A YAML editor sees `positive_label: 1` as a number; memeci takes it as the text it is.
        return {"type": "string", "pattern": f"^(?:{self.pattern})$"} if self.pattern else {"type": ["string", "number", "boolean"]}


class PathText(msgspec.Struct, frozen=True):
    """A path beside memeci.yml. ``maybe`` marks texts that are a path only if there is such a file (a tag, a theme's name)."""

    maybe: bool = False

    def parse(self, setting: Setting) -> str:
        return read_text(setting, "a path")

    def build_schema(self) -> JsonSchema:
        return {"type": "string"}


class Number(msgspec.Struct, frozen=True):
    """A number in [low, high]; with ``open_ends`` in (low, high)."""

    low: float
    high: float
    expected: str
    open_ends: bool = False
    integer: bool = False

    def parse(self, setting: Setting) -> float:
        number = parse_number(read_text(setting, self.expected))
        inside = number is not None and (self.low < number < self.high if self.open_ends else self.low <= number <= self.high)
        if number is None or not inside or (self.integer and number != int(number)):
            raise setting.error(f"expected {self.expected}, found {setting.describe()}.")
        return int(number) if self.integer else number

    def build_schema(self) -> JsonSchema:
        low, high = ("exclusiveMinimum", "exclusiveMaximum") if self.open_ends else ("minimum", "maximum")
        schema: JsonSchema = {"type": "integer" if self.integer else "number"}
        return schema | {name: bound for name, bound in ((low, self.low), (high, self.high)) if math.isfinite(bound)}


class Choice(msgspec.Struct, frozen=True):
    """One of some words, each standing for a value."""

    values: Mapping[str, Any]

    @classmethod
    def of(cls, members: type[enum.Enum]) -> Choice:
        return cls({str(m.value): m for m in members})

    def parse(self, setting: Setting) -> Any:
        text = read_text(setting, f"one of {', '.join(self.values)}")
        if text not in self.values:
            near = find_nearest(text, self.values)
            raise setting.error(
                f"expected one of {', '.join(self.values)}; found {setting.describe()}.",
                f"did you mean {near}?" if near else "",
            )
        return self.values[text]

    def build_schema(self) -> JsonSchema:
        return {"enum": list(self.values)}


class ListOf(msgspec.Struct, frozen=True):
    """A list; one text alone is split at commas and line ends, as an input of a workflow comes."""

    item: Kind

    def parse(self, setting: Setting) -> tuple[Any, ...]:
        return tuple(self.item.parse(item) for item in split_list(setting))

    def build_schema(self) -> JsonSchema:
        return {"anyOf": [{"type": "array", "items": self.item.build_schema()}, {"type": "string"}]}


class Key(msgspec.Struct, frozen=True):
    """One key of a mapping: its name, its kind, and a sentence about it for editors and docs."""

    name: str
    kind: Kind
    description: str


class Fields(msgspec.Struct, frozen=True):
    """A mapping with known keys, parsed to ``build(**values)``. With ``nullable``, a key set to null gives None."""

    keys: tuple[Key, ...]
    build: Callable[..., Any]
    nullable: bool = False

    def parse(self, setting: Setting) -> Any:
        return self.build(**self.parse_values(setting))

    def parse_values(self, setting: Setting) -> dict[str, Any]:
        """Return the values that are written, by key. Raises ConfigError for an unknown key, with the nearest known one."""
        kinds = {key.name: key.kind for key in self.keys}
        values: dict[str, Any] = {}
        for name, child in read_mapping(setting).items():
            if name not in kinds:
                raise unknown_key(child, name, kinds)
            values[name] = None if child.value is None and self.nullable else kinds[name].parse(child)
        return values

    def build_schema(self) -> JsonSchema:
        def describe(key: Key) -> JsonSchema:
            schema = key.kind.build_schema()
            return {"description": key.description, **({"anyOf": [schema, {"type": "null"}]} if self.nullable else schema)}

        return {"type": "object", "additionalProperties": False, "properties": {key.name: describe(key) for key in self.keys}}


def unknown_key(setting: Setting, name: str, known: Iterable[str]) -> ConfigError:
    """Return the error for a key that does not exist, naming the nearest that does."""
    known = list(known)
    near = find_nearest(name, known)
    return ConfigError(
        f"{setting.place}: unknown key `{setting.key}`.",
        f"known keys here: {', '.join(known)}.",
        f"did you mean `{near}`?" if near else "remove it.",
    )


def find_nearest(text: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most like ``text``, or None if none is near."""
    near = find_near(text.casefold(), known, cutoff=0.55)
    return near[0] if near else None


def read_text(setting: Setting, expected: str) -> str:
    if setting.value is None or setting.value == "":
        raise setting.error("it has no value.", f"write {expected}, or remove the line.")
    if not isinstance(setting.value, str):
        raise setting.error(f"expected {expected}, found {setting.describe()}.")
    if "\0" in setting.value:
        raise setting.error(f"expected {expected}, found a NUL character.", "take it out.")
    return setting.value


def read_mapping(setting: Setting) -> dict[str, Setting]:
    if setting.value is None:
        return {}
    if not isinstance(setting.value, dict):
        raise setting.error(f"expected a mapping (key: value), found {setting.describe()}.")
    return setting.value


def split_list(setting: Setting) -> list[Setting]:
    """Return the items of a list, or the parts of one text split at commas and line ends."""
    if setting.value is None:
        return []
    if isinstance(setting.value, list):
        return setting.value
    if not isinstance(setting.value, str):
        raise setting.error("expected a list, found a mapping.", "write each item on a line of its own: - item")
    parts = [part.strip() for part in re.split(r"[,\n]", setting.value)]
    return [Setting(setting.key, setting.source, part, setting.line) for part in parts if part]


def parse_number(text: str) -> float | None:
    """Return the finite number in ``text``, or None."""
    try:
        number = float(text.replace("_", ""))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
