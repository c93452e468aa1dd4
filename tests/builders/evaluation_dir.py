"""A finished evaluation as `memeci evaluate` leaves it: record.json and predictions.parquet in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

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


def write_evaluation(folder: Path, evaluation: Evaluation, predictions: bytes = b"PAR1 not really PAR1") -> Path:
    """Write it, with a .gitignore of its own, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("*\n")
    (folder / "record.json").write_bytes(encode_record(evaluation))
    (folder / "predictions.parquet").write_bytes(predictions)
    return folder
