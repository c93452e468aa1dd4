"""Themes are files of the user's too: what is wrong is said with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from memeci.errors import ConfigError
from memeci.memes.drawing import compose
from memeci.memes.themes import load_theme
from tests.unit.memes.pictures import full_evaluation

WORD_FOR_WORD = [
    "这届参数不行啊",
    "这届batch size太菜了",
    "这届学生不行啊",
    "救命啊这个模型又在胡言乱语了",
    "救命啊，模型突然会学习了！🚨💥",
    "警告⚠️，你的FP率正在突破天际！",
    "Pipeline exploded, please send help 🚨",
    "FROM scratch到崩溃 🐳✨",
    "绝绝子💯",
    "咱就是说，头秃了⚠️",
    "咱就是说，头秃到怀疑人生了 💪",
    "早该放弃学习率 scheduler了",
    "泰裤辣 💃 但请重训",
    "哇，这overfitting真是惊艳呢",
    "哇，这loss曲线真有创意呢",
    "Welcome to the hidden layer, where data gets toasted!",
    "This is NOT a coffee break, it's a training phase! ☕️🔥",
    "When the sweetness hits the bottom, that's your ReLU activation!",
    "Look at this activation function in real time! 🍞📊",
    "This is not dessert, it's model evaluation!",
    "Look at this activation function spiking like it's Black Friday sales! 📈🍞",
    "This is a neural network, not an electrical hazard. 🔌🥖",
    "Rule #1: Never leave your activation function unattended!",
    "Rule #2: Always supervise your liquid neural networks! 💧🚫",
    "Here's your regularization layer made of caramel 🍯",
    "See how the generator learned from its mistakes? toasty but not toasted! 🍞🚫",
    "Welcome to our kitchen lab, where AI meets apron! 👨‍🍳🔬",
]


def write(tmp_path: Path, text: str) -> Path:
    (tmp_path / "theme.yml").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("caption", WORD_FOR_WORD)
def test_captions_are_kept_word_for_word(caption: str) -> None:
    themes = [load_theme(name) for name in ("memeops", "kitchen")]
    assert any(caption in (c.zh, c.en) for theme in themes for finding in theme.findings.values() for c in finding.captions)


@pytest.mark.parametrize("word", ["摆烂", "躺平", "栓Q", "泰裤辣 💃", "绝绝子💯", "YYDS 👑"])
def test_slang_is_in_the_generator(word: str) -> None:
    assert any(word == zh for words in load_theme("memeops").slang.values() for zh, _ in words)


def test_users_theme__overrides_one_finding_and_keeps_the_rest(tmp_path: Path) -> None:
    theme = write(tmp_path, "extends: memeops\nfindings:\n  regression:\n    captions:\n      - {zh: 我的锅, en: my bad}\n")
    picture, _ = compose(full_evaluation(), theme=theme, language="en")
    assert picture.caption.startswith("my bad")
    assert load_theme(theme).findings["improved"] == load_theme("memeops").findings["improved"]


def test_users_template__is_drawn(tmp_path: Path) -> None:
    theme = write(tmp_path, "extends: memeops\nfindings:\n  regression: {templates: [mine]}\n")
    (tmp_path / "mine").mkdir()
    box = "{x: 0.05, y: 0.05, w: 0.9, h: 0.3}"
    (tmp_path / "mine" / "meme.yml").write_text(
        f"title: {{en: mine, zh: 我的}}\nmood: calm\nheadline: {box}\nfooter: {{x: 0.05, y: 0.7, w: 0.9, h: 0.25}}\n"
        "data: {x: 0.1, y: 0.4, w: 0.8, h: 0.2}\n",
        encoding="utf-8",
    )
    (tmp_path / "mine" / "template.svg.j2").write_text(
        '{% extends "_base.svg.j2" %}{% block still %}<circle class="mine" r="9"/>{% endblock %}', encoding="utf-8"
    )
    picture, _ = compose(full_evaluation(), theme=theme, language="zh")
    assert picture.template == "mine"
    assert 'class="mine"' in picture.svg


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("findings:\n  regresion: {}\n", 2, "did you mean regression?"),
        ("findings:\n  regression:\n    captions:\n      - {zh: 只有中文}\n", 4, "needs zh and en"),
        ("findings:\n  regression:\n    captions:\n      - {zh: '{fpr} 炸了', en: boom}\n", 4, "{fpr} is no number of regression"),
        ("findings:\n  regression:\n    captions:\n      - {zh: '{baseline:percent}', en: boom}\n", 4, "formats are"),
        ("palette:\n  alarm: [red, green, blue]\n", 2, "three colours"),
        ("backdrop: beach\n", 1, "known: rays, kitchen"),
        ("name: x\nname: y\n", 2, "twice"),
        ("slang:\n  alarm:\n    - 摆烂\n", 3, "a mapping is expected"),
        ("extends: nothing\n", 1, "known: kitchen, memeops"),
        ("findings: [\n", 2, ""),
        ("- 1\n", 1, "a mapping is expected"),
        ("findings:\n  regression:\n    captions:\n      - {zh: " + "长" * 300 + ", en: x}\n", 4, "300 characters"),
        ("findings:\n  regression:\n    templates: [no-such-template]\n", 3, "no-such-template"),
    ],
)
def test_bad_theme__line_and_reason(tmp_path: Path, text: str, line: int, reason: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_theme(write(tmp_path, text))
    assert f"line {line}" in str(error.value)
    assert reason in str(error.value)


def test_unknown_theme__names_those_there_are() -> None:
    with pytest.raises(ConfigError, match="kitchen, memeops"):
        load_theme("no-such-theme")


@pytest.mark.parametrize("folder", sorted((Path(__file__).parents[3] / "examples" / "themes").iterdir()), ids=lambda path: path.name)
@pytest.mark.parametrize("language", ["zh", "en", "both"])
def test_example_themes_draw_what_they_change(folder: Path, language: str) -> None:
    from memeci.records import Outcome
    from tests.builders import records as real
    from tests.builders.records import RecordBuilder

    held = RecordBuilder(real.REVIEWS_C4, real.REVIEWS, outcome=Outcome.HELD).build()
    assert compose(held, theme=folder, language=language)[0].template == "coffee"
    assert compose(full_evaluation(), theme=folder, language=language)[0].template == "before-after"
