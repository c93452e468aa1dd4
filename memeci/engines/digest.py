"""The dataset digest: the same for the same ids and labels, whatever the row order, file format, engine or its version.

And the digest of the files themselves, a tenth of the cost, which tells only whether they are still the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from memeci.engines.engine import Engine, LabelKind, Table

# The low 64 bits of an md5: the same on every engine, and sums of them are free of row order.
MD5_64 = "cast(md5_number({}) & 18446744073709551615::uhugeint as ubigint)"

# Between id and label, so that ("a", "bc") and ("ab", "c") differ.
SEPARATOR = "chr(31)"


def compute_digest(engine: Engine, table: Table) -> str:
    """Return "sha256:…" over ids and labels. One scan; an md5 per example makes it the dearest of all scans."""
    has_label = table.columns.label is not None
    key = "label" if table.kind.kind == "text" and has_label else "null"
    hashed = MD5_64.format(_digest_key(table.kind, has_label))
    return _build_digest(engine.fetch_rows(f"select {key}, count(*), sum({hashed}) from {table.view} group by 1"))


def _digest_key(kind: LabelKind, has_label: bool) -> str:
    """Return what is hashed per example. Text labels are bound to their ids by the grouping, and hashed once each."""
    if kind.kind == "text" or not has_label:
        return "id"
    # Fixed-width scientific digits: the one form of a double that all engines print alike. + 0.0 drops the sign of -0.
    label = "printf('%.12e', label + 0.0)" if kind.kind == "number" else "array_to_string(label, chr(30))"
    return f"concat(id, {SEPARATOR}, {label})"


def _build_digest(rows: Sequence[tuple[Any, ...]]) -> str:
    """Return the sha256 over each label's number of examples and the sum of their hashes."""
    hasher = hashlib.sha256()
    for label, count, total in sorted((("" if label is None else "=" + label), n, total) for label, n, total in rows):
        hasher.update(f"{len(label.encode())}:{label}\t{count}\t{total % 2**64:016x}\n".encode())
    return f"sha256:{hasher.hexdigest()}"


def digest_files(paths: Iterable[Path]) -> str:
    """Return "sha256:…" over the bytes of the files, each bound to its length."""
    whole = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            part, size = hashlib.sha256(), 0
            while chunk := file.read(1 << 20):
                part.update(chunk)
                size += len(chunk)
        whole.update(f"{size}:{part.hexdigest()}\n".encode())
    return f"sha256:{whole.hexdigest()}"
