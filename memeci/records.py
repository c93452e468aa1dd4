"""What travels: the structs of record.json. Everything shown to a user can be made again from one of these alone.

Frozen, validated on the way in, and free of NaN: "cannot be computed" is ``None`` with a reason beside it.
"""

from __future__ import annotations

import enum
import math
from typing import Annotated, Any

import msgspec

SCHEMA_VERSION = 1
DEFAULT_THEME = "memeops"

Count = Annotated[int, msgspec.Meta(ge=0)]
Rate = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Frozen(msgspec.Struct, frozen=True, omit_defaults=False, forbid_unknown_fields=True):
    """Base of every record: immutable, and strict about its fields."""


class Task(enum.Enum):
    """What kind of predictions these are; decides which metrics apply."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    MULTILABEL = "multilabel"
    REGRESSION = "regression"
    SCORES = "scores"


class Status(enum.Enum):
    """The verdict. Only FAIL makes the exit code 1 (and INCONCLUSIVE where the user asked for that)."""

    PASS = "pass"
    INCONCLUSIVE = "inconclusive"
    FAIL = "fail"
    NO_BASELINE = "no_baseline"


class Outcome(enum.Enum):
    """What one metric × slice test found."""

    REGRESSED = "regressed"
    INCONCLUSIVE = "inconclusive"
    HELD = "held"
    IMPROVED = "improved"
    NO_EVIDENCE = "no_evidence"
    TOO_FEW = "too_few"
    BELOW_FLOOR = "below_floor"
    MISSING = "missing"
    INCOMPARABLE = "incomparable"
    MEASURED = "measured"  # nothing to compare with, and no floor broken


FAILING = (Outcome.REGRESSED, Outcome.BELOW_FLOOR, Outcome.MISSING, Outcome.INCOMPARABLE)
"""Outcomes that fail a gated test, the most telling first."""


class Direction(enum.Enum):
    HIGHER = "higher_is_better"
    LOWER = "lower_is_better"


class Unit(enum.Enum):
    """How a value is shown: RATE as percent, its changes as percentage points (pp); NUMBER as it is."""

    RATE = "rate"
    NUMBER = "number"


class Priority(enum.Enum):
    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"


class BaselineKind(enum.Enum):
    RELEASE = "release"  # a tag with a record of ours
    TAG = "tag"  # a tag without record: predictions or metrics found in its tree
    FILE = "file"


class Pairing(enum.Enum):
    """How baseline and candidate could be compared, best first."""

    PAIRED = "paired"  # the same examples on both sides
    PARTIAL = "partial"  # paired on the common ids only
    UNPAIRED = "unpaired"  # the baseline has counts or a standard error, but no examples
    METRICS_ONLY = "metrics_only"  # the baseline has bare numbers: no error bar exists
    NONE = "none"


class FlipKind(enum.Enum):
    FIXED = "fixed"
    BROKEN = "broken"


class Text(Frozen, frozen=True):
    """One statement in both languages."""

    en: str
    zh: str


class Candidate(Frozen, frozen=True):
    """What is evaluated now. ``commit`` is None outside a repository; ``dirty`` says the tree had changes.

    ``file_digest`` is of the bytes of the predictions, where they are too many to be kept beside the record.
    """

    source: str
    commit: str | None = None
    dirty: bool = False
    file_digest: str | None = None


class Baseline(Frozen, frozen=True):
    """What it is compared with. ``name`` is what a person calls it: a tag, a path."""

    kind: BaselineKind
    name: str
    tag: str | None = None
    commit: str | None = None
    version: str | None = None


class DatasetChange(Frozen, frozen=True):
    """How the baseline's examples differ from today's, in numbers of examples."""

    common: Count
    only_baseline: Count
    only_candidate: Count
    relabelled: Count


class Dataset(Frozen, frozen=True):
    """The evaluation examples: ``n`` of them, ``digest`` of ids and labels (free of row order and file format).

    Of more than a million examples that no release has known so far, the release computes the digest; until then it is None.
    """

    n: Count
    digest: str | None
    labels: tuple[str, ...] = ()
    n_groups: Count | None = None
    weighted: bool = False
    change: DatasetChange | None = None


class Comparison(Frozen, frozen=True):
    """One metric on one slice. Values are in the metric's own unit (a rate is 0–1); deltas are candidate − baseline.

    ``slice`` maps column to value; empty means all examples. ``p_value`` is one-sided (is it worse?), ``p_adjusted`` the
    same over the whole family. ``detectable`` is the smallest true loss this test finds four times out of five.
    """

    metric: str
    n: Count
    outcome: Outcome
    slice: dict[str, str | None] = {}
    n_units: Count = 0
    direction: Direction = Direction.HIGHER
    unit: Unit = Unit.RATE
    gated: bool = True
    baseline: float | None = None
    candidate: float | None = None
    delta: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p_value: Rate | None = None
    p_adjusted: Rate | None = None
    detectable: float | None = None
    underpowered: bool = False
    tolerance: float = 0.0
    minimum: float | None = None
    reason: str = ""


class Reason(Frozen, frozen=True):
    """Why the verdict is what it is: one gate, and a sentence about it."""

    outcome: Outcome
    text: Text
    metric: str | None = None
    slice: dict[str, str | None] = {}


class Verdict(Frozen, frozen=True):
    """``sentence`` is the one line a person reads first; ``notes`` name fallbacks and what was not done."""

    status: Status
    sentence: Text
    reasons: tuple[Reason, ...] = ()
    notes: tuple[Text, ...] = ()


class DecisionInfo(Frozen, frozen=True):
    """How the verdict was reached, for the footer and for whoever checks it. ``critical_value``: of a test over all examples."""

    rule: str
    alpha: float
    n_tests: Count
    critical_value: float | None = None
    pairing: Pairing = Pairing.NONE
    noise_floor: bool = False
    detectable: float | None = None


class FlipExample(Frozen, frozen=True):
    """One example that was fixed or broken. Everything here is text from outside: show it escaped. ``label`` "": it has none."""

    id: str
    kind: FlipKind
    label: str
    baseline: str
    candidate: str
    score: float | None = None
    slice: dict[str, str | None] = {}
    text: str | None = None


class SliceShare(Frozen, frozen=True):
    """What one slice contributes to the flips. ``share`` is its part of the net change (may exceed 1 or be negative)."""

    slice: dict[str, str | None]
    n: Count
    fixed: Count
    broken: Count
    share: float | None = None
    p_adjusted: Rate | None = None


class Flips(Frozen, frozen=True):
    """Examples whose correctness changed; ``changed_wrong`` were wrong before and after, in another way.

    Where no label says right or wrong, ``metric`` names the one whose number of every example got better (fixed) or worse
    (broken); the examples' ``baseline`` and ``candidate`` are these numbers, or the predictions they are of.
    """

    fixed: Count = 0
    broken: Count = 0
    changed_wrong: Count = 0
    examples: tuple[FlipExample, ...] = ()
    slices: tuple[SliceShare, ...] = ()
    metric: str | None = None  # None: right and wrong labels


class ConfusionCell(Frozen, frozen=True, array_like=True):
    """``true`` and ``predicted`` index ``Confusion.labels``."""

    true: Count
    predicted: Count
    baseline: Count
    candidate: Count


class Confusion(Frozen, frozen=True):
    """Sparse counts, most frequent first, cut at MAX_CELLS: ``omitted`` says how many cells were left out."""

    labels: tuple[str, ...]
    cells: tuple[ConfusionCell, ...]
    has_baseline: bool
    omitted: Count = 0


class ClassMetrics(Frozen, frozen=True):
    """Per class, baseline and candidate: None where it cannot be computed (the class was never true, or never predicted)."""

    label: str
    support: Count
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    baseline_precision: float | None = None
    baseline_recall: float | None = None
    baseline_f1: float | None = None


class RocCurve(Frozen, frozen=True):
    """At most 64 points (false-positive rate, true-positive rate), from (0, 0) to (1, 1)."""

    candidate: tuple[tuple[float, float], ...]
    baseline: tuple[tuple[float, float], ...] | None = None


class CalibrationBin(Frozen, frozen=True):
    """Examples whose score lies in (low, high]: their number, mean score and the rate at which the label was true."""

    low: float
    high: float
    n: Count
    mean_score: float | None = None
    rate: float | None = None


class Finding(Frozen, frozen=True):
    """Something diagnosed. ``numbers`` holds the figures behind it, under the names its captions use."""

    kind: str
    priority: Priority
    numbers: dict[str, float | int | str | None] = {}
    metric: str | None = None
    slice: dict[str, str | None] = {}


class ReleaseSummary(Frozen, frozen=True):
    """One earlier release, as the history shows it."""

    version: str
    status: Status
    metrics: dict[str, float | None] = {}
    commit: str | None = None
    created_at: str = ""


class Provenance(Frozen, frozen=True):
    """Where the record comes from: enough to run it again."""

    memeci_version: str
    created_at: str
    engine: str
    config_digest: str = ""


class DockerTag(Frozen, frozen=True):
    """The pun on the commit: the tag, and how to read it."""

    tag: str
    hanzi: str = ""
    pinyin: str = ""
    gloss: str = ""


class Evaluation(Frozen, frozen=True, tag_field="kind", tag="evaluation"):
    """The whole of record.json. Pictures, comments, tags and dashboards are functions of this struct alone."""

    model: str
    task: Task
    candidate: Candidate
    baseline: Baseline | None
    dataset: Dataset
    comparisons: tuple[Comparison, ...]
    verdict: Verdict
    decision: DecisionInfo
    provenance: Provenance
    flips: Flips | None = None
    confusion: Confusion | None = None
    positive_label: str | None = None
    classes: tuple[ClassMetrics, ...] = ()
    roc: RocCurve | None = None
    calibration: tuple[CalibrationBin, ...] = ()
    findings: tuple[Finding, ...] = ()
    docker_tag: DockerTag | None = None
    history: tuple[ReleaseSummary, ...] = ()
    noise: dict[str, float] = {}
    theme: str = DEFAULT_THEME
    language: str = "both"
    schema_version: int = SCHEMA_VERSION
    noise_runs: Count = 0  # how many runs of one code the noise floor was learnt from; 0: taken as known


class Curve(Frozen, frozen=True):
    """A training curve: one value per step and series name (``loss``, ``val_loss`` …); None where it was NaN or absent.

    ``broke_at`` tells the two apart: the first step at which a series was NaN or infinite.
    """

    steps: tuple[float, ...]
    series: dict[str, tuple[float | None, ...]]
    broke_at: dict[str, float] = {}


class Incident(Frozen, frozen=True, tag_field="kind", tag="incident"):
    """A failure with no evaluation: a crashed command, an exploded training, a broken image build."""

    model: str
    findings: tuple[Finding, ...]
    provenance: Provenance
    commit: str | None = None
    curve: Curve | None = None
    log_tail: tuple[str, ...] = ()
    theme: str = DEFAULT_THEME
    language: str = "both"
    schema_version: int = SCHEMA_VERSION


Record = Evaluation | Incident


def encode_record(record: Record) -> bytes:
    """Return record.json: UTF-8, indented, keys in the order of the struct, a newline at the end.

    Raises ValueError if a NaN or an infinity slipped in: neither is JSON, and either would be a bug of ours.
    """
    builtins = msgspec.to_builtins(record)
    _refuse_nan(builtins, "record")
    return msgspec.json.format(msgspec.json.encode(builtins), indent=2) + b"\n"


def _refuse_nan(value: Any, path: str) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{path} is {value}")
    if isinstance(value, dict):
        for key, item in value.items():
            _refuse_nan(item, f"{path}.{key}")
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            _refuse_nan(item, f"{path}[{i}]")


def decode_record(data: bytes) -> Record:
    """Return the record in ``data``. Raises msgspec.ValidationError (or DecodeError) where it does not fit the schema."""
    record: Record = msgspec.json.decode(data, type=Record)
    return record


def build_json_schema() -> dict[str, Any]:
    """Return the JSON Schema of record.json."""
    return msgspec.json.schema(Record)
