"""What a command printed, before anybody else reads it."""

from __future__ import annotations

import pytest

from memeci.config.secrets import hide_secrets

SEEN = {"HF_TOKEN": "correct-horse", "DB_PASSWORD": "battery staple", "SIGNING_KEY": "-----BEGIN\nabcdefgh\n", "EPOCHS": "twelve-of-them"}


@pytest.mark.parametrize("value", ["correct-horse", "battery staple", "abcdefgh"])
def test_values_of_variables_named_like_secrets__are_hidden(value: str) -> None:
    assert hide_secrets(f"could not log in with {value}!", SEEN) == "could not log in with ***!"


def test_other_variables_and_short_values__stay_readable() -> None:
    line = "epoch twelve-of-them, use_auth=true, 0.5 s"
    assert hide_secrets(line, {**SEEN, "USE_AUTH": "true", "N_KEY": "0.5"}) == line


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("remote: ghs_" + "a1" * 18, "remote: ***"),
        ("glpat-" + "x" * 20 + " expired", "*** expired"),
        ("clone https://oauth2:abc@host.example/x.git", "clone https://***@host.example/x.git"),
        ("Authorization: Bearer abc.def.ghi", "Authorization: Bearer ***"),
        ("AUTHORIZATION: basic eDp5ejEyMzQ1", "AUTHORIZATION: basic ***"),
        ("connect(password='hunter22')", "connect(password='***')"),
        ("api_key=0123456789", "api_key=***"),
        ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_1 back", "got *** back"),
        ("v1.eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.", "v1.***"),
        ("postgres://u:p@ss:w/rd@host/db", "postgres://***@host/db"),
        ("redis://:pa/ss@host", "redis://***@host"),
        ("see https://a.example then https://u:p@b.example", "see https://a.example then https://***@b.example"),
        ("https://a.example,https://u:p@b.example", "https://a.example,https://***@b.example"),
    ],
)
def test_forms_of_tokens__are_hidden_wherever_they_came_from(line: str, shown: str) -> None:
    assert hide_secrets(line, {}) == shown


@pytest.mark.parametrize(
    "line",
    [
        "ValueError: token classification failed",
        "tokenizer loaded",
        '  File "/app/predict.py", line 3, in <module>',
        "KeyError: 'label'",
        "fetch https://host.example:8080/@scope/name and https://host.example/@scope/name",
        "mail me@host.example about https://host.example",
        "eyJust-a-longer-word.that-goes.on",
    ],
)
def test_a_traceback__stays_as_it_is(line: str) -> None:
    assert hide_secrets(line, {}) == line


@pytest.mark.parametrize("part", ["eyJ", "eyJ.", "://a:b", "@://", "a.eyJaaaaaaaaaa.", "token ", "gho_", "token="])
def test_a_very_long_line__takes_no_time_to_speak_of(part: str) -> None:
    """In the square of their length these would take minutes."""
    line = part * (500_000 // len(part))
    assert len(hide_secrets(f"{line}\n{line}", {})) <= 2 * len(line) + 1
