"""What the user demands: tolerances, floors and rules. Data only; `decision` applies it."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from memeci.class_names import name_every_class
from memeci.measurements import SliceKey


class Rule(enum.Enum):
    """When a loss fails. The default asks: is it surely a loss, and larger than the tolerance as measured?"""

    DEFAULT = "default"
    STRICT = "strict"
    REQUIRE_PROOF = "require_proof"


class OnInconclusive(enum.Enum):
    PASS = "pass"
    FAIL = "fail"


class Tolerance(msgspec.Struct, frozen=True):
    """A loss that is accepted: absolute in the metric's unit, or relative to the baseline's value (``relative`` 0.02 = 2 %)."""

    absolute: float = 0.0
    relative: float = 0.0

    def at(self, baseline: float) -> float:
        """Return the accepted loss in the metric's unit for this baseline value."""
        return max(self.absolute, self.relative * abs(baseline))


class Gate(msgspec.Struct, frozen=True):
    """One line under ``gates:``. ``minimum`` is a floor (a ceiling for metrics where lower is better)."""

    tolerance: Tolerance = Tolerance()
    minimum: float | None = None
    rule: Rule | None = None
    gated: bool = True


class Policy(msgspec.Struct, frozen=True):
    """All demands on one evaluation.

    ``gates`` maps (metric, scope) to a gate; a scope is "" (all examples), a slice column list "platform" or
    "platform,lang" (every value of it), or one value "platform=ios". The most specific one holds; "recall[*]" is for every
    class that has no gate of its own.
    ``noise`` maps a metric to its noise floor: the standard deviation of its value between runs of the same code.
    """

    alpha: float = 0.01
    rule: Rule = Rule.DEFAULT
    on_inconclusive: OnInconclusive = OnInconclusive.PASS
    gates: Mapping[tuple[str, str], Gate] = msgspec.field(default_factory=dict)
    noise: Mapping[str, float] = msgspec.field(default_factory=dict)
    noise_runs: int = 0
    ungated: frozenset[str] = frozenset()
    min_slice_size: int = 30

    def gate(self, metric: str, key: SliceKey) -> Gate:
        """Return the most specific gate for a metric on a slice; the default gate (no loss accepted) where none is named.

        A slice inherits the tolerance of the whole, never its floor: 80 % over all says nothing about a slice of 40 examples.
        """
        found = self._find(metric, key)
        if found is None:
            return Gate(gated=metric not in self.ungated)
        gate = self.gates[found]
        _, scope = found
        return replace(gate, minimum=None) if key and not scope else gate

    def scope(self, metric: str, key: SliceKey) -> str | None:
        """Return the scope whose gate holds for a metric on a slice; None where no gate names it."""
        found = self._find(metric, key)
        return found[1] if found is not None else None

    def _find(self, metric: str, key: SliceKey) -> tuple[str, str] | None:
        if not self.gates:
            return None
        columns = ",".join(column for column, _ in key)
        exact = ",".join(f"{column}={value}" for column, value in key)
        wanted = ((name, scope) for name in (metric, name_every_class(metric)) for scope in (exact, columns, ""))
        return next((target for target in wanted if target in self.gates), None)
