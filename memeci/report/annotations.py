"""Workflow commands for GitHub's log, which become annotations on the pull request.

Limits (GitHub, "workflow commands"): ten of a type a step, fifty a job; ``% \\r \\n`` are escaped in messages, ``: ,`` too in properties.
"""

from __future__ import annotations

from memeci.records import Evaluation, Status, Text
from memeci.report.escape import to_line
from memeci.report.words import Language, Phrases

MAX_ANNOTATIONS = 10
LEVELS = {Status.FAIL: "error", Status.INCONCLUSIVE: "warning", Status.PASS: "notice", Status.NO_BASELINE: "notice"}


def render_workflow_commands(record: Evaluation, *, language: Language) -> str:
    """Return the verdict, then its reasons, one command a line."""
    say = Phrases(language)
    level = LEVELS[record.verdict.status]
    title = f"memeci {record.model}"
    texts: list[Text] = [record.verdict.sentence]
    texts += [reason.text for reason in record.verdict.reasons if reason.text.en not in record.verdict.sentence.en]
    return "".join(_build_command(level, title, say.pick(text, joint=" · ")) + "\n" for text in texts[:MAX_ANNOTATIONS])


def render_error_command(message: str) -> str:
    """Return the command that shows why there is no evaluation: a setting, a file, the forge."""
    return _build_command("error", "memeci", message) + "\n"


def _build_command(level: str, title: str, message: str) -> str:
    escaped = _escape(to_line(title, 100)).replace(":", "%3A").replace(",", "%2C")
    return f"::{level} title={escaped}::{_escape(to_line(message, 1000))}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
