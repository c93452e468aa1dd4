"""memeci.env: the decisions as variables for the next job. Format: GitLab's dotenv reports (no quotes, no line breaks, 5 KiB)."""

from __future__ import annotations

import re

from memeci.headline import find_headline
from memeci.records import Evaluation

# Later jobs may paste these into a shell: nothing but letters of any script, digits, and signs that mean nothing there.
_UNSAFE = re.compile(r"[^\w.:@/+-]")


def render_dotenv(record: Evaluation) -> str:
    """Return KEY=value lines, always the same keys; empty where there is nothing to say."""
    headline = find_headline(record.comparisons)
    delta = headline.delta if headline else None
    values = {
        "MEMECI_VERDICT": record.verdict.status.value,
        "MEMECI_MODEL": record.model,
        "MEMECI_BASELINE": record.baseline.name if record.baseline else "",
        "MEMECI_COMMIT": record.candidate.commit or "",
        "MEMECI_DOCKER_TAG": record.docker_tag.tag if record.docker_tag else "",
        "MEMECI_METRIC": headline.metric if headline else "",
        "MEMECI_DELTA": f"{delta:.6g}" if delta is not None else "",
        "MEMECI_BROKEN": str(record.flips.broken) if record.flips else "",
        "MEMECI_FIXED": str(record.flips.fixed) if record.flips else "",
    }
    return "".join(f"{key}={_UNSAFE.sub('_', value[:200])}\n" for key, value in values.items())
