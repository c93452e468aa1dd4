"""The Markdown of the comment and of the job summary: sections from one template, cut by importance where there is no room.

Written for GitHub's renderer; GitLab's reads the same. Knows no forge: the marker that finds a comment again is theirs.
"""

from __future__ import annotations

from memeci.records import Evaluation
from memeci.report.comment_view import Layout, build_view
from memeci.report.markdown import load_template
from memeci.report.picture import PictureLink
from memeci.report.words import WORDS, Language, Phrases

COMMENT = Layout("comment", slices=8, more_slices=40, flips=10, classes=8, text=120)
SUMMARY = Layout("summary", slices=12, more_slices=400, flips=100, classes=20, text=300)

# Sections in reading order; a higher number goes first where there is no room. 0 always stays.
SECTIONS = {
    "headline": 0,
    "warnings": 1,
    "picture": 2,
    "overall": 1,
    "reasons": 5,
    "slices": 3,
    "visibility": 4,
    "notes": 6,
    "flips": 4,
    "broken": 8,
    "fixed": 9,
    "confusion": 7,
    "more_slices": 10,
    "classes": 11,
    "docker": 3,
    "footer": 0,
}
# What a section is called when it had to be left out.
TITLES = {
    "warnings": "notes",
    "overall": "overall",
    "reasons": "reasons",
    "slices": "slices",
    "more_slices": "slices",
    "broken": "flips",
    "fixed": "flips",
    "confusion": "confusion",
    "classes": "classes",
    "notes": "notes",
    "flips": "flips",
    "visibility": "visibility",
    "docker": "docker_tag",
    "picture": "picture",
}
ROOM_FOR_NOTICE = 600


def render_markdown(record: Evaluation, layout: Layout, *, language: Language, picture: PictureLink | None, limit: int) -> str:
    """Return the sections of ``layout`` as one Markdown text of at most ``limit`` UTF-16 units."""
    say = Phrases(language)
    view = build_view(record, layout, say, picture)
    template = load_template("comment.md.j2")
    context = template.new_context(view)
    present = [name for name in SECTIONS if view["has"].get(name, True)]
    sections = {name: "".join(template.blocks[name](context)).strip() for name in present}
    return _join_within(sections, say, limit)


def _join_within(sections: dict[str, str], say: Phrases, limit: int) -> str:
    text = _join(sections)
    if _length(text) <= limit:
        return text
    kept = dict(sections)
    cut: list[str] = []
    for name in sorted((n for n in sections if SECTIONS[n]), key=lambda n: -SECTIONS[n]):
        if _length(_join(kept)) <= limit - ROOM_FOR_NOTICE:
            break
        del kept[name]
        cut.append(name)
    titles = dict.fromkeys(TITLES[name] for name in SECTIONS if name in cut)
    notice = [line.format(sections=", ".join(text)) for line, text in zip(say.lines(WORDS["cut"]), _titles(titles, say), strict=True)]
    footer = kept.pop("footer", "")
    return _join({**kept, "notice": "✂️ " + "<br>".join(notice), "footer": footer})


def _titles(keys: dict[str, None], say: Phrases) -> list[list[str]]:
    columns = [say.lines(WORDS[key]) for key in keys]
    return [[column[min(i, len(column) - 1)] for column in columns] for i in range(len(say.lines(WORDS["cut"])))]


def _join(sections: dict[str, str]) -> str:
    return "\n\n".join(text for text in sections.values() if text) + "\n"


def _length(text: str) -> int:
    # GitHub counts characters; UTF-16 units are never fewer, so this errs on the safe side.
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
