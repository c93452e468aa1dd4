"""Rank metrics on every slice: ROC-AUC, average precision, and their one-vs-rest means.

Examples are sorted, once a model; beyond ``bin_above`` of them they are put into bins instead, and into finer bins or sorted only in
slices where the bins might matter beside the standard error.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from memeci.measurements import Floats
from memeci.measuring.binned_scores import BinnedScores, bin_scores, choose_bits
from memeci.measuring.part import InfluenceTable, Part, UnitInfluence
from memeci.measuring.row_blocks import split_rows
from memeci.measuring.scored import RankedSide, Scores, SetResult, list_sides
from memeci.measuring.sorted_scores import sort_scores
from memeci.metrics.metric import RankMetric
from memeci.metrics.one_vs_rest import OneVsRest
from memeci.tallies import ScoreArrays, SliceSet, Tallies

RANK_BINS_ABOVE = 2_000_000
"""Examples beyond which scores are put into bins."""

MAX_SLACK = 0.05
"""The most that bins may move a difference, in standard errors of it."""

FINER_BITS = 2
"""Four times as many bins where that is likely to do."""

FINER_SHARE = 1 / 8
"""Part of the examples from which on finer bins cost less than sorting."""

THREADS_ABOVE = 100_000

Side = TypeVar("Side")
Result = TypeVar("Result")


def measure_ranks(tallies: Tallies, metrics: Sequence[RankMetric], positions: Sequence[int], *, bin_above: int = RANK_BINS_ABOVE) -> Part:
    """Return the part of all rank metrics."""
    jobs = _list_jobs(tallies, metrics)
    table = _RankTable(tallies, len(metrics), [column for job in jobs for column in job.columns])
    for job in jobs:
        table.add(job, bin_above)
    return table.build([metric.undefined for metric in metrics], positions)


class _Job(msgspec.Struct, frozen=True):
    """Metrics of some arrays; their ``columns`` among all metrics, and the number of classes averaged over."""

    arrays: ScoreArrays
    metrics: tuple[RankMetric, ...]
    columns: tuple[int, ...]
    classes: int = 1


def _list_jobs(tallies: Tallies, metrics: Sequence[RankMetric]) -> list[_Job]:
    over = [i for i, metric in enumerate(metrics) if isinstance(metric, OneVsRest)]
    plain = [i for i in range(len(metrics)) if i not in over]
    sources = [(tallies.scores, plain, 1)] if tallies.scores is not None else []
    sources += [(arrays, over, len(tallies.class_scores)) for arrays in tallies.class_scores]
    return [_Job(arrays, tuple(metrics[i] for i in chosen), tuple(chosen), n) for arrays, chosen, n in sources if chosen]


class _RankTable(InfluenceTable):
    """Adds up what the jobs of several classes find; ``filled`` lists the columns that have a job."""

    def __init__(self, tallies: Tallies, n_metrics: int, filled: Sequence[int]) -> None:
        super().__init__(tallies, n_metrics, has_jobs=bool(filled))
        shape = self.candidate.shape
        self.baseline[:, filled], self.candidate[:, filled] = 0.0, 0.0
        self.positive, self.negative = np.full(shape, np.inf), np.full(shape, np.inf)
        self.slack = np.zeros(shape)

    def add(self, job: _Job, bin_above: int) -> None:
        arrays, columns = job.arrays, list(job.columns)
        n = len(arrays.label)
        known = self.tallies.has_baseline and not any(np.isnan(arrays.base[rows]).any() for rows in split_rows(n))
        if self.tallies.has_baseline and not known:
            self.baseline[:, columns], self.unknown[columns] = np.nan, True
        binned = n > bin_above and arrays.weight is None
        sides = list_sides(arrays, has_baseline=known)
        if binned and known and _are_equal(*sides):
            sides = sides[:1]  # no difference has an error here, but the value has
        ranked: list[Any] = _map_sides(bin_scores if binned else sort_scores, sides, n)
        first = 0
        for slice_set in self.tallies.leaves.sets:
            rows = slice(first, first := first + len(slice_set.keys))
            shares = self.influence.shares[rows]
            measure = functools.partial(_measure_set, slice_set=slice_set, metrics=job.metrics, n_units=shares.shape[1])
            results = _map_sides(measure, ranked, n)
            if binned:
                _settle_doubts(ranked, results, slice_set, job.metrics, shares)
            results = results * 2 if known and len(results) == 1 else results
            self._add_results(results, rows, job)

    def _add_results(self, results: list[SetResult], rows: slice, job: _Job) -> None:
        at = (rows, list(job.columns))
        for values, sign, result in zip((self.candidate, self.baseline), (1.0, -1.0), results, strict=False):
            values[at] += result.values / job.classes
            self.influence.sums[(rows, slice(None), at[1])] += sign / job.classes * result.sums
            self.positive[at] = np.minimum(self.positive[at], result.positives[:, None])
            self.negative[at] = np.minimum(self.negative[at], result.negatives[:, None])
            self.slack[at] += result.slack / job.classes

    def build(self, undefined: Sequence[str], positions: Sequence[int]) -> Part:
        positive, negative = (np.where(np.isfinite(n), n, -1.0) for n in (self.positive, self.negative))
        return replace(super().build(undefined, positions), n_positive=positive, n_negative=negative, slack=self.slack)


def _are_equal(first: Scores, second: Scores) -> bool:
    pairs = ((first.score, second.score), (first.label, second.label))
    return all(np.array_equal(a[rows], b[rows]) for a, b in pairs for rows in split_rows(len(a)))


def _measure_set(side: RankedSide, slice_set: SliceSet, metrics: tuple[RankMetric, ...], n_units: int) -> SetResult:
    return side.measure(slice_set, metrics, n_units)


def _map_sides(function: Callable[[Side], Result], sides: Sequence[Side], n: int) -> list[Result]:
    """Return the function of each side; of many examples at once, for numpy sorts and adds without holding the interpreter."""
    if len(sides) < 2 or n < THREADS_ABOVE:
        return [function(side) for side in sides]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(len(sides)) as pool:
        return list(pool.map(function, sides))


def _settle_doubts(
    sides: Sequence[BinnedScores], results: list[SetResult], slice_set: SliceSet, metrics: tuple[RankMetric, ...], shares: Floats
) -> None:
    """Put better results in place of those whose bins may move a difference by more than a little of its error.

    Bins of a single score are exact after all; else finer bins may do; else the examples are sorted.
    """
    n, n_units = len(sides[0].code), shares.shape[1]

    def settle(chosen: NDArray[np.bool_], measure: Callable[[BinnedScores, SliceSet], SetResult]) -> None:
        if chosen.any():
            rest = _keep_slices(slice_set, chosen)
            for result, better in zip(results, _map_sides(lambda side: measure(side, rest), sides, n), strict=True):
                result.values[chosen], result.sums[chosen], result.slack[chosen] = better.values, better.sums, better.slack

    doubtful = _find_doubtful(results, shares)
    if not doubtful.any():
        return
    if all(_map_sides(lambda side: side.is_heaviest_pure(), sides, n)):
        settle(doubtful, lambda side, rest: side.measure(rest, metrics, n_units, pure=True))
    nearly = _find_doubtful(results, shares) & ~_find_doubtful(results, shares, MAX_SLACK * 2**FINER_BITS)
    if (results[0].positives + results[0].negatives)[nearly].sum() >= n * FINER_SHARE:
        rest = _keep_slices(slice_set, nearly)
        refined = _map_sides(lambda side: _bin_finely(side.scores, rest).refine(rest, metrics), sides, n)
        for result, (values, slack) in zip(results, refined, strict=True):
            result.values[nearly], result.slack[nearly] = values, slack
    settle(_find_doubtful(results, shares), lambda side, rest: sort_scores(_take_slices(side.scores, rest)).measure(rest, metrics, n_units))


def _bin_finely(scores: Scores, slice_set: SliceSet) -> BinnedScores:
    inside = _take_slices(scores, slice_set)
    return bin_scores(inside, choose_bits(len(inside.score)) + FINER_BITS)


def _take_slices(scores: Scores, slice_set: SliceSet) -> Scores:
    whole = not slice_set.columns
    return scores if whole else scores.take(np.flatnonzero(slice_set.membership[scores.leaf] >= 0))


def _find_doubtful(results: Sequence[SetResult], shares: Floats, limit: float = MAX_SLACK) -> NDArray[np.bool_]:
    """Return bool[S]: may the bins of some metric move its difference by more than ``limit`` standard errors?

    Results of one side only are held against the error of its own value.
    """
    change = results[0].sums - results[1].sums if len(results) > 1 else results[0].sums
    most = limit * UnitInfluence(change, shares).standard_error()
    slack = sum((result.slack for result in results), np.zeros_like(most))
    return ~np.asarray((slack <= most).all(axis=1))


def _keep_slices(slice_set: SliceSet, kept: NDArray[np.bool_]) -> SliceSet:
    number = np.r_[np.where(kept, np.cumsum(kept) - 1, -1), -1]  # the last is for −1: leaves of no slice
    keys = tuple(key for key, keep in zip(slice_set.keys, kept.tolist(), strict=True) if keep)
    return SliceSet(slice_set.columns, keys, number[slice_set.membership])
