"""The lexicon is right: compiled from its YAML, digits sound like their syllables, syllables are read from their hanzi."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from memeci.puns.compile import SOURCES, LexiconFault, build_compiled, build_leet, check_pinyin, encode_compiled, read_pinyin, strip_tones
from memeci.puns.lexicon import COMPILED, MAX_PUN_LENGTH, MAX_SLANG_LENGTH, Entry, load_compiled

# What everybody who sends number puns would say, written down without looking at the lexicon.
KNOWN = {
    "520": "我爱你",
    "1314": "一生一世",
    "5201314": "我爱你一生一世",
    "7456": "气死我了",
    "9494": "就是就是",
    "995": "救救我",
    "886": "拜拜啦",
    "88": "拜拜",
    "530": "我想你",
    "555": "呜呜呜",
    "1573": "一往情深",
    "3344": "生生世世",
    "8147": "不要生气",
    "748": "去死吧",
    "514": "我要死",
    "168": "一路发",
    "233": "二三三",
    "996": "九九六",
    "404": "四零四",
    "dddd": "懂的都懂",
    "dead": "凉了",
    "beef": "牛肉",
    "c0ffee": "续命咖啡",
}
PINYIN = {
    "我爱你一生一世": "wǒ ài nǐ yī shēng yī shì",
    "长长久久": "cháng cháng jiǔ jiǔ",
    "不得了": "bù dé liǎo",
    "你懂的": "nǐ dǒng de",
    "都是你的错": "dōu shì nǐ de cuò",
    "对不起": "duì bu qǐ",
    "请假": "qǐng jià",
    "真的假的": "zhēn de jiǎ de",
    "重启试试": "chóng qǐ shì shì",
    "准确率": "zhǔn què lǜ",
    "好奇": "hào qí",
    "好吃": "hǎo chī",
    "吃不了": "chī bù liǎo",
    "相亲": "xiāng qīn",
    "误差": "wù chā",
    "又要上班了": "yòu yào shàng bān le",
}


def _best(code: str) -> Entry:
    compiled = load_compiled()
    return compiled.entries[compiled.codes[code][0][0]]


def test_compiled_file__is_what_the_yaml_gives() -> None:
    assert encode_compiled(build_compiled(SOURCES)) == COMPILED.read_bytes(), "run python -m memeci.puns.compile"


@pytest.mark.parametrize(("code", "hanzi"), KNOWN.items())
def test_well_known_code__is_read_as_people_read_it(code: str, hanzi: str) -> None:
    assert _best(code).hanzi == hanzi


@pytest.mark.parametrize(("hanzi", "pinyin"), PINYIN.items())
def test_pinyin__is_how_a_native_reader_says_it(hanzi: str, pinyin: str) -> None:
    assert [pinyin] == [entry.pinyin for entry in load_compiled().entries if entry.hanzi == hanzi]


def test_every_spelling__sounds_like_its_syllables() -> None:
    table = yaml.safe_load((SOURCES / "homophones.yaml").read_text(encoding="utf-8"))
    readings = {digit: {*row["name"], *row["near"], *row.get("look", ())} for digit, row in table.items()}
    compiled = load_compiled()
    words = {word["code"] for word in yaml.safe_load((SOURCES / "lexicon.yaml").read_text(encoding="utf-8"))["words"]}
    wrong = [
        (code, compiled.entries[number].slug)
        for code, options in compiled.codes.items()
        for number, _ in options
        if code not in words
        and [True] * len(code) != [s in readings[d] for d, s in zip(code, compiled.entries[number].slug.split("-"), strict=True)]
    ]
    assert wrong == []


def test_every_entry__fits_a_tag_and_says_what_it_means() -> None:
    compiled = load_compiled()
    slang = [word for words in compiled.slang.values() for word in words]
    assert all(len(entry.slug) <= MAX_PUN_LENGTH and entry.gloss and entry.slug.replace("-", "").isalpha() for entry in compiled.entries)
    assert all(len(word.slug) <= MAX_SLANG_LENGTH and word.slug.isascii() and word.gloss for word in slang)
    assert all(len(words) == len({word.slug for word in words}) for words in compiled.slang.values())


def test_written_spelling__beats_a_derived_one() -> None:
    assert (load_compiled().codes["520"][0][1], load_compiled().codes["5a0"][0][1]) == (3, 2)
    assert _best("5a0").hanzi == "我爱你"


def test_look_alike_spelling__counts_least() -> None:
    compiled = load_compiled()
    assert (compiled.codes["b66"][-1][1], compiled.entries[compiled.codes["b66"][-1][0]].hanzi) == (1, "溜溜溜")


@pytest.mark.parametrize(("hanzi", "pinyin"), [("我", "nǐ"), ("我爱", "wǒ"), ("了", "lè")])
def test_wrong_pinyin__is_refused(hanzi: str, pinyin: str) -> None:
    with pytest.raises(LexiconFault):
        check_pinyin(hanzi, pinyin)


def test_code_that_does_not_sound_like_its_hanzi__is_refused(tmp_path: Path) -> None:
    for source in SOURCES.glob("*.yaml"):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    entry = 'puns: [{code: "521", hanzi: 我爱你, tone: tender, gloss: I love you}]\nphrases: {}\n'
    (tmp_path / "lexicon.yaml").write_text(entry, encoding="utf-8")
    with pytest.raises(LexiconFault, match="521 cannot be read wo ai ni"):
        build_compiled(tmp_path)


def test_one_code_written_for_two_entries__is_refused(tmp_path: Path) -> None:
    for source in SOURCES.glob("*.yaml"):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    entries = 'phrases: {}\npuns: [{code: "84", hanzi: 部署, tone: work, gloss: x}, {code: "84", hanzi: 不是, tone: work, gloss: y}]\n'
    (tmp_path / "lexicon.yaml").write_text(entries, encoding="utf-8")
    with pytest.raises(LexiconFault, match="84 is the written code of two entries"):
        build_compiled(tmp_path)


def test_read_pinyin__keeps_the_own_tone_of_yi_and_bu() -> None:
    assert read_pinyin("一起不是") == "yī qǐ bù shì"


def test_strip_tones__writes_v_for_umlaut() -> None:
    assert strip_tones("lǜ sè") == "lv-se"


def test_leet_skeleton__is_the_word_without_its_foreign_letters() -> None:
    table = build_leet({"lookalikes": {"o": "0", "i": "1"}, "words": ["commit"], "forms": []})
    assert table == {"c0": ["c0mmit"], "c01": ["c0mm1t"], "c1": ["comm1t"]}


def test_a_run__imports_neither_pypinyin_nor_yaml() -> None:
    script = (
        "import sys; from memeci.puns import build_docker_tag; build_docker_tag('0' * 40);"
        "print(sorted({'pypinyin', 'yaml', 'git', 'jinja2', 'numpy'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
