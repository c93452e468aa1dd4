"""The Markdown of a run that ended before there was anything to evaluate. A function of the record alone."""

from __future__ import annotations

from memeci.diagnosis.incident import NOT_EVALUATED
from memeci.records import Incident
from memeci.report.escape import to_block, to_code, to_prose, to_url
from memeci.report.markdown import Markdown, load_template
from memeci.report.picture import PictureLink
from memeci.report.rows import format_commit
from memeci.report.words import Language, Phrases

LOG_LINES = 20
WORDS_OF_CRASH = {"title": "crashed", "sentence": "crash_sentence", "log": "crash_log", "next": "crash_next"}
WORDS_OF_FAILURE = {"title": "not_evaluated", "sentence": "failure_sentence", "log": "failure_log", "next": "failure_next"}


def render_incident(record: Incident, *, language: Language, picture: PictureLink | None) -> str:
    """Return the comment: what failed, the end of its log, the picture, and what to do. A few thousand characters at most."""
    say = Phrases(language)
    failed = any(finding.kind == NOT_EVALUATED for finding in record.findings)
    view = {
        "record": record,
        "words": WORDS_OF_FAILURE if failed else WORDS_OF_CRASH,
        "say": say,
        "facts": Markdown(" · ".join(_build_facts(record, say))),
        "picture": picture,
        "picture_url": Markdown(to_url(picture.url) or "") if picture and picture.url else None,
        "log": Markdown(to_block(record.log_tail[-LOG_LINES:])),
        "footer": [part for part in (record.provenance.memeci_version, record.provenance.created_at) if part],
    }
    return load_template("incident.md.j2").render(view).strip() + "\n"


def _build_facts(record: Incident, say: Phrases) -> list[str]:
    """Return command, exit status and commit, each as Markdown. The numbers of a finding may lack, and may be anything."""
    numbers = record.findings[0].numbers if record.findings else {}
    status, hint = numbers.get("status"), numbers.get(f"hint_{'zh' if say.language == 'zh' else 'en'}")
    facts = [to_code(str(numbers["command"]), 120)] if numbers.get("command") else []
    if status is not None:
        facts.append(to_prose(f"{say.word('exit_status')} {status}{hint or ''}", 120))
    if record.commit is not None:
        facts.append(to_code(format_commit(record.commit)))
    return facts
