"""The ``memeci`` command: which commands there are, and what their exit codes mean. One file per command."""

from memeci.cli.group import main

__all__ = ["main"]
