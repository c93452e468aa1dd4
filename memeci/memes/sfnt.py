"""What a TrueType or OpenType file says about itself: its faces, their family names, and which characters they have.

A font matcher answers with DejaVu when it has nothing better, so only the character map of a face can be believed.
Format: https://learn.microsoft.com/typography/opentype/spec/otff
"""

from __future__ import annotations

import bisect
import struct
from collections.abc import Iterable
from pathlib import Path

import msgspec

WINDOWS, UNICODE = 3, 0
ENGLISH = 0x409


class Face(msgspec.Struct, frozen=True):
    """One face of a font file. ``starts`` and ``ends`` are the sorted, disjoint ranges of code points it has glyphs for."""

    path: Path
    index: int
    family: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    variable: bool

    def covers(self, character: str) -> bool:
        code = ord(character)
        at = bisect.bisect_right(self.starts, code) - 1
        return at >= 0 and code <= self.ends[at]

    def find_missing(self, text: str) -> str:
        """Return the distinct characters of ``text`` that this face cannot draw, in the order they come."""
        return "".join(dict.fromkeys(c for c in text if not c.isspace() and not self.covers(c)))


def read_faces(path: Path) -> list[Face]:
    """Return the faces of a font file; empty where it is no TrueType or OpenType file (WOFF2 is neither)."""
    try:
        data = path.read_bytes()
        offsets = struct.unpack_from(f">{struct.unpack_from('>L', data, 8)[0]}L", data, 12) if data[:4] == b"ttcf" else (0,)
        if data[:4] not in {b"ttcf", b"\0\1\0\0", b"OTTO", b"true"}:
            return []
        return [_read_face(path, index, data, offset) for index, offset in enumerate(offsets)]
    except (OSError, struct.error, UnicodeDecodeError):
        return []


def _read_face(path: Path, index: int, data: bytes, offset: int) -> Face:
    (n_tables,) = struct.unpack_from(">H", data, offset + 4)
    tables = {}
    for i in range(n_tables):
        tag, _, start, _ = struct.unpack_from(">4sLLL", data, offset + 12 + 16 * i)
        tables[tag] = start
    ranges = _read_ranges(data, tables[b"cmap"]) if b"cmap" in tables else []
    family = _read_family(data, tables[b"name"]) if b"name" in tables else ""
    return Face(path, index, family, tuple(a for a, _ in ranges), tuple(b for _, b in ranges), b"fvar" in tables)


def _read_family(data: bytes, start: int) -> str:
    """Return the typographic family (name 16) or else the family (name 1): what resvg matches ``font-family`` with."""
    _, count, strings = struct.unpack_from(">HHH", data, start)
    names: dict[int, str] = {}
    for i in range(count):
        platform, _, language, name_id, length, offset = struct.unpack_from(">6H", data, start + 6 + 12 * i)
        if name_id in {1, 16} and platform == WINDOWS and language == ENGLISH:
            raw = data[start + strings + offset : start + strings + offset + length]
            names[name_id] = raw.decode("utf-16-be")
    return names.get(16) or names.get(1, "")


def _read_ranges(data: bytes, start: int) -> list[tuple[int, int]]:
    """Return the sorted code point ranges of the best character map: format 12 (all of Unicode), else format 4."""
    (count,) = struct.unpack_from(">H", data, start + 2)
    subtables = {}
    for i in range(count):
        platform, _, offset = struct.unpack_from(">HHL", data, start + 4 + 8 * i)
        if platform in {WINDOWS, UNICODE}:
            (number,) = struct.unpack_from(">H", data, start + offset)
            subtables[number] = start + offset
    if 12 in subtables:
        return _read_format_12(data, subtables[12])
    return _read_format_4(data, subtables[4]) if 4 in subtables else []


def _read_format_12(data: bytes, start: int) -> list[tuple[int, int]]:
    (n_groups,) = struct.unpack_from(">L", data, start + 12)
    numbers = struct.unpack_from(f">{3 * n_groups}L", data, start + 16)
    return _merge(zip(numbers[0::3], numbers[1::3], strict=True))


def _read_format_4(data: bytes, start: int) -> list[tuple[int, int]]:
    segments = struct.unpack_from(">H", data, start + 6)[0] // 2
    ends = struct.unpack_from(f">{segments}H", data, start + 14)
    starts = struct.unpack_from(f">{segments}H", data, start + 16 + 2 * segments)
    return _merge((a, b) for a, b in zip(starts, ends, strict=True) if a != 0xFFFF)


def _merge(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for a, b in sorted(ranges):
        if merged and a <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
        else:
            merged.append((a, b))
    return merged
