"""The text of a first memeci.yml: what a look suggests, with the doubts as comments. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from memeci.cli.starter.look import Look, Number
from memeci.naming import is_ref_name
from memeci.records import Task

_HEAD = """\
# yaml-language-server: $schema=https://raw.githubusercontent.com/memeci/memeci/main/schema/memeci.schema.json
# Every key: https://github.com/memeci/memeci/blob/main/docs/configuration.md
"""
_GATES = """\
# Without gates nothing may get worse beyond what chance explains. To accept a little, or to demand more:
# gates:
#   {metric}: {example}
"""
_RATE = "{tolerance: 0.5pp, min: 0.80}"
_EXAMPLES = {
    Task.BINARY: ("f1", _RATE),
    Task.MULTICLASS: ("macro_f1", _RATE),
    Task.MULTILABEL: ("macro_f1", _RATE),
    Task.REGRESSION: ("rmse", "{tolerance: 2%}"),
}
# Names of numbers that are better small.
_LOWER = re.compile(r"(^|_)(cost|latency|duration|seconds|ms|loss|error|errors|perplexity|wer|cer|toxicity)($|_)")
# What YAML 1.1 takes for something else than a text, though memeci does not.
_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}


def draft_config(model: str, predictions: str | None, look: Look) -> str:
    """Return memeci.yml for these predictions; with a place-holder where there are none yet."""
    metric, example = _EXAMPLES.get(look.task or Task.BINARY, ("accuracy", _RATE))
    if look.numbers:
        metric, example = look.numbers[0].column, "{tolerance: 2%}"
    return (
        _HEAD + "\n".join(_draft_lines(model, predictions, look)) + "\n" + _GATES.format(metric=_printable(quote(metric)), example=example)
    )


def _draft_lines(model: str, predictions: str | None, look: Look) -> Iterator[str]:
    yield f"model: {quote(model)}"
    yield "# command: python predict.py  # makes the predictions before they are read"
    yield f"predictions: {quote(predictions)}" if predictions else "predictions: out/predictions.csv  # a file, a folder or a glob"
    if look.task is not None:
        yield f"task: {look.task.value}"
    if look.positive_label is not None:
        yield f"positive_label: {quote(look.positive_label)}  # the label that scores speak of"
    if look.columns or look.groups:
        yield "columns:"
        yield from _draft_columns(look)
    if look.numbers:
        yield "metrics:  # the mean of each; say which way is better, and drop what is none"
        yield from map(_draft_metric, look.numbers)
    if look.slices:
        yield "slices:  # a model can hold on average and break for some"
        yield from (f"  - {quote(column)}" for column in look.slices)


def _draft_metric(number: Number) -> str:
    name = quote(number.column)
    direction = "lower" if _LOWER.search(number.column.lower()) else "higher"
    return f"  - {{name: {name}, column: {name}, direction: {direction}, unit: {number.unit.value}}}"


def _draft_columns(look: Look) -> Iterator[str]:
    for part, (first, *others) in look.columns.items():
        doubt = f"  # or {', '.join(map(_printable, others))}?" if others else ""
        yield f"  {part}: {quote(first)}{doubt}"
    for column in look.groups:
        yield f"  # group: {_printable(quote(column))}  # if rows with the same {_printable(column)} belong together"


def quote(text: str) -> str:
    """Return ``text`` as a YAML scalar: plain where that is safe, else in double quotes with YAML's escapes."""
    if re.fullmatch(r"[^\W\d][\w./-]*", text) and text.casefold() not in _WORDS:
        return text
    escaped = "".join("\\" + c if c in '"\\' else c if c.isprintable() else f"\\U{ord(c):08x}" for c in text)
    return f'"{escaped}"'


def name_model(folder_name: str) -> str:
    """Return a model's name made of a folder's, or "model".

    >>> name_model("sentiment model (v2)")
    'sentiment-model-v2'
    """
    name = re.sub(r"[^\w.-]+", "-", folder_name).strip("-._")
    return name if is_ref_name(name) else "model"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)
