"""record.json on its way in: size, schema version, schema. Knows no git."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from memeci.errors import DataError
from memeci.records import SCHEMA_VERSION, Evaluation, Record, decode_record

RECORD_LIMIT = 32 * 1024 * 1024
"""Bytes read of a record.json from anywhere. One with every list at its longest stays far below."""

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]

OTHER_BASELINE = "choose another baseline with --baseline, or release this model again."

UPGRADES: Mapping[int, Upgrade] = MappingProxyType({})
"""Schema version → what turns a record of that version into one of the next. Version 1 is the first there is."""


class _Peek(msgspec.Struct):
    schema_version: int = 0


def read_record(path: Path, *, next_step: str) -> Record:
    """Return the record in a file. Raises DataError where it cannot be read, and as `load_record` does."""
    return load_record(_read(path, next_step), str(path), next_step=next_step)


def read_evaluation(path: Path, *, next_step: str) -> Evaluation:
    """Return the evaluation in a file. Raises DataError where it cannot be read, and as `load_evaluation` does."""
    return load_evaluation(_read(path, next_step), str(path), next_step=next_step)


def load_record(data: bytes, name: str, upgrades: Mapping[int, Upgrade] = UPGRADES, *, next_step: str = OTHER_BASELINE) -> Record:
    """Return the record in ``data``, upgraded to today's schema. ``name`` is what messages call it.

    Raises DataError for a record that is newer than this memeci, too large, or broken.
    """
    if len(data) > RECORD_LIMIT:
        raise _unusable(name, f"no record has more than {RECORD_LIMIT:,} bytes.", next_step)
    try:
        version = msgspec.json.decode(data, type=_Peek).schema_version
        if version > SCHEMA_VERSION:
            raise _too_new(name, version)
        return decode_record(_upgrade(data, version, upgrades))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise _unusable(name, f"it does not fit the schema: {error}.", next_step) from error


def load_evaluation(data: bytes, name: str, upgrades: Mapping[int, Upgrade] = UPGRADES, *, next_step: str = OTHER_BASELINE) -> Evaluation:
    """Return the evaluation in ``data``. Raises DataError as `load_record` does, and for the record of a failed run."""
    record = load_record(data, name, upgrades, next_step=next_step)
    if not isinstance(record, Evaluation):
        raise _unusable(name, "it tells of a failed run, not of an evaluation.", next_step)
    return record


def _read(path: Path, next_step: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(RECORD_LIMIT + 1)
    except FileNotFoundError:
        raise DataError(f"there is no record at {path}.", next_step=next_step) from None
    except OSError as error:
        raise DataError(f"{path} cannot be read.", f"{error.strerror or error}.", next_step) from None


def _upgrade(data: bytes, version: int, upgrades: Mapping[int, Upgrade]) -> bytes:
    if version == SCHEMA_VERSION:
        return data
    record = msgspec.json.decode(data, type=dict[str, Any])
    for step in range(version, SCHEMA_VERSION):
        if step not in upgrades:
            raise msgspec.ValidationError(f"no way from schema version {step} to {SCHEMA_VERSION}")
        record = upgrades[step](record) | {"schema_version": step + 1}
    return msgspec.json.encode(record)


def _too_new(name: str, version: int) -> DataError:
    return DataError(
        f"{name} was written by a newer memeci.",
        f"its schema version is {version}; this memeci reads up to {SCHEMA_VERSION}.",
        "upgrade memeci: `pip install --upgrade memeci`.",
    )


def _unusable(name: str, why: str, next_step: str) -> DataError:
    return DataError(f"{name} cannot be used.", why, next_step)
