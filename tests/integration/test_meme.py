"""`memeci meme`, the whole command: a record in, a picture out, every mistake explained."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from memeci.cli.group import main
from memeci.records import encode_record
from tests.unit.memes.pictures import full_evaluation


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["meme", *arguments])


@pytest.fixture
def record(tmp_path: Path) -> Path:
    (tmp_path / "record.json").write_bytes(encode_record(full_evaluation()))
    return tmp_path / "record.json"


def test_record__png_and_alt_text_in_both_languages(record: Path, tmp_path: Path) -> None:
    result = run(str(record), "-o", str(tmp_path / "out" / "meme.png"))
    assert result.exit_code == 0
    assert (tmp_path / "out" / "meme.png").read_bytes().startswith(b"\x89PNG")
    assert "Meme: " in result.stderr
    assert "梗图：" in result.stderr


def test_folder_with_a_record(record: Path, tmp_path: Path) -> None:
    assert run(str(record.parent), "-o", str(tmp_path / "m.png")).exit_code == 0


def test_curve__png_and_gif(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("epoch,loss\n" + "".join(f"{i},{0.9**i}\n" for i in range(9)) + "9,nan\n", encoding="utf-8")
    result = run("--curve", str(tmp_path / "log.csv"), "--animate", "-o", str(tmp_path / "m.png"))
    assert result.exit_code == 0
    gif = (tmp_path / "m.gif").read_bytes()
    assert gif.startswith(b"GIF89a")
    assert len(gif) < 1_000_000


def test_gif_plays_once_and_holds_its_last_frame_a_second(tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "log.csv").write_text("epoch,loss\n" + "".join(f"{i},{0.9**i}\n" for i in range(9)) + "9,nan\n", encoding="utf-8")
    run("--curve", str(tmp_path / "log.csv"), "--animate", "-o", str(tmp_path / "m.png"))
    with Image.open(tmp_path / "m.gif") as gif:
        assert "loop" not in gif.info
        gif.seek(gif.n_frames - 1)
        assert gif.info["duration"] >= 1000


def test_own_caption_needs_no_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("--caption", "摆烂了家人们", "-o", "m.png")
    assert result.exit_code == 0
    assert "摆烂了家人们" in result.stderr


def test_quiet_curve__needs_words_of_your_own(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("epoch,loss\n0,1.0\n1,0.9\n2,0.95\n", encoding="utf-8")
    quiet = run("--curve", str(tmp_path / "log.csv"), "-o", str(tmp_path / "m.png"))
    assert quiet.exit_code == 2
    assert "nothing worth a picture" in quiet.stderr
    assert run("--curve", str(tmp_path / "log.csv"), "--caption", "还行", "-o", str(tmp_path / "m.png")).exit_code == 0


def test_list__templates_themes_and_captions() -> None:
    result = run("--list")
    assert result.exit_code == 0
    for word in ("boba-confusion", "toaster", "kitchen", "这届参数不行啊", "false_positives"):
        assert word in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing.json",), "there is no record"),
        (("{tmp}/bad.json",), "it does not fit the schema"),
        (("{tmp}/record.json", "--template", "nope"), 'no meme template "nope"'),
        (("{tmp}/record.json", "--theme", "nope"), 'no theme "nope"'),
        (("{tmp}/record.json", "--template", "toaster"), "cannot be drawn from this record"),
        (("--curve", "nothing.csv"), "there is no file"),
        (("{tmp}/record.json", "--language", "fr"), "Invalid value"),
        (("{tmp}/record.json", "-o", "{tmp}"), "cannot be written"),
    ],
)
def test_mistakes__exit_2_with_an_explanation(record: Path, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    (tmp_path / "bad.json").write_text('{"kind": "evaluation"}', encoding="utf-8")
    result = run(*(argument.replace("{tmp}", str(tmp_path)) for argument in arguments))
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_same_record__same_bytes_on_disk(record: Path, tmp_path: Path) -> None:
    run(str(record), "-o", str(tmp_path / "a.png"))
    run(str(record), "-o", str(tmp_path / "b.png"))
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
