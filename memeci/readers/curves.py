"""Training logs → a Curve: Keras CSVLogger, Hugging Face trainer_state.json, Lightning metrics.csv, plain CSV and JSON lines.

Knows file formats only; what a curve means is for `diagnosis`.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from memeci.errors import DataError
from memeci.records import Curve

MAX_BYTES = 64 * 1024 * 1024
"""A line a step, and a million steps, fit in."""
MAX_POINTS = 20_000
STEP_NAMES = ("step", "global_step", "epoch", "iteration", "iter")
_NEXT = "name a CSV, JSON or JSONL training log."
RENAMED = {"lr": "learning_rate", "train_loss": "loss", "training_loss": "loss", "eval_loss": "val_loss", "valid_loss": "val_loss"}
IGNORED = ("commit", "runtime", "samples_per_second", "steps_per_second", "total_flos", "grad_norm", "timestamp", "time")


def read_curve(path: Path) -> Curve:
    """Return the training curve in ``path``; the format is told by the name's ending. Raises DataError with line and reason."""
    curve = build_curve(parse_rows(_read_text(path), str(path)))
    if len(curve.steps) == 0 or not curve.series:
        next_step = "a loss column named loss or val_loss is enough."
        raise DataError(f'"{path}" holds no training curve.', "no column of numbers was found.", next_step)
    return curve


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise DataError(f'"{path}" is too large.', f"a training log has at most {MAX_BYTES >> 20} MiB.", "log every tenth step only.")
        return data.decode("utf-8-sig")
    except FileNotFoundError:
        raise DataError(f'there is no file "{path}".', "the file does not exist.", _NEXT) from None
    except OSError as error:
        raise DataError(f'"{path}" cannot be read.', f"{error.strerror or error}.", _NEXT) from None
    except UnicodeDecodeError as error:
        raise DataError(f'"{path}" is not UTF-8.', f"the byte 0x{data[error.start]:02x} stands at {error.start:,}.", _NEXT) from None


def parse_rows(text: str, name: str) -> list[dict[str, Any]]:
    """Return the rows of a log as name → value. A `log_history` (Hugging Face) is taken out of its JSON object."""
    if name.endswith((".jsonl", ".ndjson")):
        return [_parse_json_line(line, number, name) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if name.endswith(".json"):
        try:
            data = _parse_json(text)
        except ValueError as error:
            raise DataError(f'"{name}" is not JSON.', f"{error}.", _NEXT) from None
        rows = data.get("log_history") if isinstance(data, dict) else data
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise DataError(f'"{name}" holds no list of log entries.', "a trainer_state.json has them under log_history.", _NEXT)
        return rows
    try:
        return list(csv.DictReader(text.splitlines()))
    except csv.Error as error:
        raise DataError(f'"{name}" is not CSV.', f"{error}.", _NEXT) from None


def build_curve(rows: Iterable[Mapping[str, Any]]) -> Curve:
    """Return the curve of ``rows``: rows of the same step are merged, a row without one counts on."""
    table: dict[float, dict[str, float]] = {}
    broke_at: dict[str, float] = {}
    for number, row in enumerate(rows):
        numbers = {_rename(str(key)): value for key, raw in row.items() if (value := _parse_number(raw)) is not None}
        step = next((numbers[name] for name in STEP_NAMES if name in numbers and math.isfinite(numbers[name])), float(number))
        values = {k: v for k, v in numbers.items() if k not in STEP_NAMES and not any(word in k for word in IGNORED)}
        for name in (k for k, v in values.items() if not math.isfinite(v)):
            broke_at.setdefault(name, step)
        if values:
            table.setdefault(step, {}).update(values)
    steps = sorted(table)[:MAX_POINTS]
    names = sorted({name for step in steps for name in table[step]})
    series = {name: tuple(_finite(table[step].get(name)) for step in steps) for name in names}
    return Curve(tuple(steps), series, broke_at)


def _parse_json_line(line: str, number: int, name: str) -> dict[str, Any]:
    try:
        row = _parse_json(line)
    except ValueError as error:
        raise DataError(f"{name} line {number} is not JSON.", f"{error}.", _NEXT) from None
    if not isinstance(row, dict):
        raise DataError(f"{name} line {number} is no JSON object.", f"it is {line[:60]!r}.", _NEXT)
    return {**row, **row["metrics"]} if isinstance(row.get("metrics"), dict) else row


def _parse_json(text: str) -> Any:
    """Return the document; whole numbers as floats, which may have any number of digits. Raises ValueError."""
    try:
        return json.loads(text, parse_int=float)
    except RecursionError:
        raise ValueError("it nests too deep") from None


def _rename(name: str) -> str:
    """Return the one name of a series: ``loss``, ``val_…``, ``learning_rate``."""
    name = name.strip().lower().replace("/", "_").replace(" ", "_")
    name = RENAMED.get(name, name)
    for prefix in ("eval_", "valid_", "validation_", "test_"):
        if name.startswith(prefix):
            return "val_" + name.removeprefix(prefix)
    return name.removeprefix("train_")


def _parse_number(raw: Any) -> float | None:
    if isinstance(raw, bool) or raw is None or raw == "":
        return None
    try:
        return float(raw)
    except (TypeError, ValueError, OverflowError):
        return None


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
