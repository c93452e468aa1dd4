"""What a rule is: a kind of finding, how urgent it is, what it measures, and why its threshold lies where it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

import msgspec

from memeci.diagnosis.sentences import Number
from memeci.records import Finding, Priority, Text

PRIORITIES = (Priority.P0, Priority.P1, Priority.P2, Priority.P3)
MAX_PER_KIND = 5

Subject = TypeVar("Subject")


class Symptom(msgspec.Struct, frozen=True):
    """One place where a rule fired. ``severity`` orders symptoms of one rule, the worst first."""

    numbers: Mapping[str, Number]
    severity: float = 0.0
    metric: str | None = None
    slice: Mapping[str, str | None] = msgspec.field(default_factory=dict)


class Rule(msgspec.Struct, Generic[Subject], frozen=True):
    """``sentence`` is the finding in one line; its fields are names in a symptom's ``numbers``."""

    kind: str
    priority: Priority
    sentence: Text
    measures: str
    threshold: str
    find: Callable[[Subject], Iterable[Symptom]]


def apply_rules(rules: Iterable[Rule[Subject]], subject: Subject) -> tuple[Finding, ...]:
    """Return the findings of all rules: by priority, then in the order of the rules, then the worst first."""
    findings: list[Finding] = []
    for rule in rules:
        symptoms = sorted(rule.find(subject), key=lambda symptom: -symptom.severity)
        findings += [_build_finding(rule, symptom) for symptom in symptoms[:MAX_PER_KIND]]
    return tuple(sorted(findings, key=lambda finding: PRIORITIES.index(finding.priority)))


def _build_finding(rule: Rule[Subject], symptom: Symptom) -> Finding:
    return Finding(rule.kind, rule.priority, dict(symptom.numbers), symptom.metric, dict(symptom.slice))
