"""Training logs of four tools become the same curve: names, steps, NaN."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from memeci.errors import DataError
from memeci.readers.curves import read_curve
from memeci.records import Curve

KERAS = "epoch,accuracy,loss,lr,val_accuracy,val_loss\n0,0.5,1.2,0.001,0.4,1.3\n1,0.6,nan,0.001,0.5,1.1\n"
LIGHTNING = "epoch,step,train_loss,train_acc,val_loss\n0,49,0.7,0.56,\n0,99,0.6,0.75,\n0,99,,,0.65\n"
TRAINER = {
    "log_history": [
        {"epoch": 1.0, "learning_rate": 2e-5, "loss": 0.8, "grad_norm": 6.0, "step": 100},
        {"epoch": 1.0, "eval_loss": 0.81, "eval_f1": 0.67, "eval_runtime": 286.9, "step": 100},
        {"epoch": 2.0, "loss": 0.7, "step": 200},
        {"epoch": 2.0, "train_runtime": 99.0, "total_flos": 1e18, "step": 200},
    ]
}


def read(tmp_path: Path, name: str, text: str) -> Curve:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return read_curve(tmp_path / name)


def test_keras_csv_logger__nan_is_where_the_loss_broke(tmp_path: Path) -> None:
    curve = read(tmp_path, "training.csv", KERAS)
    assert curve.steps == (0.0, 1.0)
    assert curve.series["loss"] == (1.2, None)
    assert curve.series["val_accuracy"] == (0.4, 0.5)
    assert curve.series["learning_rate"] == (0.001, 0.001)
    assert curve.broke_at == {"loss": 1.0}


def test_lightning_metrics__rows_of_one_step_are_merged(tmp_path: Path) -> None:
    curve = read(tmp_path, "metrics.csv", LIGHTNING)
    assert curve.steps == (49.0, 99.0)
    assert curve.series["loss"] == (0.7, 0.6)
    assert curve.series["val_loss"] == (None, 0.65)


def test_hugging_face_trainer_state__eval_becomes_val_and_timings_are_no_series(tmp_path: Path) -> None:
    curve = read(tmp_path, "trainer_state.json", json.dumps(TRAINER))
    assert curve.steps == (100.0, 200.0)
    assert sorted(curve.series) == ["learning_rate", "loss", "val_f1", "val_loss"]
    assert curve.series["val_loss"] == (0.81, None)
    assert not curve.broke_at


def test_json_lines__a_nan_is_told_from_a_gap(tmp_path: Path) -> None:
    curve = read(tmp_path, "log.jsonl", '{"step": 1, "loss": 2.0}\n\n{"step": 2, "loss": NaN}\n{"step": 3, "val_loss": 1.0}\n')
    assert curve.series["loss"] == (2.0, None, None)
    assert curve.broke_at == {"loss": 2.0}


def test_metrics_under_a_commit__the_hash_is_no_number(tmp_path: Path) -> None:
    curve = read(
        tmp_path,
        "history.jsonl",
        '{"commit": "5210388", "metrics": {"accuracy": 0.87}}\n{"commit": "1e5", "metrics": {"accuracy": 0.88}}\n',
    )
    assert list(curve.series) == ["accuracy"]
    assert curve.steps == (0.0, 1.0)


def test_plain_csv_with_one_column(tmp_path: Path) -> None:
    assert read(tmp_path, "loss.csv", "loss\n0.3\n0.2\n").series == {"loss": (0.3, 0.2)}


def test_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    assert "loss" in read(tmp_path, "bom.csv", "\ufeffloss\n0.3\n0.2\n").series


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.csv", "", "no training curve"),
        ("a.csv", "name,text\nx,y\n", "no training curve"),
        ("a.json", "{", "not JSON"),
        ("a.json", "{}", "no list of log entries"),
        ("a.json", "[1, 2]", "no list of log entries"),
        ("a.jsonl", '{"loss": 1}\nboom\n', "line 2"),
        ("a.jsonl", "[1]\n", "line 1"),
    ],
)
def test_what_is_no_log__says_where_and_why(tmp_path: Path, name: str, text: str, reason: str) -> None:
    with pytest.raises(DataError) as error:
        read(tmp_path, name, text)
    assert reason in str(error.value)


def test_missing_file__says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no file"):
        read_curve(tmp_path / "nothing.csv")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("path", "n_steps", "names"),
    [
        ("evaltools/keras/brats_training_first14epochs.csv", 14, {"loss", "val_loss", "val_accuracy", "learning_rate"}),
        ("evaltools/hf_trainer/ainna278_overfit_trainer_state.json", 3, {"loss", "val_loss", "learning_rate"}),
        ("evaltools/lightning/burov_interrupted_metrics.csv", 2, {"loss", "acc"}),
        ("evaltools/dvc/loss.csv", 50, {"loss"}),
        ("evaltools/dvc/metrics_history.jsonl", 16, {"accuracy"}),
    ],
)
def test_logs_of_real_runs__are_read_to_their_last_step(shared_data: Path, path: str, n_steps: int, names: set[str]) -> None:
    curve = read_curve(shared_data / path)
    assert len(curve.steps) == n_steps
    assert names <= set(curve.series)
