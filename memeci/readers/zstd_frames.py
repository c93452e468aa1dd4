"""Whether a zstd file is whole, told by its block lengths alone: decoders that read a stream end quietly where it was cut.

Format: RFC 8878, section 3.1. Nothing is decompressed; of 128 KiB of data three bytes are read.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

_MAGIC = 0xFD2FB528
_SKIPPABLE = range(0x184D2A50, 0x184D2A60)
_RLE = 1


def is_whole(path: Path) -> bool:
    """Return whether every frame in the file ends, and nothing else follows. Raises OSError."""
    size = path.stat().st_size
    with path.open("rb", buffering=64) as file:
        while file.tell() < size:
            if not _skip_frame(file, size):
                return False
    return size > 0


def _skip_frame(file: BinaryIO, size: int) -> bool:
    magic = int.from_bytes(file.read(4), "little")
    if magic in _SKIPPABLE:
        return _skip(file, int.from_bytes(file.read(4), "little"), size)
    if magic != _MAGIC:
        return False
    descriptor = file.read(1)
    if not descriptor or not _skip(file, _header_length(descriptor[0]), size):
        return False
    last = False
    while not last:
        header = file.read(3)
        if len(header) < 3:
            return False
        value = int.from_bytes(header, "little")
        last, kind, length = bool(value & 1), value >> 1 & 3, value >> 3
        if not _skip(file, 1 if kind == _RLE else length, size):
            return False
    return _skip(file, 4 if descriptor[0] >> 2 & 1 else 0, size)


def _header_length(descriptor: int) -> int:
    """Return the bytes after the descriptor: window, dictionary, content size (section 3.1.1.1.1)."""
    single_segment = descriptor >> 5 & 1
    content = (single_segment, 2, 4, 8)[descriptor >> 6]
    return (1 - single_segment) + (0, 1, 2, 4)[descriptor & 3] + content


def _skip(file: BinaryIO, length: int, size: int) -> bool:
    return file.seek(length, os.SEEK_CUR) <= size
