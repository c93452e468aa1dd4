"""Which column plays which part: names the user gave, else names that people commonly give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from memeci.config import ColumnsConfig
from memeci.errors import DataError, find_near
from memeci.readers.names import COMMON_NAMES, DOUBTFUL_PREFIXES, PROBABILITY_PREFIXES, normalize_name
from memeci.relation import Columns, ColumnType

PARTS = tuple(COMMON_NAMES)

_MEANING = {
    "id": "the id of an example",
    "label": "the true label",
    "prediction": "the prediction",
    "score": "the score",
    "weight": "the sample weight",
    "group": "the group",
    "text": "the text",
    "slices": "a slice",
    "metrics": "the numbers of a metric",
    "probabilities": "a label's probability",
}
_MAYBE_NUMERIC = {"integer", "float", "text", "json", "other"}  # Delimited text has every column as text.


def resolve_columns(
    schema: Sequence[ColumnType],
    wanted: ColumnsConfig,
    *,
    source: str,
    slices: Sequence[str] = (),
    numbers: Sequence[str] = (),
    places: Mapping[str, str] | None = None,
) -> Columns:
    """Return which column of ``schema`` plays which part.

    A name in ``wanted`` wins; other parts are found by common names, and parts in ``wanted.unused`` are not looked for.
    ``source`` is the relation's name and ``places`` says where a key was written, both for messages.
    Raises DataError for a named column that is missing, or two columns that fit one part equally well.
    """
    names = tuple(column.name for column in schema)
    places = places or {}
    for role, column, key in _named(wanted, slices, numbers):
        if column not in names:
            raise _missing(source, names, role, column, places.get(key) or places.get(role))
    explicit = {part: getattr(wanted, part) for part in PARTS}
    taken = {name for name in explicit.values() if name is not None}
    found = {part: explicit[part] or _find(part, names, taken, wanted, source) for part in PARTS}
    return Columns(
        **found,
        probabilities=_resolve_probabilities(schema, wanted, source),
        slices=tuple(slices),
        numbers=tuple(numbers),
    )


def require_parts(columns: Columns, parts: Sequence[str], schema: Sequence[ColumnType], source: str) -> None:
    """Raise DataError for the first of ``parts`` that no column plays."""
    missing = next((part for part in parts if getattr(columns, part) is None), None)
    if missing is not None:
        raise _no_column(source, [column.name for column in schema], missing)


def list_candidates(part: str, names: Sequence[str]) -> list[str]:
    """Return the columns whose name is as good as any for this part: those of the best rank that has one."""
    for rank in COMMON_NAMES[part]:
        candidates = [name for name in names if normalize_name(name) in rank]
        if candidates:
            return candidates
    return []


def _named(wanted: ColumnsConfig, slices: Sequence[str], numbers: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield (role, column, key in the configuration) of every column somebody named."""
    for part in PARTS:
        name = getattr(wanted, part)
        if name is not None:
            yield part, name, f"columns.{part}"
    if isinstance(wanted.probabilities, Mapping):
        yield from (("probabilities", column, "columns.probabilities") for column in wanted.probabilities.values())
    for i, column in enumerate(slices):
        yield "slices", column, f"slices[{i}]"
    yield from (("metrics", column, "metrics") for column in numbers)


def _find(part: str, names: Sequence[str], taken: set[str], wanted: ColumnsConfig, source: str) -> str | None:
    if part in wanted.unused:
        return None
    candidates = list_candidates(part, [name for name in names if name not in taken])
    if len(candidates) > 1:
        raise DataError(
            f'{source} has two columns for {_MEANING[part]}: "{candidates[0]}" and "{candidates[1]}".',
            "both are common names for it, and memeci does not guess.",
            f"set `columns.{part}: {candidates[0]}` in memeci.yml (or `{part}: {candidates[1]}`).",
        )
    return candidates[0] if candidates else None


def _resolve_probabilities(schema: Sequence[ColumnType], wanted: ColumnsConfig, source: str) -> tuple[tuple[str, str], ...]:
    if "probabilities" in wanted.unused:
        return ()
    if isinstance(wanted.probabilities, Mapping):
        return tuple(wanted.probabilities.items())
    if wanted.probabilities is not None:
        return _match_pattern(schema, wanted.probabilities, source)
    wanted_kinds = [(prefix, _MAYBE_NUMERIC) for prefix in PROBABILITY_PREFIXES] + [(prefix, {"float"}) for prefix in DOUBTFUL_PREFIXES]
    families = (_find_family(schema, prefix, kinds) for prefix, kinds in wanted_kinds)
    return next((family for family in families if len(family) > 1), ())


def _find_family(schema: Sequence[ColumnType], prefix: str, kinds: set[str]) -> tuple[tuple[str, str], ...]:
    """Return (label, column) of the columns that begin with ``prefix``."""
    named = [(column.name.strip(), column) for column in schema if column.kind in kinds]
    return tuple(
        (name[len(prefix) :], column.name) for name, column in named if normalize_name(name).startswith(prefix) and name[len(prefix) :]
    )


def _match_pattern(schema: Sequence[ColumnType], pattern: str, source: str) -> tuple[tuple[str, str], ...]:
    before, _, after = pattern.partition("*")
    matches = tuple(
        (c.name[len(before) : len(c.name) - len(after)], c.name)
        for c in schema
        if c.name.startswith(before) and c.name.endswith(after) and len(c.name) > len(before) + len(after)
    )
    if not matches:
        raise DataError(
            f'{source} has no column like "{pattern}".',
            f"`columns.probabilities` asks for them; the file has: {_list_names([c.name for c in schema])}.",
            "correct the pattern, or write label: column for each.",
        )
    return matches


def _missing(source: str, names: Sequence[str], role: str, column: str, place: str | None) -> DataError:
    says = f'{place} says {_MEANING[role]} is in "{column}"' if place else f'{_MEANING[role]} was to be in "{column}"'
    return DataError(
        f'{source} has no column "{column}".',
        f"{says}; the file has: {_list_names(names)}.",
        _suggest(names, role, column),
    )


def _suggest(names: Sequence[str], role: str, column: str) -> str:
    if role in {"slices", "metrics", "probabilities"}:
        near = find_near(column, names)
        return f'did you mean "{near[0]}"?' if near else f'correct `{role}` in memeci.yml, or write the column "{column}".'
    common = [name for rank in COMMON_NAMES[role] for name in names if normalize_name(name) in rank]
    better = [*common, *find_near(column, names)]
    return f"set `columns.{role}: {better[0]}` in memeci.yml." if better else f"set `columns.{role}` in memeci.yml to one of these."


def _no_column(source: str, names: Sequence[str], part: str) -> DataError:
    return DataError(
        f"{source} has no column for {_MEANING[part]}.",
        f"none has a common name for it ({', '.join(COMMON_NAMES[part][0][:3])} …); the file has: {_list_names(names)}.",
        f"set `columns.{part}` in memeci.yml to one of these.",
    )


def _list_names(names: Sequence[str]) -> str:
    return ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
