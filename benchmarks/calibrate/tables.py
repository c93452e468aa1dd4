"""How the calibration says what it found: a markdown table in docs/calibration, and a line of progress."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(__file__).parent.parent.parent / "docs" / "calibration"


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def format_rate(hits: int, n: int) -> str:
    return f"{100 * hits / n:.1f}"


def write_table(name: str, title: str, text: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.md").write_text(f"# {title}\n\nWritten by `make calibrate`; do not edit.\n\n{text}\n", encoding="utf-8")


def report_progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
