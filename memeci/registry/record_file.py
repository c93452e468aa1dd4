"""record.json on its way in: size, schema version, schema. Knows no git."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from memeci.errors import DataError
from memeci.records import MAX_RECORD_BYTES, SCHEMA_VERSION, Evaluation, decode_record

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]

OTHER_BASELINE = "choose another baseline with --baseline, or release this model again."

UPGRADES: Mapping[int, Upgrade] = MappingProxyType({})
"""Schema version → what turns a record of that version into one of the next. Version 1 is the first there is."""


class _Peek(msgspec.Struct):
    schema_version: int = 0


def read_evaluation(path: Path, *, next_step: str) -> Evaluation:
    """Return the evaluation in a file. Raises DataError where it cannot be read, and as `load_evaluation` does."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_RECORD_BYTES + 1)
    except OSError as error:
        raise DataError(f"{path} cannot be read.", f"{error.strerror or error}.", next_step) from None
    return load_evaluation(data, str(path), next_step=next_step)


def load_evaluation(data: bytes, name: str, upgrades: Mapping[int, Upgrade] = UPGRADES, *, next_step: str = OTHER_BASELINE) -> Evaluation:
    """Return the evaluation in ``data``, upgraded to today's schema. ``name`` is what messages call it.

    Raises DataError for a record that is newer than this memeci, too large, broken, or no evaluation.
    """
    if len(data) > MAX_RECORD_BYTES:
        raise _unusable(name, f"it is {len(data):,} bytes large; a record has at most {MAX_RECORD_BYTES:,}.", next_step)
    try:
        version = msgspec.json.decode(data, type=_Peek).schema_version
        if version > SCHEMA_VERSION:
            raise _too_new(name, version)
        record = decode_record(_upgrade(data, version, upgrades))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise _unusable(name, f"it does not fit the schema: {error}.", next_step) from error
    if not isinstance(record, Evaluation):
        raise _unusable(name, "it tells of a failed run, not of an evaluation.", next_step)
    return record


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
