"""The hidden line by which a comment is found again: one per key, whatever the key contains."""

from __future__ import annotations

import hashlib


def build_marker(key: str) -> str:
    """Return an HTML comment for ``key`` (a model, a configuration); the key is hashed, so nothing in it can close it."""
    return f"<!-- memeci:{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:24]} -->"
