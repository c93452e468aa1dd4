"""Files that people give us and we do not read: each named, with the next step. Known by their first bytes."""

from __future__ import annotations

from memeci.errors import DataError
from memeci.readers.probe import Probe

_AS_TABLE = "write the predictions as parquet, CSV or JSON lines."
_PANDAS = "from pandas: df.to_parquet(path)"

# First bytes -> (what it is, next step).
_BY_MAGIC: dict[bytes, tuple[str, str]] = {
    b"version https://git-lfs": ("a pointer of Git LFS, not the file itself", "git lfs pull, or `lfs: true` in the checkout step."),
    b"ARROW1": ("an Arrow (Feather) file", _PANDAS),
    b"\xff\xff\xff\xff": ("an Arrow stream", _PANDAS),
    b"ORC": ("an ORC file", _AS_TABLE),
    b"Obj\x01": ("an Avro file", _AS_TABLE),
    b"\x89HDF": ("an HDF5 file", _PANDAS),
    b"SQLite format 3": ("an SQLite database", _AS_TABLE),
    b"\x93NUMPY": ("a NumPy array", "put the arrays side by side in a table: pandas.DataFrame({...}).to_parquet(path)"),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook", "save it as CSV UTF-8."),
    b"%PDF": ("a PDF", _AS_TABLE),
    b"7z\xbc\xaf": ("a 7z archive", "unpack it first."),
    b"BZh": ("compressed with bzip2", "unpack it first, or use gzip or zstd."),
    b"\xfd7zXZ": ("compressed with xz", "unpack it first, or use gzip or zstd."),
    b"\x04\x22\x4d\x18": ("compressed with lz4", "unpack it first, or use gzip or zstd."),
    b"outs:": ("a pointer of DVC, not the file itself", "dvc pull, and name the file without .dvc."),
}
_ZIP = b"PK\x03\x04"


def check_foreign(probe: Probe) -> None:
    """Raise DataError if the head is that of a known format that memeci does not read."""
    head = probe.head or b""
    found = next((entry for magic, entry in _BY_MAGIC.items() if head.startswith(magic)), None) or _find_other(probe, head)
    if found is not None:
        raise DataError(f"{probe.path} is {found[0]}.", "memeci reads parquet, CSV, TSV, JSON lines and JSON.", found[1])


def _find_other(probe: Probe, head: bytes) -> tuple[str, str] | None:
    if head.startswith(_ZIP):
        if b"xl/" in head or probe.suffix in {".xlsx", ".xlsm"}:
            return ("an Excel workbook", "save it as CSV UTF-8.")
        return ("a zip archive", "unpack it first.")
    # Pickle protocol 2 and later: PROTO, the protocol's number, and then an opcode, never text.
    if len(head) > 2 and head[0] == 0x80 and 2 <= head[1] <= 5:
        return ("a Python pickle", _PANDAS)
    if head[:512].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        return ("a web page", "look at it: the download probably got an error or a login page.")
    if head[257:262] == b"ustar":
        return ("a tar archive", "unpack it first.")
    return None
