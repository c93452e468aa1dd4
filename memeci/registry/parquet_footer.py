"""What a parquet file says about itself, read from its footer alone: rows, and bytes when unpacked. A guard, not a reader.

Predictions fetched from a remote are opened only after this: a file of some kilobytes may claim to unpack to terabytes.
Footer: https://parquet.apache.org/docs/file-format/ ; encoded as in
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from memeci.errors import DataError
from memeci.registry.command import KIB, MIB

_MAGIC = b"PAR1"
_FOOTER_LIMIT = 16 * MIB
_MAX_ROWS = 1_000_000_000
_BYTES_PER_ROW = 4 * KIB
_MAX_DEPTH = 12
_STRUCT, _LIST, _BINARY, _DOUBLE = 12, 9, 8, 7
_NUM_ROWS, _ROW_GROUPS, _TOTAL_BYTE_SIZE = 3, 4, 2


class Footer(msgspec.Struct, frozen=True):
    """``unpacked`` is the sum over row groups of their bytes when not compressed, as the file claims it."""

    rows: int
    unpacked: int


def check_predictions(path: Path, n: int, name: str) -> None:
    """Raise DataError unless the parquet file at ``path`` claims ``n`` rows of a believable size; ``name`` is for messages."""
    try:
        footer = read_footer(path)
    except (ValueError, struct.error, IndexError, RecursionError) as error:
        raise _unusable(name, f"the file is no parquet file, or a damaged one: {error}.") from error
    if footer.rows != n:
        raise _unusable(name, f"the file has {footer.rows:,} rows, its record is about {n:,} examples.")
    if footer.rows > _MAX_ROWS or footer.unpacked > footer.rows * _BYTES_PER_ROW + 16 * MIB:
        raise _unusable(name, f"{path.stat().st_size:,} bytes would unpack to {footer.unpacked:,} for {footer.rows:,} rows.")


def _unusable(name: str, why: str) -> DataError:
    return DataError(f"the predictions of {name} cannot be used.", why, "run `memeci evaluate` and `memeci release` again.")


def read_footer(path: Path) -> Footer:
    """Return what the footer says. Raises ValueError where it cannot be read."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if size < 12 or file.read(4) != _MAGIC:
            raise ValueError("it does not begin like one")
        file.seek(-8, 2)
        length, magic = struct.unpack("<I4s", file.read(8))
        if magic != _MAGIC or length > min(size - 12, _FOOTER_LIMIT):
            raise ValueError("it does not end like one")
        file.seek(-8 - length, 2)
        content = _read_struct(_Cursor(file.read(length)), 0)
    groups = content.get(_ROW_GROUPS, [])
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        raise ValueError("it has no row groups")
    return Footer(_size_in(content, _NUM_ROWS), sum(_size_in(group, _TOTAL_BYTE_SIZE) for group in groups))


def _size_in(fields: dict[int, Any], field: int) -> int:
    value = fields.get(field)
    if not isinstance(value, int) or value < 0:
        raise ValueError("a size is missing")
    return value


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def byte(self) -> int:
        value = self.data[self.at]
        self.at += 1
        return value

    def varint(self) -> int:
        value, shift = 0, 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise ValueError("a number is too long")

    def zigzag(self) -> int:
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def skip(self, count: int) -> None:
        self.at += count
        if self.at > len(self.data):
            raise ValueError("it is cut off")


def _read_struct(cursor: _Cursor, depth: int) -> dict[int, Any]:
    if depth > _MAX_DEPTH:
        raise ValueError("it is nested too deeply")
    fields: dict[int, Any] = {}
    field = 0
    while header := cursor.byte():
        kind, step = header & 0x0F, header >> 4
        field = field + step if step else cursor.zigzag()
        # A boolean field has its value in the type itself.
        fields[field] = kind == 1 if kind in {1, 2} else _read_value(cursor, kind, depth)
    return fields


def _read_value(cursor: _Cursor, kind: int, depth: int) -> Any:
    if kind in {1, 2, 3}:
        return cursor.byte()
    if kind in {4, 5, 6}:
        return cursor.zigzag()
    if kind in {_DOUBLE, _BINARY}:
        cursor.skip(8 if kind == _DOUBLE else cursor.varint())
        return None
    if kind in {_LIST, 10}:
        return list(_read_list(cursor, depth))
    if kind == _STRUCT:
        return _read_struct(cursor, depth + 1)
    raise ValueError(f"it holds a field of an unknown kind ({kind})")


def _read_list(cursor: _Cursor, depth: int) -> Iterator[Any]:
    header = cursor.byte()
    count, kind = header >> 4, header & 0x0F
    if count == 15:
        count = cursor.varint()
    if count > len(cursor.data):
        raise ValueError("a list is too long")
    for _ in range(count):
        yield _read_value(cursor, kind, depth + 1)
