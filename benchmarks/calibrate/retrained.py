"""Real A/A: the same code trained again with another seed, on scikit-learn's bundled data. How often does a gate flip?"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from benchmarks.calibrate.tables import format_table, report_progress, write_table
from benchmarks.calibrate.worlds import MULTICLASS, Data, Predictions, World, measure_pair
from memeci.decision import compute_noise_floor, decide
from memeci.measurements import Measurements
from memeci.policy import Policy
from memeci.records import Status

N_FLOOR_RUNS = 5


def main(n_seeds: int) -> None:
    rows = []
    for name, data, runs in _train_all(n_seeds):
        floor = compute_noise_floor(_values(data, runs[:N_FLOOR_RUNS]))
        fresh = list(combinations(runs[N_FLOOR_RUNS:], 2))
        counts = [0, 0, 0]
        for i, (base, cand) in enumerate(fresh):
            m = measure_pair(data, base, cand, seed=i, metrics=MULTICLASS)
            counts[0] += _any_drop(m)
            counts[1] += decide(m, Policy()).verdict.status is Status.FAIL
            counts[2] += decide(m, Policy(noise=floor.sigma, noise_runs=floor.runs)).verdict.status is Status.FAIL
        sigma = floor.sigma["accuracy"]
        rows.append([name, f"{data.world.n:,}", f"{100 * sigma:.2f}", *(f"{100 * c / len(fresh):.1f}" for c in counts)])
        report_progress(" ".join(rows[-1]))
    text = (
        f"Percent of pairs of {n_seeds - N_FLOOR_RUNS} runs (same code, same data, other seed) whose comparison fails, α = 1 %,\n"
        f"10 metrics. The floor comes from {N_FLOOR_RUNS} other runs. Without a floor the question is whether this model is worse, and a\n"
        "retrained model may well be.\n\n"
        + format_table(["model and data", "N", "σ of accuracy, pp", "any metric drops > 1 pp", "memeci", "memeci with floor"], rows)
    )
    write_table("retrained", "Retrained models on real data", text)


def _any_drop(m: Measurements) -> bool:
    return bool((m.delta < -0.01).any())


def _values(data: Data, runs: list[Predictions]) -> dict[str, list[float | None]]:
    values: dict[str, list[float | None]] = {}
    for run in runs:
        m = measure_pair(data, run, run, seed=0, metrics=MULTICLASS)
        for test, value in zip(m.tests, m.candidate.tolist(), strict=True):
            values.setdefault(test.metric, []).append(value)
    return values


def _train_all(n_seeds: int) -> list[tuple[str, Data, list[Predictions]]]:
    from sklearn.datasets import load_breast_cancer, load_digits
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import SGDClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def mlp(seed: int) -> Any:
        return make_pipeline(StandardScaler(), MLPClassifier((16,), random_state=seed, max_iter=60))

    def forest(seed: int) -> Any:
        return RandomForestClassifier(30, random_state=seed)

    def sgd(seed: int) -> Any:
        return make_pipeline(StandardScaler(), SGDClassifier(random_state=seed, max_iter=20, tol=None))

    found = []
    for data_name, loader in (("digits", load_digits), ("breast cancer", load_breast_cancer)):
        x, y = loader(return_X_y=True)
        order = np.random.default_rng(0).permutation(len(y))
        train, test = order[: len(y) // 3], order[len(y) // 3 :]
        data = Data(
            World(len(test), int(y.max()) + 1 if y.max() > 1 else 2, n_slices=0), y[test], np.zeros(len(test), np.int64), None, np.empty(0)
        )
        for name, build in (("MLP", mlp), ("random forest", forest), ("SGD", sgd)):
            runs = [_fit(build(seed), x, y, train, test) for seed in range(n_seeds)]
            found.append((f"{name}, {data_name}", data, runs))
    return found


def _fit(model: Any, x: Any, y: Any, train: Any, test: Any) -> Predictions:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few iterations are meant: the runs shall differ
        model.fit(x[train], y[train])
    return Predictions(model.predict(x[test]), np.full(len(test), 0.5))
