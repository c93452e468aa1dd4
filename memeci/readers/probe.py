"""The first and last bytes of a file, decompressed and decoded. Never reads more: a file may be larger than memory."""

from __future__ import annotations

import codecs
import shlex
import zlib
from functools import cached_property
from pathlib import Path

import msgspec

from memeci.errors import DataError, build_cut_off
from memeci.readers.zstd_frames import is_whole

HEAD_BYTES = 65_536
TAIL_BYTES = 8

COMPRESSIONS = {".gz": "gzip", ".gzip": "gzip", ".zst": "zstd", ".zstd": "zstd"}
_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_UTF8_BOM = codecs.BOM_UTF8
# The order matters: the UTF-32 mark begins with the UTF-16 one.
_WIDE_BOMS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


class Probe(msgspec.Struct, frozen=True, dict=True):
    """A look at one file.

    ``head`` is the decompressed beginning, at most HEAD_BYTES; None where no decoder for its compression is at hand.
    ``tail`` is the end of the file as stored; ``whole`` says that ``head`` is everything.
    """

    path: Path
    size: int
    head: bytes | None
    tail: bytes
    compression: str
    whole: bool

    @property
    def suffix(self) -> str:
        """The suffix that names the format, in lower case: ".csv" for "a.CSV.gz"."""
        suffixes = [s.lower() for s in self.path.suffixes]
        if suffixes and suffixes[-1] in COMPRESSIONS:
            suffixes.pop()
        return suffixes[-1] if suffixes else ""

    @property
    def bom(self) -> bool:
        return (self.head or b"").startswith(_UTF8_BOM)

    @cached_property
    def text(self) -> str:
        """The head as text, without a byte-order mark. Raises DataError naming the encoding if it is not UTF-8."""
        data = (self.head or b"").removeprefix(_UTF8_BOM)
        try:
            return codecs.getincrementaldecoder("utf-8")().decode(data, final=self.whole)
        except UnicodeDecodeError as error:
            raise _encoding_error(self, data, error.start) from None

    def check_encoding(self) -> None:
        """Raise DataError where the bytes are no UTF-8 text."""
        head = self.head or b""
        wide = next((name for bom, name in _WIDE_BOMS.items() if head.startswith(bom)), None) or _find_unmarked_utf16(head)
        if wide:
            raise _recode_error(self, wide, "its first bytes are those of " + wide)
        if b"\0" in head:
            raise DataError(
                f"{self.path} is a binary file that memeci cannot read.",
                "it is neither parquet nor text.",
                "write the predictions as parquet, CSV or JSON lines.",
            )
        _ = self.text


def read_probe(path: Path) -> Probe:
    """Read the head and the tail of ``path``. Raises DataError if it is empty or cannot be read."""
    try:
        with path.open("rb") as file:
            stored = file.read(HEAD_BYTES)
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL_BYTES))
            tail = file.read(TAIL_BYTES)
    except OSError as error:
        raise DataError(f"{path} cannot be read.", f"{error.strerror or error}.", "look at its permissions.") from None
    if not stored:
        raise DataError(f"{path} is empty.", "it has 0 bytes.", "look at the step that writes it: did it run to its end?")
    compression = next((name for magic, name in _MAGIC.items() if stored.startswith(magic)), "none")
    _check_compression_name(path, compression)
    if compression == "zstd" and not is_whole(path):
        raise build_cut_off(str(path), compression)
    head = _decompress(path, stored, compression, all_there=size == len(stored))
    whole = size == len(stored) if compression == "none" else head is not None and len(head) < HEAD_BYTES and size == len(stored)
    return Probe(path, size, head, tail, compression, whole)


def _check_compression_name(path: Path, compression: str) -> None:
    promised = COMPRESSIONS.get(path.suffix.lower(), "none")
    if promised == compression:
        return
    if compression == "none":
        what, better = f"{path} is not compressed, though its name says {promised}.", path.with_suffix("")
    else:
        ending = {"gzip": ".gz", "zstd": ".zst"}[compression]
        what, better = f"{path} is compressed with {compression}, though its name does not say so.", path.with_name(path.name + ending)
    raise DataError(what, "its first bytes tell.", f"mv {shlex.quote(str(path))} {shlex.quote(str(better))}")


def _decompress(path: Path, stored: bytes, compression: str, *, all_there: bool) -> bytes | None:
    if compression == "none":
        return stored
    try:
        head, ended = _decompress_gzip(stored) if compression == "gzip" else (_decompress_zstd(stored), True)
    except (zlib.error, ValueError) as error:
        raise DataError(
            f"{path} cannot be decompressed.",
            f"its {compression} data is damaged ({error}).",
            "make or download the file again.",
        ) from None
    if all_there and not ended:
        raise build_cut_off(str(path), compression)
    if head == b"":
        raise DataError(
            f"{path} is empty.",
            f"it is a {compression} file with nothing inside.",
            "look at the step that writes it: did it run to its end?",
        )
    return head


def _decompress_gzip(stored: bytes) -> tuple[bytes, bool]:
    """Return the head, and whether the data went on: to its end, or beyond the head."""
    decoder = zlib.decompressobj(wbits=31)
    head = decoder.decompress(stored, HEAD_BYTES)
    return head, decoder.eof or len(head) == HEAD_BYTES


def _decompress_zstd(stored: bytes) -> bytes | None:
    """Return the head, or None before Python 3.14, which has no decoder: then the name is all we go by."""
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return None
    try:
        return bytes(zstd.ZstdDecompressor().decompress(stored, HEAD_BYTES))
    except zstd.ZstdError as error:
        raise ValueError(str(error)) from None


def _find_unmarked_utf16(head: bytes) -> str | None:
    """Return "UTF-16LE" or "UTF-16BE" where every other byte of the beginning is NUL, as in Latin text without a mark."""
    sample = head[:64]
    if len(sample) >= 8 and sample[0] and not any(sample[1:16:2]):
        return "UTF-16LE"
    if len(sample) >= 8 and sample[1] and not any(sample[0:16:2]):
        return "UTF-16BE"
    return None


def _encoding_error(probe: Probe, data: bytes, position: int) -> DataError:
    line = data.count(b"\n", 0, position) + 1
    try:
        codecs.getincrementaldecoder("gb18030")().decode(data, final=probe.whole)
    except UnicodeDecodeError:
        return DataError(
            f"{probe.path} is not UTF-8.",
            f"line {line} holds the byte 0x{data[position]:02x}, which UTF-8 does not allow there.",
            f"iconv -f ENCODING -t UTF-8 {shlex.quote(str(probe.path))} > {_recoded_name(probe)}, with the encoding it was written in.",
        )
    return _recode_error(probe, "GB18030", f"line {line} is not UTF-8, but reads as GBK or GB18030")


def _recode_error(probe: Probe, encoding: str, why: str) -> DataError:
    return DataError(
        f"{probe.path} is not UTF-8 but {encoding}.",
        f"{why}; memeci reads UTF-8.",
        f"iconv -f {encoding} -t UTF-8 {shlex.quote(str(probe.path))} > {_recoded_name(probe)}",
    )


def _recoded_name(probe: Probe) -> str:
    return shlex.quote(str(probe.path.with_name(f"{probe.path.stem}.utf8{probe.path.suffix}")))
