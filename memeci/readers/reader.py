"""What a reader is: it recognises one format by its content, checks one file, and says how an engine scans it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import msgspec

from memeci.readers.probe import Probe
from memeci.relation import FileFormat


class Layout(msgspec.Struct, frozen=True):
    """How a file is scanned. Files of one relation share their layout."""

    format: FileFormat
    delimiter: str = ","
    compression: str = "none"
    columns: tuple[str, ...] = ()
    bom: bool = False


class Opened(msgspec.Struct, frozen=True):
    """A checked file: usually the file itself, or what a reader made of it."""

    path: Path
    layout: Layout


class Reader(Protocol):
    """One input format.

    ``title`` completes "this file holds …"; ``suffixes`` are the names that promise this format (".csv"). ``textual`` readers
    are asked after the binary ones, once the content is known to be UTF-8. ``matches`` looks at content alone and is cheap;
    ``open`` raises DataError where the file is broken or holds no examples.
    """

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def suffixes(self) -> tuple[str, ...]: ...

    @property
    def textual(self) -> bool: ...

    def matches(self, probe: Probe) -> bool: ...

    def open(self, probe: Probe) -> Opened: ...
