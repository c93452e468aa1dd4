"""A finished evaluation as `memeci evaluate` leaves it: record.json and predictions.parquet in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from memeci.records import (
    Candidate,
    Comparison,
    Dataset,
    DecisionInfo,
    Evaluation,
    Outcome,
    Provenance,
    Status,
    Task,
    Text,
    Verdict,
    encode_record,
)


def build_evaluation(commit: str | None, *, model: str = "sentiment", status: Status = Status.PASS, **changes: Any) -> Evaluation:
    """A small evaluation of ``commit``; ``changes`` replace whole fields."""
    evaluation = Evaluation(
        model=model,
        task=Task.BINARY,
        candidate=Candidate("predictions.parquet", commit),
        baseline=None,
        dataset=Dataset(3, "sha256:" + "0" * 64, ("0", "1")),
        comparisons=(Comparison("accuracy", 3, Outcome.MEASURED, candidate=0.75),),
        verdict=Verdict(status, Text("Nothing to compare with yet.", "还没有可比的版本。")),
        decision=DecisionInfo("default", 0.01, 1),
        provenance=Provenance("0.1.0", "2026-01-02T03:04:05Z", "duckdb"),
    )
    return msgspec.structs.replace(evaluation, **changes)


def build_predictions(n: int = 3) -> bytes:
    """A parquet file with the canonical columns and ``n`` rows."""
    ids = pa.array([str(i) for i in range(n)])
    labels = pa.array([str(i % 2) for i in range(n)])
    buffer = pa.BufferOutputStream()
    pq.write_table(pa.table({"id": ids, "label": labels, "prediction": labels}), buffer)
    return bytes(buffer.getvalue())


def write_evaluation(folder: Path, evaluation: Evaluation, predictions: bytes | None = None) -> Path:
    """Write it, with a .gitignore of its own, and return the folder. Its predictions have as many rows as the dataset."""
    if predictions is None:
        predictions = build_predictions(evaluation.dataset.n)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("*\n")
    (folder / "record.json").write_bytes(encode_record(evaluation))
    (folder / "predictions.parquet").write_bytes(predictions)
    return folder
