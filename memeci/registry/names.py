"""How tags and refs are called: semantic versions, model names, namespaces. Pure; knows no git process.

Names come from strangers' repositories: whatever does not fit the grammar is somebody else's tag and is passed over.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from functools import total_ordering

from memeci.errors import ConfigError
from memeci.naming import NOT_ALLOWED, is_ref_name

# Grammar and precedence: https://semver.org/spec/v2.0.0.html, sections 2, 9, 10 and 11. Nine digits are plenty and keep
# int() away from hostile tags.
_VERSION = re.compile(
    r"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})"
    r"(?:-((?:0|[1-9][0-9]{0,8}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9][0-9]{0,8}|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*))?"
    r"(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?",
    re.ASCII,
)
_MAX_LENGTH = 200
_STAGE_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


class Part(enum.Enum):
    """The part of a version that a release raises."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"


@total_ordering
@dataclass(frozen=True)
class Version:
    """A semantic version. Build metadata counts for equality, never for precedence."""

    major: int
    minor: int
    patch: int
    prerelease: tuple[str, ...] = ()
    build: str = ""

    def __str__(self) -> str:
        text = f"{self.major}.{self.minor}.{self.patch}"
        if self.prerelease:
            text += "-" + ".".join(self.prerelease)
        return text + (f"+{self.build}" if self.build else "")

    def __lt__(self, other: Version) -> bool:
        return self._precedence() < other._precedence()

    def _precedence(self) -> tuple[object, ...]:
        # Section 11: a pre-release comes before its release; numeric identifiers before alphanumeric ones.
        identifiers = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in self.prerelease)
        return (self.major, self.minor, self.patch, 0 if self.prerelease else 1, identifiers, self.build)

    def raised(self, part: Part) -> Version:
        """Return the next version; raising a pre-release's own part just finishes it (1.3.0-rc.1 → 1.3.0)."""
        if self.prerelease and (part is Part.PATCH or (part is Part.MINOR and not self.patch) or not (self.minor or self.patch)):
            return Version(self.major, self.minor, self.patch)
        if part is Part.MAJOR:
            return Version(self.major + 1, 0, 0)
        if part is Part.MINOR:
            return Version(self.major, self.minor + 1, 0)
        return Version(self.major, self.minor, self.patch + 1)


FIRST = Version(1, 0, 0)


def parse_version(text: str) -> Version | None:
    """Return the version in "1.2.0" or "v1.2.0-rc.1", None for anything else."""
    if len(text) > _MAX_LENGTH:
        return None
    match = _VERSION.fullmatch(text.removeprefix("v"))
    if match is None:
        return None
    major, minor, patch, prerelease, build = match.groups()
    return Version(int(major), int(minor), int(patch), tuple(prerelease.split(".")) if prerelease else (), build or "")


class TagStyle(enum.Enum):
    """How a tag names a version of a model; ``rank`` orders them, the most specific first."""

    RELEASE = "{model}@v"
    DASH = "{model}-v"
    SLASH = "{model}/v"
    PLAIN = "v"
    BARE = ""


def parse_model_tag(tag: str, model: str) -> tuple[TagStyle, Version] | None:
    """Return how ``tag`` names a version of ``model`` ("sentiment@v1.2.0", "sentiment-v1.2.0", "v1.2.0"), None if it does not."""
    for style in TagStyle:
        prefix = style.value.format(model=model)
        if tag.startswith(prefix) and not tag[len(prefix) :].startswith("v"):
            version = parse_version(tag[len(prefix) :])
            if version is not None:
                return style, version
    return None


def parse_stage_tag(tag: str, model: str) -> tuple[str, int] | None:
    """Return ("prod", 3) for "sentiment#prod#3", None for any tag that is no stage of this model.

    GTO also writes "sentiment#prod", without a number: it counts as number 0.
    """
    parts = tag.split("#")
    if len(parts) not in {2, 3} or parts[0] != model or not is_ref_name(parts[1]):
        return None
    if len(parts) == 2:
        return parts[1], 0
    return (parts[1], int(parts[2])) if _STAGE_NUMBER.fullmatch(parts[2]) else None


def is_of_line(ref: str, model: str) -> bool:
    """Return whether a full ref name is one of a model's releases or stages; any ref that is no tag is."""
    tag = ref.removeprefix("refs/tags/")
    parsed = parse_model_tag(tag, model)
    return tag == ref or (parsed is not None and parsed[0] is TagStyle.RELEASE) or parse_stage_tag(tag, model) is not None


def may_be_baseline(ref: str, model: str) -> bool:
    """Return whether a full ref name is one of a model's line, or a tag of another style that can be the last version."""
    return is_of_line(ref, model) or parse_model_tag(ref.removeprefix("refs/tags/"), model) is not None


def format_tag(model: str, version: Version) -> str:
    return f"{model}@v{version}"


def release_ref(namespace: str, model: str, version: Version) -> str:
    """Return the full name of the ref that holds a release's record."""
    return f"{namespace}/releases/{model}/v{version}"


def mark_ref(namespace: str) -> str:
    """Return the full name of the ref whose being there shows that a host takes our refs."""
    return f"{namespace}/registry"


def memes_ref(namespace: str) -> str:
    return f"{namespace}/memes"


def check_model(model: str) -> str:
    """Return ``model``; raises ConfigError where it cannot be part of a tag."""
    if is_ref_name(model):
        return model
    raise ConfigError(
        f'"{_shown(model)}" cannot be the name of a model.',
        f"the name becomes part of a git tag: at most 200 characters, without {NOT_ALLOWED}.",
        "set `model:` in memeci.yml to a plain name, for example `model: sentiment`.",
    )


def check_namespace(namespace: str) -> str:
    """Return ``namespace`` without a trailing slash; raises ConfigError unless it is a full ref name under refs/."""
    name = namespace.rstrip("/")
    rest = name.removeprefix("refs/")
    if rest != name and is_ref_name(rest) and rest not in {"heads", "tags"} and not rest.startswith("tags/"):
        return name
    raise ConfigError(
        f'"{_shown(namespace)}" cannot be the namespace of the registry.',
        "it must be a full ref name such as refs/memeci, or refs/heads/memeci on a host that takes only branches and tags.",
        "set `registry: {namespace: refs/memeci}` in memeci.yml.",
    )


def _shown(text: str) -> str:
    return text[:80].encode("unicode_escape").decode("ascii") if not text.isprintable() else text[:80]
