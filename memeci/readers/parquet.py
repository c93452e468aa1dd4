"""Parquet: begins and ends with PAR1, and says before its end how long its footer is."""

from __future__ import annotations

import shlex
import struct

from memeci.errors import DataError
from memeci.readers.probe import Probe
from memeci.readers.reader import Layout, Opened
from memeci.relation import FileFormat

MAGIC = b"PAR1"
ENCRYPTED_MAGIC = b"PARE"
# Magic, footer length (uint32) and magic again: https://parquet.apache.org/docs/file-format/
_SMALLEST = 12


class ParquetReader:
    name = "parquet"
    title = "parquet"
    suffixes = (".parquet", ".pq", ".parq")
    textual = False

    def matches(self, probe: Probe) -> bool:
        return (probe.head or b"").startswith((MAGIC, ENCRYPTED_MAGIC))

    def open(self, probe: Probe) -> Opened:
        """Check both ends of the file; the footer itself is the engine's to read."""
        if probe.compression != "none":
            raise DataError(
                f"{probe.path} is a parquet file inside a {probe.compression} file.",
                "parquet is compressed within, and is read from its end.",
                f"{'gunzip' if probe.compression == 'gzip' else 'zstd -d'} {shlex.quote(str(probe.path))}",
            )
        if probe.tail.endswith(ENCRYPTED_MAGIC):
            raise DataError(f"{probe.path} is an encrypted parquet file.", "its footer is encrypted.", "write it without encryption.")
        if probe.size < _SMALLEST or not probe.tail.endswith(MAGIC):
            raise _truncated(probe, f"it starts as parquet but does not end with it ({probe.size:,} bytes)")
        footer_bytes = struct.unpack("<I", probe.tail[:4])[0]
        if footer_bytes + _SMALLEST > probe.size:
            raise _truncated(probe, f"its footer should be {footer_bytes:,} bytes, the file has {probe.size:,}")
        return Opened(probe.path, Layout(FileFormat.PARQUET))


def _truncated(probe: Probe, why: str) -> DataError:
    return DataError(
        f"{probe.path} is a truncated parquet file.",
        f"{why}: the step that wrote or copied it stopped early.",
        "write it again; close the writer before the file is copied.",
    )
