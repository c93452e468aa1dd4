"""memeci.yml to a Config: every key, every fault with its line, several models, and what overrides the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import fields

from memeci.config import ColumnsConfig, Config, MetricConfig, Override, load_config, load_configs
from memeci.config.keys import KEYS
from memeci.errors import ConfigError
from memeci.policy import Gate, OnInconclusive, Rule, Tolerance
from memeci.records import Direction, Task, Unit

WHOLE = """\
model: sentiment
task: binary
positive_label: yes
command: python predict.py --out "out dir"
predictions: out/predictions.parquet
columns: {id: id, label: y_true, prediction: y_pred, score: score, weight: w, group: user_id, text: null, probabilities: prob_*}
slices: [platform, [platform, lang]]
min_slice_size: 50
metrics:
  - accuracy
  - {name: judge, column: judge_score, direction: higher, unit: number}
  - {name: politeness, function: "checks.style:politeness", direction: higher, unit: rate}
gates:
  macro_f1: {tolerance: 0.5pp, min: 0.80, rule: strict}
  accuracy@platform: 2%
  accuracy@platform=ios: {gate: false}
  judge@lang,platform: {max: 0.3}
rule: require_proof
baseline: sentiment@v1.2.0
on_inconclusive: fail
alpha: 0.05
language: zh
theme: kitchen
output_dir: build/memeci
memory_limit: 2GB
puns: {exclude: [死, 鬼]}
registry: {namespace: refs/heads/memeci, remote: upstream}
"""


# Ten aliases of ten aliases of …: ten million settings if unfolded.
BILLION = "x-a: &a [x, x]\n" + "".join(f"x-{j}: &{j} [{f'*{i}, ' * 9}*{i}]\n" for i, j in zip("abcdef", "bcdefg", strict=True))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _load(text: str | bytes, **more: object) -> Config:
    Path("memeci.yml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_config(**more)  # type: ignore[arg-type]


def _refuse(text: str | bytes, **more: object) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        _load(text, **more)
    return caught.value


def test_whole_file__gives_every_setting(folder: Path) -> None:
    config = _load(WHOLE)
    assert config.model == "sentiment"
    assert config.task is Task.BINARY
    assert config.positive_label == "yes"
    assert config.command == 'python predict.py --out "out dir"'
    assert config.predictions == "out/predictions.parquet"
    assert config.columns == ColumnsConfig(
        "id", "y_true", "y_pred", "score", "w", "user_id", probabilities="prob_*", unused=frozenset({"text"})
    )
    assert config.slices == (("platform",), ("platform", "lang"))
    assert config.slice_columns == ("platform", "lang")
    assert config.min_slice_size == 50
    assert config.metrics == (
        MetricConfig("accuracy", place="memeci.yml line 10"),
        MetricConfig("judge", "judge_score", None, Direction.HIGHER, Unit.NUMBER, "memeci.yml line 11"),
        MetricConfig("politeness", None, "checks.style:politeness", Direction.HIGHER, Unit.RATE, "memeci.yml line 12"),
    )
    assert config.number_columns == ("judge_score",)
    assert config.baseline == "sentiment@v1.2.0"
    assert (config.language, config.theme, config.output_dir, config.memory_limit) == ("zh", "kitchen", "build/memeci", "2GB")
    assert config.puns.exclude == ("死", "鬼")
    assert (config.registry.namespace, config.registry.remote) == ("refs/heads/memeci", "upstream")


def test_gates__become_the_policy_with_scopes_in_the_order_of_slices(folder: Path) -> None:
    policy = _load(WHOLE).build_policy(noise={"accuracy": 0.01}, noise_runs=3, ungated=["f1[a]"])
    assert policy.gates == {
        ("macro_f1", ""): Gate(Tolerance(absolute=0.005), 0.80, Rule.STRICT),
        ("accuracy", "platform"): Gate(Tolerance(relative=0.02)),
        ("accuracy", "platform=ios"): Gate(gated=False),
        ("judge", "platform,lang"): Gate(minimum=0.3),
    }
    assert (policy.alpha, policy.rule, policy.on_inconclusive) == (0.05, Rule.REQUIRE_PROOF, OnInconclusive.FAIL)
    assert (policy.noise, policy.noise_runs, policy.ungated, policy.min_slice_size) == ({"accuracy": 0.01}, 3, {"f1[a]"}, 50)


def test_no_file__gives_the_defaults(folder: Path) -> None:
    assert load_config() == Config(digest=load_config().digest)


def test_every_key__has_a_field_and_every_field_a_key() -> None:
    assert {key.name for key in KEYS} == {f.name for f in fields(Config)} - {"path", "root", "digest", "places"}


def test_places__tell_where_each_key_was_written(folder: Path) -> None:
    places = _load("model: a\ncolumns:\n  id: x\n  label: y\nslices:\n  - p\n  - q\n").places
    assert places["columns.label"] == "memeci.yml line 4"
    assert places["slices[1]"] == "memeci.yml line 7"


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("model: a\ncolums: {}\n", "memeci.yml line 2: unknown key `colums`.", "`columns`"),
        ("gates:\n  f1:\n    tolerence: 1pp\n", "memeci.yml line 3: unknown key `gates.f1.tolerence`.", "`tolerance`"),
        ("columns:\n  lable: y\n", "memeci.yml line 2: unknown key `columns.lable`.", "`label`"),
        ("puns: {exlude: [x]}\n", "memeci.yml line 1: unknown key `puns.exlude`.", "`exclude`"),
        ("metrics:\n- {name: a, colum: b}\n", "memeci.yml line 2: unknown key `metrics[0].colum`.", "`column`"),
        ("models: {a: {gate: {}}}\n", "memeci.yml line 1: unknown key `models.a.gate`.", "`gates`"),
    ],
)
def test_unknown_key__has_its_line_and_the_nearest(text: str, what: str, hint: str, folder: Path) -> None:
    error = _refuse(text)
    assert error.what == what
    assert hint in error.next_step


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("alpha: high\n", 1, 'a number between 0.00001 and 0.5, found "high"'),
        ("alpha: 0\n", 1, "a number between 0.00001 and 0.5"),
        ("alpha: .nan\n", 1, "a number between 0.00001 and 0.5"),
        ("model: a\nmin_slice_size: 2.5\n", 2, "a whole number from 1"),
        ("language: fr\n", 1, "one of en, zh, both"),
        ("task: regresion\n", 1, "one of binary"),
        ("model: [a]\n", 1, "found a list"),
        ("model: a b\n", 1, "a name that git allows"),
        ("model: a@b\n", 1, "a name that git allows"),
        ("model: ../x\n", 1, "a name that git allows"),
        ("model: x.lock\n", 1, "a name that git allows"),
        ("model: -x\n", 1, "a name that git allows"),
        ("columns: id\n", 1, "a mapping (key: value)"),
        ("columns: {probabilities: prob}\n", 1, "a pattern like prob_*"),
        ("slices: {a: b}\n", 1, "a list, found a mapping"),
        ("slices: [[]]\n", 1, "an empty list is no slice"),
        ("slices: [a, b, a]\n", 1, "a is written twice"),
        ("slices: [[a, a]]\n", 1, "a × a is written twice"),
        ("metrics: [f1, f1]\n", 1, '"f1" is listed twice'),
        ("metrics: [{column: a}]\n", 1, "a metric needs a name"),
        ("metrics: [{name: a, function: f}]\n", 1, "module:function"),
        ("metrics: [{name: a, function: 'm:f', column: c}]\n", 1, "both column and function"),
        ("gates: [f1]\n", 1, "a mapping, found a list"),
        ("gates: {f1: {tolerance: lots}}\n", 1, "a loss like 0.5pp"),
        ("gates: {f1: {tolerance: -1pp}}\n", 1, "a loss like 0.5pp"),
        ("gates: {f1: {tolerance: inf}}\n", 1, "a loss like 0.5pp"),
        ("gates: {f1: {min: a}}\n", 1, "a number like 0.8 or 80%"),
        ("gates: {f1: {min: 1, max: 2}}\n", 1, "both min and max"),
        ("gates: {f1: {gate: maybe}}\n", 1, "true or false"),
        ("gates: {f1: {rule: strickt}}\n", 1, "one of default, strict, require_proof"),
        ("memory_limit: much\n", 1, "a size like 2GB"),
        ("registry: {remote: --upload-pack=x}\n", 1, "a remote's name or URL"),
        ("registry: {namespace: refs/../heads}\n", 1, "a full ref name"),
        ("registry: {namespace: refs/heads}\n", 1, "a full ref name"),
        ("registry: {namespace: refs/tags/x}\n", 1, "a full ref name"),
        ("model:\n", 1, "it has no value"),
        ("models: {}\n", 1, "it lists no model"),
        ("models: [{task: binary}]\n", 1, "has no name"),
        ("models:\n- model: a\n- model: a\n", 1, 'two models are called "a"'),
    ],
)
def test_wrong_value__has_its_line_and_what_was_expected(text: str, line: int, expected: str, folder: Path) -> None:
    error = _refuse(text)
    assert error.what.startswith(f"memeci.yml line {line}: `")
    assert expected in error.why


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("model: a\nmodel: b\n", "memeci.yml line 2: `model` is written twice."),
        ("columns:\n  id: a\n  label: b\n  id: c\n", "memeci.yml line 4: `columns.id` is written twice."),
        ("", "memeci.yml is empty."),
        ("# only a comment\n", "memeci.yml is empty."),
        ("- model: a\n", "memeci.yml line 1 begins with a list."),
        ("hello\n", 'memeci.yml line 1 begins with "hello".'),
        ("model: a\n---\nmodel: b\n", "memeci.yml holds 2 YAML documents."),
        ("model: a\n\tcommand: b\n", "memeci.yml line 2 is not valid YAML."),
        ("model: [a\n", "memeci.yml line 2 is not valid YAML."),
        ("? [a]\n: b\n", "memeci.yml line 1: a key must be a text."),
        ("model: a\ncommand: 好评".encode("gbk"), "memeci.yml is not UTF-8."),
        ("model: a".encode("utf-16"), "memeci.yml is not UTF-8."),
        ("x: " + "[" * 100_000, "memeci.yml line 1 is nested too deeply."),
        ("x: " + "a" * 300_000, "memeci.yml is too large."),
        ("x: &a [*a]\n", "memeci.yml line 1: there is no anchor &a before *a."),
        ("x: *nowhere\n", "memeci.yml line 1: there is no anchor &nowhere before *nowhere."),
        (BILLION, "memeci.yml is too large."),
    ],
)
def test_file_that_is_no_configuration__is_explained(text: str | bytes, what: str, folder: Path) -> None:
    assert _refuse(text).what == what


def test_text_stays_as_typed__whatever_yaml_makes_of_it(folder: Path) -> None:
    assert _load("positive_label: no\n").positive_label == "no"
    assert _load("positive_label: 1.0\n").positive_label == "1.0"
    assert _load("positive_label: 007\n").positive_label == "007"
    assert _load("positive_label: 'null'\n").positive_label == "null"
    assert _load("model: 2026-11-21\n").model == "2026-11-21"
    assert _load("model: 情感\n").model == "情感"


def test_gate_on_a_slice_nobody_measures__is_an_error_with_the_nearest(folder: Path) -> None:
    error = _refuse("slices: [platform]\ngates:\n  f1: 1pp\n  f1@platfrom: 1pp\n")
    assert error.what == "memeci.yml line 4: the gate `f1@platfrom` is for a slice that is not measured."
    assert "`f1@platform`" in error.next_step


def test_metric_of_yours_with_an_at_sign__is_not_taken_for_a_slice(folder: Path) -> None:
    config = _load("slices: [lang]\nmetrics: [{name: recall@5, column: r5}]\ngates: {recall@5: 1pp, recall@5@lang: 2pp}\n")
    assert set(config.build_policy().gates) == {("recall@5", ""), ("recall@5", "lang")}


def test_slice_values_may_hold_commas_and_equal_signs(folder: Path) -> None:
    config = _load("slices: [[city, kind]]\ngates:\n  'f1@kind=a=b,city=Paris, France': 1pp\n")
    assert set(config.build_policy().gates) == {("f1", "city=Paris, France,kind=a=b")}


def test_digest__changes_with_a_setting_but_not_with_a_comment(folder: Path) -> None:
    first, commented, changed = (_load(t).digest for t in ("model: a\n", "# why\nmodel: 'a'\n", "model: b\n"))
    assert first == commented != changed


def test_both_file_names__are_an_error(folder: Path) -> None:
    Path("memeci.yaml").write_text("model: a\n")
    assert "both" in _refuse("model: b\n").what


def test_named_file_that_is_missing__is_an_error(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"ci/memeci\.yml cannot be read"):
        load_config(Path("ci/memeci.yml"))


def test_paths__are_relative_to_the_file(folder: Path) -> None:
    (folder / "models/a/themes").mkdir(parents=True)
    path = Path("models/a/memeci.yml")
    path.write_text("predictions: out/*.csv\nbaseline: latest\ntheme: themes\n")
    config = load_config(path)
    assert (config.predictions, config.baseline, config.theme) == ("models/a/out/*.csv", "latest", "models/a/themes")
    assert config.root == Path("models/a")


MODELS = """\
alpha: 0.05
slices: [lang]
models:
  small: {predictions: small.csv}
  large:
    predictions: large.csv
    alpha: 0.02
"""


def test_models__share_what_stands_beside_them(folder: Path) -> None:
    Path("memeci.yml").write_text(MODELS)
    small, large = load_configs()
    assert (small.model, small.alpha, small.slices) == ("small", 0.05, (("lang",),))
    assert (large.model, large.alpha, large.predictions) == ("large", 0.02, "large.csv")


def test_models_as_a_list__are_the_same(folder: Path) -> None:
    Path("memeci.yml").write_text("models:\n- model: small\n  predictions: s.csv\n- {model: large, predictions: l.csv}\n")
    assert [c.model for c in load_configs()] == ["small", "large"]


def test_one_of_several_models__is_picked_by_name(folder: Path) -> None:
    assert _load(MODELS, model="large").predictions == "large.csv"
    assert "several models" in _refuse(MODELS).what
    error = _refuse(MODELS, model="lagre")
    assert "small, large" in error.why
    assert "large" in error.next_step


def test_model_name__is_given_where_the_file_gives_none(folder: Path) -> None:
    assert load_config(model="sentiment").model == "sentiment"
    assert "cannot name a model" in _refuse("alpha: 0.1\n", model="a b").what
    assert 'no model "b"' in _refuse("model: a\n", model="b").what


def test_anchors_and_merge_keys__work_as_in_other_yaml(folder: Path) -> None:
    text = "x-shared: &shared {alpha: 0.05, language: zh}\nmodels:\n  a: {<<: *shared, language: en}\n  b: {<<: [*shared]}\n"
    Path("memeci.yml").write_text(text)
    assert [(c.alpha, c.language) for c in load_configs()] == [(0.05, "en"), (0.05, "zh")]


def test_overrides__win_over_the_file_and_later_over_earlier(folder: Path) -> None:
    overrides = [
        Override("alpha", "0.1", "MEMECI_ALPHA"),
        Override("alpha", "0.2", "--alpha"),
        Override("slices", "platform, lang", "MEMECI_SLICES"),
        Override("gates", "f1: 1pp\nf1@lang: 2pp", "MEMECI_GATES"),
        Override("columns", "{label: y}", "MEMECI_COLUMNS"),
        Override("predictions", "elsewhere/p.csv", "--predictions"),
    ]
    config = _load("alpha: 0.05\nslices: [x]\npredictions: p.csv\n", overrides=overrides)
    assert (config.alpha, config.slices, config.predictions) == (0.2, (("platform",), ("lang",)), "elsewhere/p.csv")
    assert config.columns.label == "y"
    assert set(config.build_policy().gates) == {("f1", ""), ("f1", "lang")}


def test_fault_in_an_override__names_it_and_not_the_file(folder: Path) -> None:
    error = _refuse("model: a\n", overrides=[Override("alpha", "x", "MEMECI_ALPHA")])
    assert error.what == "MEMECI_ALPHA: `alpha` cannot be used."
    error = _refuse("model: a\n", overrides=[Override("gates", "{f1: {tol: 1}}", "MEMECI_GATES")])
    assert error.what == "MEMECI_GATES line 1: unknown key `gates.f1.tol`."


def test_model_override__picks_one_of_several(folder: Path) -> None:
    assert _load(MODELS, overrides=[Override("model", "large", "MEMECI_MODEL")]).model == "large"


@pytest.mark.parametrize("name", ["a b", "a@b", "a..b", "-a", "a]", '"a\\u202eb"', '"a\\x9bm"', '"a\\u200bb"'])
def test_a_model_that_no_tag_could_name__is_refused(folder: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="`model` cannot be used"):
        _load(f"model: {name}\n")
