"""What is written under ``gates:``: tolerances with their units, floors, and which slice a gate is for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import permutations
from typing import Any

import msgspec

from memeci.config.kinds import Choice, JsonSchema, find_nearest, parse_number, read_mapping, read_text, unknown_key
from memeci.config.setting import Setting
from memeci.errors import ConfigError
from memeci.policy import Gate, Rule, Tolerance

Slices = Sequence[tuple[str, ...]]

_KEYS = ("tolerance", "min", "max", "rule", "gate")
_SWITCH = {"true": True, "false": False, "yes": True, "no": False, "on": True, "off": False}
_TOLERANCE = "a loss like 0.5pp (percentage points), 2% (of the baseline's value) or 0.01 (in the metric's unit)"


class GateConfig(msgspec.Struct, frozen=True):
    """One gate as written: ``target`` is the key, "metric" or "metric@scope"; ``place`` is where."""

    target: str
    gate: Gate
    place: str = ""


class GatesKind:
    """A mapping from "metric" or "metric@scope" to a gate."""

    def parse(self, setting: Setting) -> tuple[GateConfig, ...]:
        if isinstance(setting.value, (list, str)):
            raise setting.error(f"expected a mapping, found {setting.describe()}.", "write `metric: {tolerance: 0.5pp}`.")
        return tuple(GateConfig(target, parse_gate(child), child.place) for target, child in read_mapping(setting).items())

    def build_schema(self) -> JsonSchema:
        number: JsonSchema = {"type": ["number", "string"]}
        tolerance: JsonSchema = {
            "anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^[0-9.][0-9._e+-]*\s*([pP][pP]|%|)$"}]
        }
        properties = {
            "tolerance": {"description": "Accepted loss: " + _TOLERANCE + ".", **tolerance},
            "min": {"description": "Floor for a metric where higher is better: 0.8 or 80%.", **number},
            "max": {"description": "Ceiling for a metric where lower is better.", **number},
            "rule": {"description": "When a loss fails.", **Choice.of(Rule).build_schema()},
            "gate": {"description": "false: measured and shown, but never fails.", "type": "boolean"},
        }
        gate = {"type": "object", "additionalProperties": False, "properties": properties}
        return {"type": "object", "additionalProperties": {"anyOf": [gate, tolerance, {"type": ["boolean", "null"]}]}}


def parse_gate(setting: Setting) -> Gate:
    """Return the gate in a mapping, or in a tolerance alone; `false` alone means measured but not gated."""
    if isinstance(setting.value, str):
        if setting.value.lower() in _SWITCH:
            return Gate(gated=_SWITCH[setting.value.lower()])
        return Gate(tolerance=parse_tolerance(setting))
    values = read_mapping(setting)
    for name, child in values.items():
        if name not in _KEYS:
            raise unknown_key(child, name, _KEYS)
    if "min" in values and "max" in values:
        raise setting.error("it has both min and max.", "min is for metrics where higher is better, max for the others: keep one.")
    parsers: dict[str, Any] = {"tolerance": parse_tolerance, "min": _parse_bound, "max": _parse_bound, "gate": _parse_switch}
    read = {name: parsers[name](child) if name in parsers else Choice.of(Rule).parse(child) for name, child in values.items()}
    return Gate(
        tolerance=read.get("tolerance", Tolerance()),
        minimum=read.get("min", read.get("max")),
        rule=read.get("rule"),
        gated=read.get("gate", True),
    )


def parse_tolerance(setting: Setting) -> Tolerance:
    """Return 0.005 absolute for "0.5pp", 0.02 relative for "2%", 0.01 absolute for "0.01"."""
    text = read_text(setting, _TOLERANCE).strip().lower()
    match = re.fullmatch(r"([0-9._e+-]+)\s*(pp|%|)", text)
    number = parse_number(match[1]) if match else None
    if match is None or number is None or number < 0 or (match[2] and number > 100):
        raise setting.error(f"expected {_TOLERANCE}; found {setting.describe()}.")
    if match[2] == "%":
        return Tolerance(relative=number / 100)
    return Tolerance(absolute=number / 100 if match[2] else number)


def _parse_bound(setting: Setting) -> float:
    expected = "a number like 0.8 or 80%"
    text = read_text(setting, expected).strip()
    number = parse_number(text.removesuffix("%"))
    if number is None:
        raise setting.error(f"expected {expected}, found {setting.describe()}.")
    return number / 100 if text.endswith("%") else number


def _parse_switch(setting: Setting) -> bool:
    text = read_text(setting, "true or false").lower()
    if text not in _SWITCH:
        raise setting.error(f"expected true or false, found {setting.describe()}.")
    return _SWITCH[text]


def split_target(target: str, named: Sequence[str]) -> tuple[str, str]:
    """Return metric and scope of a gate's key. A metric of yours may hold "@" itself ("recall@5"): ``named`` lists those. So may a
    class.

    >>> split_target("recall@5@lang", ["recall@5"])
    ('recall@5', 'lang')
    >>> split_target("recall[a@b]@lang", [])
    ('recall[a@b]', 'lang')
    """
    for name in sorted(named, key=len, reverse=True):
        if target == name or target.startswith(name + "@"):
            return name, target[len(name) + 1 :]
    of_class = re.match(r"(\w+\[.*?\])(?:@(.*))?$", target, re.DOTALL)
    if of_class:
        return of_class[1], of_class[2] or ""
    metric, _, scope = target.partition("@")
    return metric, scope


def resolve_scope(gate: GateConfig, scope: str, slices: Slices) -> str:
    """Return ``scope`` with its columns in the order of ``slices``. Raises ConfigError if no slice fits.

    "lang,platform" becomes "platform,lang", and "lang=zh,platform=ios" becomes "platform=ios,lang=zh".
    """
    if not scope:
        return ""
    # More columns first: a comma belongs to a value only where no combination explains it.
    for columns in sorted(slices, key=len, reverse=True):
        for order in permutations(columns) if len(columns) <= 4 else [columns]:
            if scope == ",".join(order):
                return ",".join(columns)
            match = re.fullmatch(",".join(f"{re.escape(column)}=(.*)" for column in order), scope, re.DOTALL)
            if match:
                values = dict(zip(order, match.groups(), strict=True))
                return ",".join(f"{column}={values[column]}" for column in columns)
    raise _unknown_scope(gate, scope, slices)


def _unknown_scope(gate: GateConfig, scope: str, slices: Slices) -> ConfigError:
    known = [",".join(columns) for columns in slices]
    wanted = ",".join(part.partition("=")[0] for part in scope.split(","))
    near = find_nearest(wanted, known)
    written = wanted if "," not in wanted else f"[{wanted}]"
    return ConfigError(
        f"{gate.place}: the gate `{gate.target}` is for a slice that is not measured.",
        f"`slices` has: {'; '.join(known)}." if known else "there are no `slices`.",
        f"did you mean `{gate.target.replace(wanted, near)}`?" if near else f"add `{written}` to `slices`.",
    )
