"""Fonts are believed by their character map alone; never an empty box."""

from __future__ import annotations

from pathlib import Path

import pytest

from memeci.memes import fonts
from memeci.memes.fonts import FontError, find_font
from memeci.memes.sfnt import read_faces

DEJAVU = next((Path(name) for name in fonts.LATIN if Path(name).exists() and "DejaVu" in name), None)
needs_dejavu = pytest.mark.skipif(DEJAVU is None, reason="no DejaVu on this machine")


def test_chinese_text__a_font_that_has_every_character() -> None:
    font = find_font("救命啊，模型突然会学习了！绝绝子泰裤辣")
    assert font.face.find_missing("救命啊，模型突然会学习了！绝绝子泰裤辣") == ""


@needs_dejavu
def test_dejavu_has_latin_and_no_hanzi() -> None:
    (face,) = read_faces(DEJAVU)  # type: ignore[arg-type]
    assert face.family == "DejaVu Sans"
    assert face.find_missing("Aé→ 你好你") == "你好"


@needs_dejavu
def test_only_a_latin_font__names_the_missing_characters_and_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "EXTRA", ("no_such_package_of_fonts", "x.ttf"))
    monkeypatch.setattr(fonts, "FOLDERS", ())
    monkeypatch.setattr(fonts, "_list_fontconfig", lambda: (DEJAVU,))
    with pytest.raises(FontError) as error:
        find_font("摆烂 OK")
    assert "摆烂" in error.value.what
    assert "memeci[fonts]" in error.value.next_step


@needs_dejavu
def test_english_needs_no_chinese_font(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "EXTRA", ("no_such_package_of_fonts", "x.ttf"))
    assert find_font("Pipeline exploded, please send help").face.find_missing("Pipeline") == ""


@needs_dejavu
def test_a_path_given_by_the_user_comes_first() -> None:
    assert find_font("OK", [DEJAVU]).face.path == DEJAVU  # type: ignore[list-item]


def test_no_font_at_all__says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "EXTRA", ("no_such_package_of_fonts", "x.ttf"))
    monkeypatch.setattr(fonts, "FOLDERS", ())
    monkeypatch.setattr(fonts, "_list_fontconfig", tuple)
    with pytest.raises(FontError, match="no font was found"):
        find_font("摆烂")


@pytest.mark.parametrize("content", [b"", b"wOF2" + bytes(60), b"\0\1\0\0" + b"\xff" * 40, b"ttcf" + b"\xff" * 8, b"not a font"])
def test_what_is_no_font__has_no_faces(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.ttf").write_bytes(content)
    assert read_faces(tmp_path / "x.ttf") == []


def test_width_of_hanzi_is_one_em() -> None:
    assert find_font("摆").measure("摆烂") == pytest.approx(2.0, abs=0.1)
