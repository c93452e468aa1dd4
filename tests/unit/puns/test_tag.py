"""Commit to tag and back, for any commit."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memeci.errors import DataError
from memeci.puns import (
    Manners,
    Style,
    build_docker_tag,
    decode_tag,
    explain_commit,
    explain_tag,
    format_explanation,
    load_themes,
    parse_commit,
    unweave_leet,
)
from memeci.puns.lexicon import load_compiled

DOCKER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\Z")
KUBERNETES = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?\Z")
LOVE = "5201314" + "0" * 33
USERS_OWN = "b16e83c01" + "9" * 31

commits = st.sampled_from([40, 64]).flatmap(lambda n: st.text("0123456789abcdef", min_size=n, max_size=n))
options = st.fixed_dictionaries(
    {"theme": st.sampled_from(["memeops", "kitchen", "./my-theme"]), "style": st.sampled_from(Style), "manners": st.sampled_from(Manners)}
)


@given(commits, options)
def test_any_commit__gives_a_tag_that_docker_and_kubernetes_accept(commit: str, given_options: dict) -> None:
    tag = build_docker_tag(commit, **given_options).tag
    assert DOCKER.match(tag)
    assert KUBERNETES.match(tag)


@given(commits, options)
def test_any_tag__decodes_to_the_first_digits_of_its_commit(commit: str, given_options: dict) -> None:
    assert commit[:12] == decode_tag(build_docker_tag(commit, **given_options).tag).prefix


@given(commits, options)
def test_any_tag_of_ours__is_explained(commit: str, given_options: dict) -> None:
    tag = build_docker_tag(commit, **given_options).tag
    explanation = explain_tag(commit, decode_tag(tag))
    assert explanation is not None
    assert tag == explanation.docker_tag.tag


@given(commits)
def test_leet_form__is_the_commit_with_letters_put_in(commit: str) -> None:
    words = build_docker_tag(commit, style=Style.LEET).tag.split(".")[0]
    assert commit[:9] == unweave_leet(words)


@given(commits, st.sampled_from(["我", "死", "shi", "bu-yao", "Wǒ ài nǐ", "taikula", "泰裤辣", "520"]))
def test_excluded_word__never_appears(commit: str, word: str) -> None:
    tag = build_docker_tag(commit, exclude=[word])
    solid = {"Wǒ ài nǐ": "wo-ai-ni", "泰裤辣": "taikula"}.get(word, word)
    assert word not in tag.hanzi
    assert f"-{solid}-" not in f"-{tag.tag.replace('.', '-').rpartition('-g')[0]}-"


def test_love__is_the_tag_of_the_design() -> None:
    tag = build_docker_tag(LOVE)
    assert tag.tag == "wo-ai-ni-yi-sheng-yi-shi.taikula.g520131400000"
    assert (tag.hanzi, tag.pinyin) == ("我爱你一生一世，泰裤辣", "wǒ ài nǐ yī shēng yī shì, tài kù là")
    assert tag.gloss == "I love you for a whole lifetime · so cool"


def test_example_of_the_documentation__is_what_memeci_says() -> None:
    page = (Path(__file__).parents[3] / "docs" / "docker-tags.md").read_text(encoding="utf-8")
    explanation = explain_commit("3123ff86c7f85afef35fedad4f5248dd4d9a8370")
    tag = explanation.docker_tag
    assert f"{tag.tag}\n{tag.hanzi}  {tag.pinyin}  “{tag.gloss}”\n" in page
    assert "\n".join(format_explanation(explanation).splitlines()[6:11]) in page


def test_leet__is_the_form_the_user_wrote() -> None:
    assert build_docker_tag(USERS_OWN, style=Style.LEET).tag.startswith("b16e8s3c0mm1t.")


def test_upper_case_and_a_newline__are_the_same_commit() -> None:
    assert build_docker_tag(LOVE) == build_docker_tag(LOVE.upper() + "\n")


def test_theme__chooses_the_list_of_words() -> None:
    words = {theme: {word.slug for word in load_compiled().slang[theme]} for theme in load_themes()}
    for theme in load_themes():
        assert build_docker_tag(LOVE, theme=theme).tag.split(".")[1] in words[theme]
    assert build_docker_tag(LOVE) == build_docker_tag(LOVE, theme="./my-own-theme")


def test_everything_excluded__still_gives_a_tag() -> None:
    every = [entry.hanzi for entry in load_compiled().entries] + [word.hanzi for word in load_compiled().slang["memeops"]]
    assert build_docker_tag(LOVE, exclude=every).tag == "ti-jiao.en.g520131400000"


def test_twenty_thousand_commits__share_no_tag_and_nearly_all_hold_an_idiom_of_three_digits() -> None:
    rng = random.Random(7)
    seen = {f"{rng.getrandbits(160):040x}" for _ in range(20_000)}
    assert len(seen) == len({build_docker_tag(commit).tag for commit in seen})
    with_idiom = sum(any(s.points and s.end - s.start >= 3 for s in explain_commit(c).segments) for c in list(seen)[:5000])
    assert with_idiom >= 4950


def test_explanation__says_where_in_the_hash_the_pun_is() -> None:
    explanation = explain_commit("af" * 10 + "7456" + "af" * 8)
    assert "气死我了" in [s.entry.hanzi for s in explanation.pun]
    assert (20, 24) in [(s.start, s.end) for s in explanation.pun]


@pytest.mark.parametrize("text", ["", "HEAD", "5201314", "g" * 40, "0" * 41, "0" * 39 + "\u0660", "--help", "0" * 39 + "\x1b"])
def test_anything_but_a_full_hash__is_refused_kindly(text: str) -> None:
    with pytest.raises(DataError, match="no full commit hash"):
        parse_commit(text)


@pytest.mark.parametrize(
    "tag",
    [
        "wo-ai-ni-yi-sheng-yi-shi.taikula.g520131400000",
        "ghcr.io/me/app:wo-ai-ni.taikula.g520131400000",
        "localhost:5000/app:wo-ai-ni.taikula.g520131400000@sha256:" + "0" * 64,
        "sha-" + LOVE,
    ],
)
def test_tag_with_its_image_in_front__decodes(tag: str) -> None:
    assert LOVE.startswith(decode_tag(tag).prefix)


@pytest.mark.parametrize(
    "tag", ["", "latest", "1.2.0", "wo.g123", "a.b.g12345", "a.b.g1234567;rm -rf", "-x.b.g1234567", "a" * 200 + ".b.g1234567"]
)
def test_foreign_tag__is_refused_kindly(tag: str) -> None:
    with pytest.raises(DataError, match="no tag of memeci"):
        decode_tag(tag)


def test_words_of_another_hand__are_not_explained() -> None:
    assert explain_tag(LOVE, decode_tag("made-up.words.g520131400000")) is None
