"""Evaluations by hand: a failing one with everything in it, and small ones for each verdict."""

from __future__ import annotations

import msgspec

from memeci.records import (
    Baseline,
    BaselineKind,
    Candidate,
    ClassMetrics,
    Comparison,
    Confusion,
    ConfusionCell,
    Dataset,
    DecisionInfo,
    Direction,
    DockerTag,
    Evaluation,
    FlipExample,
    FlipKind,
    Flips,
    Outcome,
    Pairing,
    Provenance,
    Reason,
    SliceShare,
    Status,
    Task,
    Text,
    Unit,
    Verdict,
)

CANDIDATE_COMMIT = "4f1c9e7a2b3d5f60718293a4b5c6d7e8f9012345"
BASELINE_COMMIT = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"

CLASSES = ("快递", "外卖", "数码", "服装", "图书", "母婴", "生鲜", "家居", "美妆", "运动", "酒店", "机票", "影音", "游戏", "汽车")
TEXTS = (
    "送餐很快，味道也不错，就是米饭有点少",
    "等了两个小时才到，都凉透了，再也不点了！",
    "服务态度好，餐具齐全，会回购",
    "说好的加辣，结果一点辣椒都没有……",
    "Fast delivery and the noodles were still hot.",
    "一般般吧，价格偏贵，分量也不够两个人吃",
)


def compare(metric: str, baseline: float, candidate: float, outcome: Outcome, **fields: object) -> Comparison:
    delta = candidate - baseline
    known: dict[str, object] = {
        "n": 3592,
        "n_units": 3592,
        "delta": delta,
        "ci_low": delta - 0.018,
        "ci_high": delta + 0.018,
        "p_value": 0.0001,
        "p_adjusted": 0.0005,
        "detectable": 0.021,
    }
    return Comparison(metric=metric, outcome=outcome, baseline=baseline, candidate=candidate, **{**known, **fields})  # type: ignore[arg-type]


def flip(i: int, kind: FlipKind = FlipKind.BROKEN, **fields: object) -> FlipExample:
    label, other = ("neg", "pos") if i % 3 else ("pos", "neg")
    old, new = (label, other) if kind is FlipKind.BROKEN else (other, label)
    known: dict[str, object] = {
        "id": f"review-{i:05d}",
        "label": label,
        "baseline": old,
        "candidate": new,
        "score": 0.5 + (i % 40) / 100,
        "slice": {"platform": "ios" if i % 2 else "web"},
        "text": TEXTS[i % len(TEXTS)],
    }
    return FlipExample(kind=kind, **{**known, **fields})  # type: ignore[arg-type]


def failing() -> Evaluation:
    """A review classifier trained on a tenth of its rows: the loss is real, and worst on iOS."""
    gone, ok = Outcome.REGRESSED, Outcome.NO_EVIDENCE
    ios, web, android = {"platform": "ios"}, {"platform": "web"}, {"platform": "android"}
    return Evaluation(
        model="sentiment",
        task=Task.BINARY,
        candidate=Candidate(source="out/predictions.parquet", commit=CANDIDATE_COMMIT),
        baseline=Baseline(BaselineKind.RELEASE, "sentiment@v1.2.0", "sentiment@v1.2.0", BASELINE_COMMIT, "1.2.0"),
        dataset=Dataset(n=3592, digest="sha256:9b1d6c5e0f", labels=("neg", "pos")),
        comparisons=(
            compare("accuracy", 0.8961, 0.8352, gone),
            compare("macro_f1", 0.8802, 0.8010, gone, tolerance=0.005, minimum=0.8),
            compare("roc_auc", 0.9561, 0.9102, gone),
            compare("log_loss", 0.2811, 0.3902, gone, direction=Direction.LOWER, unit=Unit.NUMBER),
            compare("ece", 0.021, 0.024, ok, direction=Direction.LOWER, gated=False, p_value=0.3, p_adjusted=0.8),
            compare("accuracy", 0.902, 0.781, gone, slice=ios, n=1210),
            compare("macro_f1", 0.887, 0.742, gone, slice=ios, n=1210),
            compare("accuracy", 0.893, 0.880, Outcome.INCONCLUSIVE, slice=web, n=1980, p_value=0.04, p_adjusted=0.2),
            compare("macro_f1", 0.879, 0.871, ok, slice=web, n=1980, p_value=0.2, p_adjusted=0.7),
            compare("accuracy", 0.874, 0.879, ok, slice=android, n=402, p_value=0.6, p_adjusted=1.0),
            Comparison(metric="macro_f1", n=18, outcome=Outcome.TOO_FEW, slice={"platform": "watch"}, reason="18 examples; 30 are needed"),
        ),
        verdict=Verdict(
            Status.FAIL,
            Text(
                "The model got worse: macro_f1 fell 7.9 pp (95 % interval −9.7 to −6.1), more than the 0.5 pp you accept.",
                "模型变差了：macro_f1 下降了 7.9 个百分点（95% 区间 −9.7 到 −6.1），超过了你允许的 0.5 个百分点。",
            ),
            (
                Reason(gone, Text("macro_f1 fell 7.9 pp", "macro_f1 下降了 7.9 个百分点"), "macro_f1"),
                Reason(
                    gone, Text("accuracy fell 12.1 pp on platform=ios", "platform=ios 上 accuracy 下降了 12.1 个百分点"), "accuracy", ios
                ),
            ),
            (Text("1 slice is too small to judge.", "有 1 个切片样本太少，没有判断。"),),
        ),
        decision=DecisionInfo("default", 0.01, 11, 2.84, Pairing.PAIRED, detectable=0.021),
        provenance=Provenance("0.1.0", "2026-11-21T10:00:00Z", "duckdb 2.0.0", "cfg1"),
        flips=Flips(
            fixed=47,
            broken=266,
            changed_wrong=0,
            examples=tuple(flip(i) for i in range(12)) + tuple(flip(i, FlipKind.FIXED) for i in range(20, 26)),
            slices=(
                SliceShare(ios, 1210, 12, 158, 0.667, 0.0005),
                SliceShare(web, 1980, 30, 100, 0.32, 0.2),
                SliceShare(android, 402, 5, 8, 0.013, 1.0),
            ),
        ),
        confusion=Confusion(
            ("neg", "pos"),
            (ConfusionCell(0, 0, 2270, 2201), ConfusionCell(1, 1, 949, 799), ConfusionCell(1, 0, 238, 388), ConfusionCell(0, 1, 135, 204)),
            has_baseline=True,
        ),
        positive_label="pos",
        classes=(
            ClassMetrics("neg", 2405, 0.850, 0.915, 0.881, 0.905, 0.944, 0.924),
            ClassMetrics("pos", 1187, 0.797, 0.673, 0.730, 0.875, 0.800, 0.836),
        ),
        docker_tag=DockerTag("si-yi-chi-jiu-4f1c9e7", "四一吃酒", "sì yī chī jiǔ", "four-one drinks"),
    )


def passing(status: Status = Status.PASS) -> Evaluation:
    """The same data, nothing wrong."""
    same = compare("accuracy", 0.8961, 0.9003, Outcome.NO_EVIDENCE, p_value=0.93, p_adjusted=1.0)
    return msgspec.structs.replace(
        failing(),
        comparisons=(same,),
        verdict=Verdict(status, Text("No loss in sight: accuracy +0.4 pp.", "没有变差：accuracy +0.4 个百分点。")),
        flips=Flips(fixed=53, broken=38),
    )


def first_run() -> Evaluation:
    """No release yet: everything is measured, nothing compared."""
    return msgspec.structs.replace(
        failing(),
        baseline=None,
        comparisons=(Comparison(metric="accuracy", n=3592, outcome=Outcome.MEASURED, candidate=0.8961),),
        verdict=Verdict(Status.NO_BASELINE, Text("Nothing to compare with yet.", "还没有可以比较的基线。")),
        decision=DecisionInfo("default", 0.01, 0),
        flips=None,
        confusion=Confusion(
            ("neg", "pos"), (ConfusionCell(0, 0, 0, 2270), ConfusionCell(1, 1, 0, 949), ConfusionCell(1, 0, 0, 238)), False
        ),
    )


def many_classes(k: int = 10) -> Evaluation:
    """K classes with Chinese names; the error is spread by a fixed rule."""
    names = tuple(CLASSES[i % len(CLASSES)] + (str(i) if i >= len(CLASSES) else "") for i in range(k))
    cells = []
    for t in range(k):
        for p in range(k):
            base = 90 if t == p else (t * 7 + p * 3) % 5
            cells.append(ConfusionCell(t, p, base, max(0, base - 6 * (t % 4)) if t == p else base + (t + p) % 3))
    return msgspec.structs.replace(
        failing(),
        task=Task.MULTICLASS,
        dataset=Dataset(n=1000, digest="sha256:1", labels=names),
        confusion=Confusion(names, tuple(cells), True),
        positive_label=None,
        classes=(),
    )


def judged(**fields: object) -> Evaluation:
    """A bot under a judge's scores of 1 to 5: the answers about refunds fell."""
    texts = ("How do I get my money back?", "退款什么时候到账？", "I returned it a week ago, where is my refund?")

    def example(i: int, kind: FlipKind, before: int, now: int) -> FlipExample:
        return FlipExample(f"q{i:04d}", kind, "", str(before), str(now), slice={"topic": "refunds"}, text=texts[i % 3])

    worst = tuple(example(i, FlipKind.BROKEN, 5, 2 if i < 4 else 3) for i in range(6))
    flips: dict[str, object] = {
        "fixed": 1050,
        "broken": 1185,
        "examples": (*worst, example(9, FlipKind.FIXED, 4, 5)),
        "slices": (SliceShare({"topic": "refunds"}, 300, 5, 111, 0.785, 0.0001), SliceShare({"topic": "jobs"}, 200, 44, 4, -0.3, 0.001)),
        "metric": "judge_score",
    }
    return msgspec.structs.replace(
        regression(),
        model="bot",
        task=Task.SCORES,
        dataset=Dataset(n=9000, digest="sha256:3"),
        comparisons=(
            compare("judge_score", 3.81, 3.558, Outcome.REGRESSED, ci_low=-0.32, ci_high=-0.184, detectable=0.1016, unit=Unit.NUMBER),
        ),
        verdict=Verdict(
            Status.FAIL, Text("judge_score got worse: −0.252 [−0.320, −0.184].", "judge_score 变差了：−0.252 [−0.320, −0.184]。")
        ),
        flips=Flips(**{**flips, **fields}),  # type: ignore[arg-type]
    )


def regression() -> Evaluation:
    lower = {"direction": Direction.LOWER, "unit": Unit.NUMBER, "n": 177}
    return msgspec.structs.replace(
        failing(),
        model="diabetes",
        task=Task.REGRESSION,
        dataset=Dataset(n=177, digest="sha256:2"),
        comparisons=(
            compare("rmse", 63.04, 56.81, Outcome.IMPROVED, ci_low=-9.2, ci_high=-3.1, detectable=4.4, **lower),
            compare("r2", 0.31, 0.44, Outcome.IMPROVED, unit=Unit.NUMBER, n=177),
        ),
        verdict=Verdict(Status.PASS, Text("Better: rmse 63.04 → 56.81.", "变好了：rmse 63.04 → 56.81。")),
        flips=None,
        confusion=None,
        positive_label=None,
        classes=(),
    )
