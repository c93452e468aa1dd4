"""One-vs-rest macro averages of ROC-AUC and average precision over the classes of a multiclass task."""

from __future__ import annotations

import msgspec

from memeci.measurements import Floats
from memeci.metrics.ranking import AveragePrecision, RocAuc
from memeci.metrics.thresholds import Ranked, Thresholds
from memeci.records import Direction, Task, Unit


class OneVsRest(msgspec.Struct, frozen=True):
    """The plain mean of a binary rank metric over all classes, each against the rest.

    Needs one probability column per class. A class that never occurs: cannot be computed (scikit-learn refuses it too).
    """

    binary: RocAuc | AveragePrecision
    direction: Direction = Direction.HIGHER
    unit: Unit = Unit.RATE
    tasks: frozenset[Task] = frozenset({Task.MULTICLASS})
    undefined: str = "some class never occurs here"
    needs: str = "class_scores"
    kind = "rank"

    @property
    def name(self) -> str:
        return f"{self.binary.name}_ovr"

    def rank(self, at: Thresholds) -> Ranked:
        """Return what one class contributes, before the mean."""
        return self.binary.rank(at)

    def slack(self, at: Thresholds) -> Floats:
        return self.binary.slack(at)
