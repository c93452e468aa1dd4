"""A training curve → findings. Knows series by name (``loss``, ``val_…``, ``learning_rate``), not the tool that wrote them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from memeci.diagnosis.rule import Rule, Symptom, apply_rules
from memeci.records import Curve, Finding, Priority, Text

EXPLOSION = 3.0
RISE = 0.10
RUNNING = 3
BACKTRACK = 0.6
ROUGHNESS = 0.05
MIN_POINTS = 8
LOWER_IS_BETTER = ("loss", "error", "mae", "mse", "perplexity", "wer", "cer")


def find_broken_loss(curve: Curve) -> Iterator[Symptom]:
    for name in ("loss", "val_loss"):
        if name in curve.broke_at:
            values = [v for _, v in find_points(curve, name)]
            yield Symptom({"series": name, "step": curve.broke_at[name], "last": values[-1] if values else None}, metric=name)


def find_exploded_loss(curve: Curve) -> Iterator[Symptom]:
    for name in ("loss", "val_loss"):
        values = [v for _, v in find_points(curve, name)]
        if len(values) >= 3 and min(values) > 0 and values[-1] > values[0] and values[-1] >= EXPLOSION * min(values):
            growth = values[-1] / min(values)
            yield Symptom({"series": name, "best": min(values), "last": values[-1], "growth": growth}, growth, name)


def find_falling_validation(curve: Curve) -> Iterator[Symptom]:
    """Fire on the last three steps of a validation series all going the wrong way, by 1 % of its value in all."""
    for name in find_validation_series(curve):
        points = find_points(curve, name)
        tail = [v for _, v in points[-RUNNING - 1 :]]
        sign = -1 if is_lower_better(name) else 1
        worse = len(tail) == RUNNING + 1 and all(sign * (b - a) < 0 for a, b in pairwise(tail))
        if worse and abs(tail[-1] - tail[0]) >= 0.01 * abs(tail[0]):
            yield Symptom({"series": name, "first": tail[0], "last": tail[-1], "running": RUNNING, "step": points[-1][0]}, metric=name)
            return


def find_overfitting(curve: Curve) -> Iterator[Symptom]:
    train, validation = find_points(curve, "loss"), find_points(curve, "val_loss")
    if len(validation) < 3 or len(train) < 2:
        return
    best_step, best = min(validation, key=lambda point: point[1])
    last_step, last = validation[-1]
    since = sum(1 for step, _ in validation if step > best_step)
    at_best = [v for step, v in train if step <= best_step]
    if since and best > 0 and last >= (1 + RISE) * best and at_best and train[-1][1] < at_best[-1]:
        yield Symptom(
            {"best": best, "last": last, "best_step": best_step, "step": last_step, "since": since, "train": train[-1][1]},
            metric="val_loss",
        )


def find_oscillation(curve: Curve) -> Iterator[Symptom]:
    values = [v for _, v in find_points(curve, "loss")]
    if len(values) < MIN_POINTS:
        return
    steps = [b - a for a, b in pairwise(values)]
    up, down = sum(s for s in steps if s > 0), -sum(s for s in steps if s < 0)
    level = sum(abs(v) for v in values) / len(values)
    rough = sum(abs(s) for s in steps) / len(steps) / level if level else 0.0
    if down and BACKTRACK <= up / down <= 1 / BACKTRACK and rough >= ROUGHNESS:
        yield Symptom({"backtrack": up / down, "rough": rough, "n": len(values)}, metric="loss")


def find_idle_scheduler(curve: Curve) -> Iterator[Symptom]:
    rates = find_points(curve, "learning_rate")
    for name in find_validation_series(curve):
        points = find_points(curve, name)
        if len(points) <= RUNNING or not rates:
            continue
        sign = -1 if is_lower_better(name) else 1
        before = max(sign * v for _, v in points[:-RUNNING])
        stuck = all(sign * v <= before for _, v in points[-RUNNING:])
        since = points[-RUNNING - 1][0]
        recent = {v for step, v in rates if step >= since}
        if stuck and len(recent) == 1:
            yield Symptom({"series": name, "running": RUNNING, "rate": recent.pop(), "step": points[-1][0]}, metric=name)
            return


def find_learning(curve: Curve) -> Iterator[Symptom]:
    """Fire where the last point is the best: of the validation loss, or of the training loss where there is no validation."""
    for name in ("val_loss", "loss"):
        points = find_points(curve, name)
        if len(points) >= 2:
            if name not in curve.broke_at and points[-1][1] <= min(v for _, v in points):
                yield Symptom({"series": name, "first": points[0][1], "last": points[-1][1], "step": points[-1][0]}, metric=name)
            return


CURVE_RULES: tuple[Rule[Curve], ...] = (
    Rule(
        "loss_nan",
        Priority.P0,
        Text(
            en="{series} became NaN at step {step}; the last number was {last}.",
            zh="{series} 在第 {step} 步变成了 NaN，之前最后一个数是 {last}。",
        ),
        "The first step at which the loss was NaN or infinite.",
        "Once is enough: no optimiser comes back from NaN.",
        find_broken_loss,
    ),
    Rule(
        "loss_exploded",
        Priority.P0,
        Text(
            en="{series} exploded: best {best}, now {last} ({growth:times}).",
            zh="{series} 炸了：最好 {best}，现在 {last}（{growth:times}）。",
        ),
        "The last loss against the lowest and the first.",
        "Three times the lowest and above where training began: worse than not having trained.",
        find_exploded_loss,
    ),
    Rule(
        "overfitting",
        Priority.P2,
        Text(
            en="Overfitting: validation loss was best at step {best_step} ({best}) and is {last} now, while training loss keeps falling.",
            zh="过拟合：验证 loss 在第 {best_step} 步最低（{best}），现在 {last}，训练 loss 还在降。",
        ),
        "Validation loss since its lowest point, and training loss over the same steps.",
        "10 % above the lowest, with a training loss that fell further since. Under 10 % is the usual wobble of a plateau.",
        find_overfitting,
    ),
    Rule(
        "validation_falling",
        Priority.P2,
        Text(
            en="{series} got worse {running} evaluations running: {first} → {last}.",
            zh="{series} 连续 {running} 轮变差：{first} → {last}。",
        ),
        "The last four values of a validation series (accuracy-like first, else the loss).",
        "Three steps the wrong way, 1 % in all. Noise alone does that once in 24 endings; "
        "three is also where most early stopping gives up.",
        find_falling_validation,
    ),
    Rule(
        "loss_oscillates",
        Priority.P2,
        Text(
            en="The training loss jumps about: it takes back {backtrack:rate} of what it gains, {rough:rate} of its level a step.",
            zh="训练 loss 上蹿下跳：每降一点就涨回 {backtrack:rate}，每步抖动 {rough:rate}。",
        ),
        "The sum of all rises over the sum of all falls of the training loss, and the mean step relative to the level.",
        "Rises between 60 % and 167 % of the falls, steps of 5 % of the level, 8 points or more. "
        "A smooth descent is near 0 %, pure noise near 100 %.",
        find_oscillation,
    ),
    Rule(
        "scheduler_idle",
        Priority.P2,
        Text(
            en="No new best {series} in {running} evaluations, and the learning rate stayed at {rate} all along.",
            zh="{series} 连续 {running} 轮没有新高，学习率却一直停在 {rate}。",
        ),
        "The learning rate over the last three evaluations, where validation found no new best.",
        "As long as `validation_falling`: three evaluations. A scheduler worth its name has moved by then.",
        find_idle_scheduler,
    ),
    Rule(
        "learning",
        Priority.P3,
        Text(en="{series} is still falling: {first} → {last}.", zh="{series} 还在降：{first} → {last}。"),
        "Whether the last point of the loss is its lowest.",
        "No threshold.",
        find_learning,
    ),
)


def diagnose_curve(curve: Curve) -> tuple[Finding, ...]:
    """Return what is worth saying about a training curve, the most urgent first; empty where nothing is."""
    return apply_rules(CURVE_RULES, curve)


def find_points(curve: Curve, name: str) -> list[tuple[float, float]]:
    """Return the (step, value) pairs of a series where it has a value; empty where there is no such series."""
    values = curve.series.get(name, ())
    return [(step, value) for step, value in zip(curve.steps, values, strict=True) if value is not None] if values else []


def find_validation_series(curve: Curve) -> list[str]:
    """Return the validation series, the ones where higher is better first, each group by name."""
    names = [name for name in curve.series if name.startswith("val_")]
    return sorted(names, key=lambda name: (is_lower_better(name), name))


def is_lower_better(name: str) -> bool:
    return any(word in name.lower() for word in LOWER_IS_BETTER)
