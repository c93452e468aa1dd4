"""1,000,000 binary scores of two models: ROC-AUC, average precision, log loss, Brier score, expected calibration error.

First the whole way from two parquet files, each side in a process of its own; then the metrics alone, from arrays in memory.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from timing import compare

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
    """Time values with all influence, for both models, beside scikit-learn's values alone."""
    from sklearn import metrics as m
    from sklearn.calibration import calibration_curve

    from memeci.metrics.calibration import ExpectedCalibrationError
    from memeci.metrics.ranking import AveragePrecision, RocAuc
    from memeci.metrics.sample import Sample, sort_examples

    def ours() -> None:
        truth = label.astype(np.float64)
        for score in scores:
            order = sort_examples(score, truth, None)
            sample = Sample(truth[order], score[order])
            for metric in (RocAuc(), AveragePrecision(), ExpectedCalibrationError()):
                metric.measure(sample)
            probability = np.where(truth > 0, score, 1 - score)
            -np.log(probability.clip(2.2e-16, 1)).mean(), np.square(1 - probability).mean()

    def theirs() -> None:
        for score in scores:
            m.roc_auc_score(label, score), m.average_precision_score(label, score)
            m.log_loss(label, score), m.brier_score_loss(label, score), calibration_curve(label, score, n_bins=15)

    pairs = [(time_call(ours), time_call(theirs)) for _ in range(runs)]
    a, b = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"in memory, CPU: memeci with influence {a:.2f} s, scikit-learn {b:.2f} s, ratio {b / a:.1f}")


def time_call(call) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


if __name__ == "__main__":
    main()
