"""The text of a first memeci.yml: what a look suggests, with the doubts as comments. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from memeci.cli.starter.look import Look
from memeci.config.keys import is_model_name
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
# What YAML 1.1 takes for something else than a text, though memeci does not.
_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}


def draft_config(model: str, predictions: str | None, look: Look) -> str:
    """Return memeci.yml for these predictions; with a place-holder where there are none yet."""
    metric, example = _EXAMPLES.get(look.task or Task.BINARY, ("accuracy", _RATE))
    return _HEAD + "\n".join(_draft_lines(model, predictions, look)) + "\n" + _GATES.format(metric=metric, example=example)


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
    if look.slices:
        yield "slices:  # a model can hold on average and break for some"
        yield from (f"  - {quote(column)}" for column in look.slices)


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
    return name if is_model_name(name) else "model"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)
