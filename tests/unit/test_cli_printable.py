"""What an error message may do to a terminal, and to a CI runner that reads it: nothing."""

from __future__ import annotations

import pytest

from memeci.cli.group import format_printable


@pytest.mark.parametrize("text", ["bad\n::error::x", "bad\n   ::add-mask::y", "::stop-commands::z"])
def test_no_line_of_a_message_is_a_command_of_the_runner(text: str) -> None:
    assert not [line for line in format_printable(text).split("\n") if line.lstrip().startswith("::")]


def test_a_message_keeps_its_lines_and_loses_its_escapes() -> None:
    assert format_printable("a\x1b[31m\nwhy:   b::c") == "a\\x1b[31m\nwhy:   b::c"
