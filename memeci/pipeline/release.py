"""Before a release: the predictions that a very large evaluation left out are written beside its record."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from memeci.config import Config
from memeci.engines.digest import compute_digest
from memeci.engines.duckdb import DuckDBEngine
from memeci.engines.export import write_predictions
from memeci.errors import DataError
from memeci.filenames import PREDICTIONS_FILE, RECORD_FILE
from memeci.pipeline.sides import Setup, load_candidate
from memeci.record_file import read_evaluation


def complete_outputs(folder: Path, config: Config, environment: Mapping[str, str]) -> None:
    """Write predictions.parquet into ``folder`` from the file the record names, if it is not there already.

    Raises DataError where that file is gone, or holds other ids or labels than those evaluated.
    """
    target = folder / PREDICTIONS_FILE
    if target.exists() or not (folder / RECORD_FILE).is_file():
        return
    record = read_evaluation(folder / RECORD_FILE, next_step="evaluate again: memeci evaluate")
    with (
        tempfile.TemporaryDirectory(prefix="memeci-", dir=folder) as scratch,
        DuckDBEngine(memory_limit=config.memory_limit) as engine,
    ):
        table, _ = load_candidate(engine, record.candidate.source, Setup(config, environment, Path(scratch)))
        if compute_digest(engine, table) != record.dataset.digest:
            raise DataError(
                f"{record.candidate.source} is not what was evaluated.",
                "its ids and labels have another digest than the record's: the file changed since.",
                "evaluate again, then release.",
            )
        written = Path(scratch) / PREDICTIONS_FILE
        write_predictions(engine, table, written)
        os.replace(written, target)
