"""Every key of memeci.yml: its name, its kind, and its description. A new key is one line here and one field in schema.py."""

from __future__ import annotations

import math
from typing import Any

from memeci.config.gates import GatesKind
from memeci.config.kinds import (
    Choice,
    Fields,
    JsonSchema,
    Key,
    ListOf,
    Number,
    PathText,
    Text,
    read_text,
    split_list,
)
from memeci.config.schema import ColumnsConfig, MetricConfig, PunsConfig, RegistryConfig
from memeci.config.setting import Setting
from memeci.naming import NOT_ALLOWED, REF_NAME, is_ref_name
from memeci.policy import OnInconclusive, Rule
from memeci.records import Direction, Task, Unit

_NAMESPACE = r"refs/(?!tags(/|$)|heads$)[A-Za-z0-9_][A-Za-z0-9_-]*(/[A-Za-z0-9_][A-Za-z0-9_-]*)*"
_COLUMN = Text("the name of a column")


class ModelKind:
    """The name of a model."""

    def parse(self, setting: Setting) -> str:
        expected = "a name that git allows in a tag, without @ and spaces"
        name = read_text(setting, expected)
        if not is_ref_name(name):
            raise setting.error(f"expected {expected}, found {setting.describe()}.", f"write one without {NOT_ALLOWED}.")
        return name

    def build_schema(self) -> JsonSchema:
        return {"type": "string", "pattern": f"^(?:{REF_NAME})$"}


class ProbabilitiesKind:
    """A mapping from label to column, or a pattern with one star."""

    def parse(self, setting: Setting) -> dict[str, str] | str:
        if isinstance(setting.value, dict):
            return {label: _COLUMN.parse(child) for label, child in setting.value.items()}
        expected = "a pattern like prob_*, or a mapping from label to column"
        pattern = read_text(setting, expected)
        if pattern.count("*") != 1:
            raise setting.error(f"expected {expected}; found {setting.describe()}.")
        return pattern

    def build_schema(self) -> JsonSchema:
        return {"anyOf": [{"type": "string", "pattern": r"^[^*]*\*[^*]*$"}, {"type": "object", "additionalProperties": {"type": "string"}}]}


class SlicesKind:
    """A list of columns, or of lists of columns: a combination."""

    def parse(self, setting: Setting) -> tuple[tuple[str, ...], ...]:
        slices = [self._parse_one(item) for item in split_list(setting)]
        for item, columns in zip(split_list(setting), slices, strict=True):
            if len(set(columns)) < len(columns) or slices.count(columns) > 1:
                raise item.error(f"{' × '.join(columns)} is written twice.", "remove one.")
        return tuple(slices)

    def _parse_one(self, item: Setting) -> tuple[str, ...]:
        if not isinstance(item.value, list):
            return (_COLUMN.parse(item),)
        if not item.value:
            raise item.error("an empty list is no slice.", "remove it.")
        return tuple(_COLUMN.parse(column) for column in item.value)

    def build_schema(self) -> JsonSchema:
        column: JsonSchema = {"type": "string"}
        return {"anyOf": [{"type": "array", "items": {"anyOf": [column, {"type": "array", "items": column, "minItems": 1}]}}, column]}


class MetricsKind:
    """A list of names and of mappings."""

    fields = Fields(
        (
            Key("name", Text("a name"), "How it is called in reports and gates."),
            Key("column", _COLUMN, "The metric is the mean of this column of numbers."),
            Key("function", Text("module:function", r"[\w.]+:[\w.]+"), "Your function: gives a number per example."),
            Key("direction", Choice({"higher": Direction.HIGHER, "lower": Direction.LOWER}), "Which way is better."),
            Key("unit", Choice.of(Unit), "rate: shown as percent; number: as it is."),
        ),
        dict,
    )

    def parse(self, setting: Setting) -> tuple[MetricConfig, ...]:
        metrics = tuple(self._parse_one(item) for item in split_list(setting))
        for i, metric in enumerate(metrics):
            if metric.name in [other.name for other in metrics[:i]]:
                raise setting.error(f'"{metric.name}" is listed twice.', "give each metric its own name.")
        return metrics

    def _parse_one(self, item: Setting) -> MetricConfig:
        if isinstance(item.value, str):
            return MetricConfig(item.value, place=item.place)
        values: dict[str, Any] = self.fields.parse_values(item)
        if "name" not in values:
            raise item.error("a metric needs a name.", "write {name: judge, column: judge_score, direction: higher}")
        if "column" in values and "function" in values:
            raise item.error("it has both column and function.", "keep one: the mean of a column, or your function.")
        return MetricConfig(**values, place=item.place)

    def build_schema(self) -> JsonSchema:
        entry = {**self.fields.build_schema(), "required": ["name"]}
        return {"anyOf": [{"type": "array", "items": {"anyOf": [{"type": "string"}, entry]}}, {"type": "string"}]}


class ColumnsKind:
    """The parts that columns play; a part set to null is left unused."""

    fields = Fields(
        (
            Key("id", _COLUMN, "Names an example: how baseline and candidate are paired."),
            Key("label", _COLUMN, "The true label (or value)."),
            Key("prediction", _COLUMN, "What the model says."),
            Key("score", _COLUMN, "The probability of the positive label, or a ranking score."),
            Key("weight", _COLUMN, "Sample weight."),
            Key("group", _COLUMN, "Examples that belong together: a user, a conversation."),
            Key("text", _COLUMN, "What a person reads to understand an example."),
            Key("probabilities", ProbabilitiesKind(), "One column per label: a pattern like prob_*, or label: column."),
        ),
        dict,
        nullable=True,
    )

    def parse(self, setting: Setting) -> ColumnsConfig:
        values = self.fields.parse_values(setting)
        unused = frozenset(name for name, value in values.items() if value is None)
        return ColumnsConfig(**values, unused=unused)

    def build_schema(self) -> JsonSchema:
        return self.fields.build_schema()


KEYS: tuple[Key, ...] = (
    Key(
        "model",
        ModelKind(),
        "Name of the model; its releases are tagged <model>@v1.2.3.",
    ),
    Key("task", Choice.of(Task), "Kind of predictions; found from the data if left out."),
    Key("positive_label", Text("a label"), "Binary tasks: the label that scores speak of."),
    Key("command", Text("a command"), "Makes the predictions; runs in the folder of memeci.yml."),
    Key("predictions", PathText(), "A file, a folder or a glob."),
    Key("columns", ColumnsKind(), "Which column plays which part; common names are found by themselves."),
    Key("slices", SlicesKind(), "Subsets to measure: a column, or a list of columns for their combinations."),
    Key("min_slice_size", Number(1, math.inf, "a whole number from 1", integer=True), "Smaller slices are not measured, only counted."),
    Key("metrics", MetricsKind(), "What to measure; those that suit the task if left out."),
    Key("gates", GatesKind(), "What may not get worse: metric, metric@column, metric@column=value, metric@column1,column2."),
    Key("rule", Choice.of(Rule), "When a loss fails, unless a gate says otherwise."),
    Key("baseline", PathText(maybe=True), "latest, a tag, a path, or none."),
    Key("on_inconclusive", Choice.of(OnInconclusive), "What an undecided comparison does."),
    Key("alpha", Number(1e-5, 0.5, "a number between 0.00001 and 0.5", open_ends=True), "False alarms of the whole pull request."),
    Key("language", Choice({"en": "en", "zh": "zh", "both": "both"}), "Language of reports."),
    Key("theme", PathText(maybe=True), "Memes: a built-in theme, or a folder of yours."),
    Key("output_dir", PathText(), "Where record, comment and picture are written."),
    Key("memory_limit", Text("a size like 2GB", r"\d+(\.\d+)?\s*[KMGT]i?B"), "Memory the engine may use."),
    Key("puns", Fields((Key("exclude", ListOf(Text("a word")), "Words that must not appear in a Docker tag."),), PunsConfig), "The pun."),
    Key(
        "registry",
        Fields(
            (
                Key(
                    "namespace",
                    Text("a full ref name like refs/memeci", _NAMESPACE),
                    "Where records live; refs/heads/memeci on a host that takes only branches and tags.",
                ),
                Key(
                    "remote",
                    Text("a remote's name or URL", r"[^-\s]\S*"),
                    "The git remote that holds releases; origin, or the only one, if left out.",
                ),
            ),
            RegistryConfig,
        ),
        "Where releases are kept.",
    ),
)


def find_key(name: str) -> Key | None:
    """Return the key called ``name``, or None."""
    return next((key for key in KEYS if key.name == name), None)
