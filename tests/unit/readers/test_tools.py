"""Logs of evaluation tools become rows: ids that pair, the answer, the target, and every score as a number."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from memeci.errors import DataError
from memeci.readers import open_predictions


def _read(path: Path, content: Any) -> list[dict[str, Any]]:
    lines = content if isinstance(content, list) else [content]
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return _rows(path)


def _rows(path: Path) -> list[dict[str, Any]]:
    opened = open_predictions(path).paths[0]
    return [json.loads(line) for line in opened.read_text(encoding="utf-8").splitlines()]


def _inspect(*samples: dict[str, Any]) -> dict[str, Any]:
    return {"version": 2, "status": "success", "eval": {}, "samples": list(samples)}


def test_inspect_letters__become_numbers(tmp_path: Path) -> None:
    samples = [{"id": i, "target": "xy"[i % 2], "scores": {"match": {"value": v, "answer": "y"}}} for i, v in enumerate("CIPN")]
    rows = _read(tmp_path / "log.json", _inspect(*samples))
    assert [row["match"] for row in rows] == [1.0, 0.0, 0.5, 0.0]
    assert rows[0] == {"id": "0", "target": "x", "prediction": "y", "text": None, "match": 1.0}


def test_inspect_epochs__become_groups_with_ids_of_their_own(tmp_path: Path) -> None:
    samples = [{"id": "q", "epoch": e, "target": ["x", "y"], "scores": {"judge": {"value": {"tone": 0.5, "ok": "C"}}}} for e in (1, 2)]
    rows = _read(tmp_path / "log.json", _inspect(*samples))
    assert [(row["id"], row["group_id"]) for row in rows] == [("q#1", "q"), ("q#2", "q")]
    assert (rows[0]["judge_tone"], rows[0]["judge_ok"], rows[0]["target"]) == (0.5, 1.0, "x, y")


def test_inspect_summaries__are_preferred_to_the_samples(tmp_path: Path) -> None:
    path = tmp_path / "log.eval"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("_journal/start.json", "{}")
        archive.writestr("samples/broken.json", "{")
        archive.writestr("summaries.json", json.dumps([{"id": 1, "input": [{"role": "user", "content": "hi"}], "scores": {}}]))
    assert _rows(path) == [{"id": "1", "expected_answer": None, "model_answer": None, "text": "hi"}]


def test_inspect_log_without_samples__says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no examples"):
        _read(tmp_path / "log.json", _inspect())


def test_broken_log__says_how_many_examples_were_read(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        _read(tmp_path / "log.json", _inspect({"id": 1, "scores": {}}, {"scores": {}}))
    assert "cannot be read as a JSON log of Inspect" in caught.value.what
    assert "read before: 1" in caught.value.why


def _lm_eval(number: int, **more: Any) -> dict[str, Any]:
    return {"doc_id": number, "doc": {"question": "1 + 1?"}, "target": "2", **more}


def test_lm_eval_generation__gives_answer_and_metrics(tmp_path: Path) -> None:
    row = _read(tmp_path / "s.jsonl", [_lm_eval(3, filtered_resps=["2"], metrics=["exact_match", "f1"], exact_match=1.0, f1=["2", ["2"]])])[
        0
    ]
    assert (row.pop("expected_answer"), row.pop("model_answer")) == ("2", "2")
    assert row == {"id": "3", "text": "1 + 1?", "filter": "none", "exact_match": 1.0}


def test_lm_eval_multiple_choice__gives_the_likeliest(tmp_path: Path) -> None:
    responses = [["-5.5", "False"], ["-0.5", "True"], ["-9.0", "False"]]
    assert _read(tmp_path / "s.jsonl", [_lm_eval(0, filtered_resps=responses)])[0]["model_answer"] == "1"


def test_lm_eval_filters__do_not_double_an_id(tmp_path: Path) -> None:
    rows = _read(tmp_path / "s.jsonl", [_lm_eval(0, filter="strict"), _lm_eval(0, filter="flexible")])
    assert [row["id"] for row in rows] == ["0", "0/flexible"]


def test_nan_score__becomes_null(tmp_path: Path) -> None:
    assert _read(tmp_path / "s.jsonl", [_lm_eval(0, metrics=["f1"], f1=float("nan"))])[0]["f1"] is None


def test_promptfoo__gives_output_and_scores(tmp_path: Path) -> None:
    result = {"testIdx": 2, "vars": {"question": "8 × 8?"}, "response": {"output": 64}, "score": 0.5, "success": True, "latencyMs": 12}
    row = _read(tmp_path / "r.json", {"evalId": None, "results": {"results": [result]}})[0]
    assert row["id"] == "2"
    assert (row["model_answer"], row["text"], row["score"], row["success"], row["latency_ms"]) == ("64", "8 × 8?", 0.5, 1.0, 12.0)


def test_promptfoo_with_several_prompts__keeps_ids_apart(tmp_path: Path) -> None:
    results = [{"testIdx": 0, "promptIdx": p, "score": 1} for p in (0, 1)]
    assert [row["id"] for row in _read(tmp_path / "r.json", {"evalId": "e", "results": {"results": results}})] == ["0/0", "0/1"]


@pytest.mark.shared
def test_real_logs__open_with_every_example(shared_data: Path) -> None:
    tools = shared_data / "evaltools"
    counts = {"lm_eval/samples_*.jsonl": 185, "promptfoo/*.json": 3}
    for pattern, n in counts.items():
        assert len(_rows(next(tools.glob(pattern)))) == n


def test_free_answers__are_not_taken_for_classes(tmp_path: Path) -> None:
    free = [_lm_eval(i, target=f"answer {i}", filtered_resps=[f"say {i}"]) for i in range(4)]
    assert {"expected_answer", "model_answer"} <= set(_read(tmp_path / "free.jsonl", free)[0])
    few = [_lm_eval(i, target="ab"[i % 2], filtered_resps=["a"]) for i in range(4)]
    assert {"target", "prediction"} <= set(_read(tmp_path / "few.jsonl", few)[0])
