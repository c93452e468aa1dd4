"""Runs the real command in a folder, in this process, and keeps what it printed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from memeci.cli import main
from memeci.records import Evaluation, decode_record


@dataclass(frozen=True)
class Ran:
    """One finished command."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def record(self) -> Evaluation:
        record = decode_record((self.folder / ".memeci" / "record.json").read_bytes())
        assert isinstance(record, Evaluation)
        return record

    def outcome(self, metric: str, **where: str | None) -> str:
        return next(c.outcome.value for c in self.record.comparisons if c.metric == metric and c.slice == where)

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run_memeci(folder: Path, *arguments: str | Path) -> Ran:
    """Run ``memeci`` with these arguments in ``folder``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr, folder)
