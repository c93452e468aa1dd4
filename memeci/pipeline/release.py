"""Before a release: what a very large evaluation left out is written beside its record, and into it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from memeci.config import Config
from memeci.engines.digest import compute_digest, digest_files
from memeci.engines.duckdb import DuckDBEngine
from memeci.engines.export import write_predictions
from memeci.errors import DataError
from memeci.filenames import PREDICTIONS_FILE, RECORD_FILE
from memeci.pipeline.sides import Setup, load_candidate
from memeci.readers import open_predictions
from memeci.record_file import read_evaluation
from memeci.records import encode_record


def complete_outputs(folder: Path, config: Config, environment: Mapping[str, str]) -> None:
    """Write predictions.parquet into ``folder`` from the file the record names, and its digest into the record.

    Nothing is done where they are there already, or the evaluation did not leave them out.
    Raises DataError where that file is gone, or is not the one evaluated.
    """
    target = folder / PREDICTIONS_FILE
    if target.exists() or not (folder / RECORD_FILE).is_file():
        return
    record = read_evaluation(folder / RECORD_FILE, next_step="evaluate again: memeci evaluate")
    if record.candidate.file_digest is None:
        return
    if digest_files(open_predictions(record.candidate.source).paths) != record.candidate.file_digest:
        raise DataError(
            f"{record.candidate.source} is not what was evaluated.",
            "its bytes have another digest than the record's: the file changed since.",
            "evaluate again, then release.",
        )
    with (
        tempfile.TemporaryDirectory(prefix="memeci-", dir=folder) as scratch,
        DuckDBEngine(memory_limit=config.memory_limit) as engine,
    ):
        # The task may have been named on the command line; found anew from the data it could be another one.
        setup = Setup(replace(config, task=record.task), environment, Path(scratch))
        table, _ = load_candidate(engine, record.candidate.source, setup)
        if record.dataset.digest is None:
            record = replace(record, dataset=replace(record.dataset, digest=compute_digest(engine, table)))
            (Path(scratch) / RECORD_FILE).write_bytes(encode_record(record))
            os.replace(Path(scratch) / RECORD_FILE, folder / RECORD_FILE)
        write_predictions(engine, table, Path(scratch) / PREDICTIONS_FILE)
        os.replace(Path(scratch) / PREDICTIONS_FILE, target)
