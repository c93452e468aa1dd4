"""The configuration as the rest of the program sees it, with its defaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from memeci.config.gates import GateConfig, resolve_scope, split_target
from memeci.filenames import OUTPUT_DIR
from memeci.policy import OnInconclusive, Policy, Rule
from memeci.records import DEFAULT_THEME, Direction, Task, Unit


class ColumnsConfig(msgspec.Struct, frozen=True):
    """Which column the user named for which part. ``unused`` lists the parts set to null: not even looked for.

    ``probabilities`` maps a label to its column, or is a pattern with a star: "prob_*".
    """

    id: str | None = None
    label: str | None = None
    prediction: str | None = None
    score: str | None = None
    weight: str | None = None
    group: str | None = None
    text: str | None = None
    probabilities: Mapping[str, str] | str | None = None
    unused: frozenset[str] = frozenset()


class MetricConfig(msgspec.Struct, frozen=True):
    """One entry of ``metrics``: a name we know, the mean of a ``column``, or a ``function`` of the user's ("module:function")."""

    name: str
    column: str | None = None
    function: str | None = None
    direction: Direction | None = None
    unit: Unit | None = None
    place: str = ""


class PunsConfig(msgspec.Struct, frozen=True):
    """``exclude`` lists words that must not appear in a Docker tag."""

    exclude: tuple[str, ...] = ()


class RegistryConfig(msgspec.Struct, frozen=True):
    """Records live in refs under ``namespace`` of ``remote``; None leaves the choice of the remote to the registry."""

    namespace: str = "refs/memeci"
    remote: str | None = None


class Config(msgspec.Struct, frozen=True):
    """One model's configuration.

    ``path`` is the file it came from (None: there is none) and ``root`` its folder, where ``command`` runs. ``places`` maps a
    dotted key ("columns.label", "slices[0]") to where it was written. ``digest`` changes if a setting does, not if a comment does.
    """

    model: str = "model"
    task: Task | None = None
    positive_label: str | None = None
    command: str | None = None
    predictions: str | None = None
    columns: ColumnsConfig = ColumnsConfig()
    slices: tuple[tuple[str, ...], ...] = ()
    min_slice_size: int = 30
    metrics: tuple[MetricConfig, ...] = ()
    gates: tuple[GateConfig, ...] = ()
    rule: Rule = Rule.DEFAULT
    baseline: str = "latest"
    on_inconclusive: OnInconclusive = OnInconclusive.PASS
    alpha: float = 0.01
    language: str = "both"
    theme: str = DEFAULT_THEME
    output_dir: str = OUTPUT_DIR
    memory_limit: str | None = None
    puns: PunsConfig = PunsConfig()
    registry: RegistryConfig = RegistryConfig()
    path: Path | None = None
    root: Path = Path()
    digest: str = ""
    places: Mapping[str, str] = msgspec.field(default_factory=dict)

    @property
    def slice_columns(self) -> tuple[str, ...]:
        """Every column some slice uses, once, in the order written."""
        return tuple(dict.fromkeys(column for columns in self.slices for column in columns))

    @property
    def number_columns(self) -> tuple[str, ...]:
        """Every column whose mean is a metric."""
        return tuple(dict.fromkeys(m.column for m in self.metrics if m.column is not None))

    @property
    def gated_metrics(self) -> tuple[str, ...]:
        """Every metric that a gate names, once, in the order written."""
        named = [metric.name for metric in self.metrics]
        return tuple(dict.fromkeys(split_target(gate.target, named)[0] for gate in self.gates))

    def build_policy(self, *, noise: Mapping[str, float] | None = None, noise_runs: int = 0, ungated: Iterable[str] = ()) -> Policy:
        """Return the demands of this configuration. Raises ConfigError for a gate on a slice that is not measured."""
        named = [metric.name for metric in self.metrics]
        gates = {}
        for gate in self.gates:
            metric, scope = split_target(gate.target, named)
            gates[metric, resolve_scope(gate, scope, self.slices)] = gate.gate
        return Policy(
            alpha=self.alpha,
            rule=self.rule,
            on_inconclusive=self.on_inconclusive,
            gates=gates,
            noise=noise or {},
            noise_runs=noise_runs,
            ungated=frozenset(ungated),
            min_slice_size=self.min_slice_size,
        )
