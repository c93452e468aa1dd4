"""10,000,000 binary scores of two models that agree for the most part: ROC-AUC, its paired standard error and the decision.

From arrays in memory, reading left out; beside scikit-learn's ROC-AUC of each, which has no error bar.
"""

from __future__ import annotations

import argparse

import numpy as np
from scores_1m import N_UNITS, build_tallies
from timing import compare_calls, time_call

SHAPES = {"spread": (1.0, 0.0), "very sure of itself": (8.0, -6.0)}


def main() -> None:
    from sklearn.metrics import roc_auc_score

    from memeci.decision import decide
    from memeci.measuring.measure import measure
    from memeci.metrics.ranking import AveragePrecision, RocAuc
    from memeci.policy import Policy

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    for name, (slope, shift) in SHAPES.items():
        label, scores = draw(options.rows, slope, shift)
        unit = np.random.default_rng(2).integers(0, N_UNITS, len(label)).astype(np.int32)
        tallies = build_tallies(label, scores, unit)
        print(f"scores: {name}")
        compare_calls(
            "memeci, paired ROC-AUC, decided",
            lambda tallies=tallies: decide(measure(tallies, [RocAuc()]), Policy()),
            "scikit-learn, ROC-AUC of both",
            lambda label=label, scores=scores: [roc_auc_score(label, score) for score in scores],
            options.runs,
        )
        both = [RocAuc(), AveragePrecision()]
        print(
            "with average precision: wall {:.2f} s, cpu {:.2f} s".format(
                *time_call(lambda tallies=tallies, both=both: measure(tallies, both))
            )
        )
        binned, exact = measure(tallies, both), measure(tallies, both, bin_above=options.rows)
        for j, metric in enumerate(both):
            off = abs(binned.delta[j] - exact.delta[j])
            print(f"{metric.name}: change off by {off:.1e}, said to be at most {binned.slack[j]:.1e}; standard error {exact.se[j]:.1e}")
        print()


def draw(n: int, slope: float, shift: float) -> tuple[np.ndarray, list[np.ndarray]]:
    rng = np.random.default_rng(0)
    label = (rng.random(n) < 0.3).astype(np.float64)
    common = label * 1.2 - 0.6 + rng.normal(size=n)
    return label, [1 / (1 + np.exp(-slope * (common + rng.normal(size=n) * 0.2) - shift)) for _ in range(2)]


if __name__ == "__main__":
    main()
