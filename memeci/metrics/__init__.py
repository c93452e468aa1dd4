"""What a metric is: its value and its derivative, one definition each; and which of them an evaluation measures. Pure."""

from __future__ import annotations

from memeci.metrics.agreement import Accuracy, BalancedAccuracy, CohenKappa, HammingLoss, MatthewsCorrelation
from memeci.metrics.averages import Macro, Micro, OfClass, Weighted
from memeci.metrics.calibration import ExpectedCalibrationError
from memeci.metrics.means import MAE, MAPE, SMAPE, SUBSET_ACCURACY
from memeci.metrics.metric import Metric
from memeci.metrics.moments import R2, Pearson, RootMeanSquaredError
from memeci.metrics.one_vs_rest import OneVsRest
from memeci.metrics.order import MedianAbsoluteError, Spearman
from memeci.metrics.probability import BRIER_BINARY, BRIER_MULTICLASS, LOG_LOSS
from memeci.metrics.ranking import AveragePrecision, RocAuc
from memeci.metrics.ratios import F1, FALSE_NEGATIVE_RATE, FALSE_POSITIVE_RATE, PRECISION, RECALL, SPECIFICITY

# One line per metric. Two of one name serve different tasks.
METRICS: tuple[Metric, ...] = (
    Accuracy(),
    BalancedAccuracy(),
    OfClass(PRECISION),
    OfClass(RECALL),
    OfClass(F1),
    OfClass(SPECIFICITY),
    OfClass(FALSE_POSITIVE_RATE),
    OfClass(FALSE_NEGATIVE_RATE),
    Macro(PRECISION),
    Macro(RECALL),
    Macro(F1),
    Micro(PRECISION),
    Micro(RECALL),
    Micro(F1),
    Weighted(PRECISION),
    Weighted(RECALL),
    Weighted(F1),
    MatthewsCorrelation(),
    CohenKappa(),
    HammingLoss(),
    SUBSET_ACCURACY,
    RocAuc(),
    AveragePrecision(),
    OneVsRest(RocAuc()),
    OneVsRest(AveragePrecision()),
    LOG_LOSS,
    BRIER_BINARY,
    BRIER_MULTICLASS,
    ExpectedCalibrationError(),
    MAE,
    RootMeanSquaredError(),
    MedianAbsoluteError(),
    R2(),
    MAPE,
    SMAPE,
    Pearson(),
    Spearman(),
)

# Ratios that may be asked for by class: `recall[正面]`.
CLASS_RATIOS = {ratio.name: ratio for ratio in (PRECISION, RECALL, F1, SPECIFICITY, FALSE_POSITIVE_RATE, FALSE_NEGATIVE_RATE)}

# Shown with its change but never the reason of a failure, unless a gate names it.
UNGATED = frozenset({"expected_calibration_error"})

__all__ = ["CLASS_RATIOS", "METRICS", "UNGATED", "Metric"]
