"""1,000,000 binary scores of two models: ROC-AUC, average precision, log loss, Brier score, expected calibration error.

First the whole way from two parquet files, each side in a process of its own; then the metrics alone, from arrays in memory.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from timing import compare, compare_calls

if TYPE_CHECKING:
    from memeci.tallies import Tallies

N_UNITS = 1024
METRICS = ("roc_auc", "average_precision", "log_loss", "brier", "expected_calibration_error")

SKLEARN = """
import numpy as np, pandas as pd
from sklearn import metrics as m
from sklearn.calibration import calibration_curve
base, cand = (pd.read_parquet(path) for path in ('{base}', '{cand}'))
both = cand.merge(base[['id', 'score']], on='id', suffixes=('', '_base'))
y = both['label'].to_numpy()
for score in (both['score_base'].to_numpy(), both['score'].to_numpy()):
    m.roc_auc_score(y, score); m.average_precision_score(y, score); m.log_loss(y, score); m.brier_score_loss(y, score)
    calibration_curve(y, score, n_bins=15)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    label, scores = draw(options.rows)
    with tempfile.TemporaryDirectory() as folder:
        base, cand = write_files(Path(folder), label, scores)
        command = [sys.executable, "-m", "memeci", "evaluate", cand, "--baseline", base, "--no-meme", "--output-dir", f"{folder}/out"]
        command += [part for name in METRICS for part in ("--metric", name)]
        other = [sys.executable, "-c", SKLEARN.format(base=base, cand=cand)]
        compare("memeci evaluate, whole process", command, "pandas + scikit-learn, whole process", other, options.runs)
    compare_in_memory(label, scores, options.runs)


def draw(n: int) -> tuple[np.ndarray, list[np.ndarray]]:
    rng = np.random.default_rng(0)
    label = (rng.random(n) < 0.3).astype(np.int64)
    signal = label * 1.2 - 0.6
    return label, [1 / (1 + np.exp(-(signal + rng.normal(size=n) * noise))) for noise in (1.0, 0.95)]


def write_files(folder: Path, label: np.ndarray, scores: list[np.ndarray]) -> tuple[str, str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    order = np.random.default_rng(1).permutation(len(label))
    for name, score, rows in (("base", scores[0], np.arange(len(label))), ("cand", scores[1], order)):
        columns = {"id": rows, "label": label[rows], "prediction": (score[rows] > 0.5).astype(np.int64), "score": score[rows]}
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")
    return str(folder / "base.parquet"), str(folder / "cand.parquet")


def compare_in_memory(label: np.ndarray, scores: list[np.ndarray], runs: int) -> None:
    """Time values and influence by unit, for both models, beside scikit-learn's values alone."""
    from sklearn import metrics as m
    from sklearn.calibration import calibration_curve

    from memeci.measuring.measure import measure
    from memeci.metrics.calibration import ExpectedCalibrationError
    from memeci.metrics.ranking import AveragePrecision, RocAuc

    truth, unit = label.astype(np.float64), np.random.default_rng(2).integers(0, N_UNITS, len(label)).astype(np.int32)
    tallies = build_tallies(truth, scores, unit)

    def ours() -> None:
        measure(tallies, [RocAuc(), AveragePrecision(), ExpectedCalibrationError()])
        for score in scores:
            miss = np.where(truth > 0, 1 - score, score)
            for terms in (-np.log((1 - miss).clip(2.2e-16, 1)), np.square(miss)):
                np.bincount(unit, terms, N_UNITS)

    def theirs() -> None:
        for score in scores:
            m.roc_auc_score(label, score), m.average_precision_score(label, score)
            m.log_loss(label, score), m.brier_score_loss(label, score), calibration_curve(label, score, n_bins=15)

    compare_calls("memeci, values and influence", ours, "scikit-learn, values", theirs, runs)


def build_tallies(label: np.ndarray, scores: list[np.ndarray], unit: np.ndarray) -> Tallies:
    """Return what an engine would deliver: baseline and candidate, no slices."""
    from memeci.measurements import ALL
    from memeci.tallies import Leaves, ScoreArrays, SliceSet, Tallies, UnitTotals

    n = np.bincount(unit, minlength=N_UNITS)
    arrays = ScoreArrays(np.zeros(len(label), np.int32), unit, label, *scores)
    return Tallies(
        labels=("0", "1"),
        leaves=Leaves(np.array([len(label)]), (SliceSet((), (ALL,), np.zeros(1, np.int64)),)),
        has_baseline=True,
        positive=1,
        units=UnitTotals(np.zeros(N_UNITS, np.int64), np.arange(N_UNITS), n.astype(np.float64)),
        scores=arrays,
        confidences=arrays,
        n_units=N_UNITS,
    )


if __name__ == "__main__":
    main()
