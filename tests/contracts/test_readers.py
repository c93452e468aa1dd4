"""What holds for every reader: it is found by content, whatever the way to the file, and a broken file is explained."""

from __future__ import annotations

import contextlib
import gzip
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from memeci.errors import DataError
from memeci.readers import READERS, Reader, open_predictions
from memeci.relation import FileFormat


def _write_parquet(path: Path) -> None:
    pq.write_table(pa.table({"id": ["a", "b"], "label": ["好评", "差评"], "prediction": ["好评", "好评"]}), path)


def _write_text(text: str) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(text.encode()) and None


INSPECT_SAMPLES = [
    {"id": "a", "epoch": 1, "input": "好吃吗", "target": "好评", "scores": {"match": {"value": "C", "answer": "好评"}}},
    {"id": "b", "epoch": 1, "input": "凉了", "target": "差评", "scores": {"match": {"value": "I", "answer": "好评"}}},
]
INSPECT = {"version": 2, "status": "success", "eval": {}, "samples": INSPECT_SAMPLES}
LM_EVAL = {"doc_id": 0, "doc": {"text": "好吃"}, "target": "好评", "filtered_resps": ["好评"], "metrics": ["acc"], "acc": 1.0}
PROMPTFOO = {"evalId": "eval-1", "results": {"results": [{"testIdx": 0, "response": {"output": "好评"}, "score": 1, "success": True}]}}


def _write_json(value: object) -> Callable[[Path], None]:
    return _write_text(json.dumps(value, ensure_ascii=False))


def _write_eval(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_journal/start.json", "{}")
        for sample in INSPECT_SAMPLES:
            archive.writestr(f"samples/{sample['id']}_epoch_1.json", json.dumps(sample))


# Reader -> how to write two examples, and the format an engine is told to scan.
SAMPLES: dict[str, tuple[Callable[[Path], None], FileFormat]] = {
    "parquet": (_write_parquet, FileFormat.PARQUET),
    "inspect_eval": (_write_eval, FileFormat.JSON_LINES),
    "inspect_json": (_write_json(INSPECT), FileFormat.JSON_LINES),
    "lm_eval": (_write_json(LM_EVAL), FileFormat.JSON_LINES),
    "promptfoo": (_write_json(PROMPTFOO), FileFormat.JSON_LINES),
    "delimited": (_write_text('id,label,prediction\na,好评,好评\nb,差评,"好\n评"\n'), FileFormat.DELIMITED),
    "json_lines": (_write_text('{"id": "a", "label": "好评"}\n{"id": "b", "label": "差评"}\n'), FileFormat.JSON_LINES),
    "json_array": (_write_text('[{"id": "a", "label": "好评"},\n {"id": "b", "label": "差评"}]\n'), FileFormat.JSON_ARRAY),
}
EVERY_READER = pytest.mark.parametrize("reader", READERS.values(), ids=list(READERS))


def _write_sample(reader: Reader, path: Path) -> Path:
    SAMPLES[reader.name][0](path)
    return path


@EVERY_READER
def test_every_reader_has_a_sample_and_a_name_of_its_own(reader: Reader) -> None:
    assert reader.name in SAMPLES
    assert READERS[reader.name] is reader
    assert reader.title
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in reader.suffixes)


@EVERY_READER
def test_a_file_opens_under_every_name_its_format_has(reader: Reader, tmp_path: Path) -> None:
    for suffix in reader.suffixes:
        relation = open_predictions(_write_sample(reader, tmp_path / f"preds{suffix}"))
        assert relation.format is SAMPLES[reader.name][1]
        assert relation.name == str(tmp_path / f"preds{suffix}")
        assert len(relation.paths) == 1


@EVERY_READER
def test_content_decides_where_the_name_says_nothing(reader: Reader, tmp_path: Path) -> None:
    assert open_predictions(_write_sample(reader, tmp_path / "predictions")).format is SAMPLES[reader.name][1]
    assert open_predictions(_write_sample(reader, tmp_path / "predictions.out")).format is SAMPLES[reader.name][1]


@EVERY_READER
def test_a_name_that_promises_another_format_is_an_error(reader: Reader, tmp_path: Path) -> None:
    others = {suffix for other in READERS.values() for suffix in other.suffixes} - set(reader.suffixes)
    for suffix in others:
        with pytest.raises(DataError, match="though its name says so") as caught:
            open_predictions(_write_sample(reader, tmp_path / f"preds{suffix}"))
        assert reader.title in caught.value.why
        assert caught.value.next_step


@EVERY_READER
def test_a_folder_and_a_glob_give_all_files_in_order(reader: Reader, tmp_path: Path) -> None:
    suffix = reader.suffixes[0]
    files = [_write_sample(reader, tmp_path / f"part-{i}{suffix}") for i in (2, 0, 1)]
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / f".part-0{suffix}.crc").touch()
    (tmp_path / "README.md").write_text("not data")
    expected = sorted(file.name for file in files)
    opened = open_predictions(tmp_path).paths
    # A reader that converts gives its file the name of the original and one more suffix.
    assert [name for name, path in zip(expected, opened, strict=True) if not path.name.startswith(name)] == []
    assert len(open_predictions(f"{tmp_path}/part-*{suffix}").paths) == len(expected)


@EVERY_READER
def test_an_empty_file_is_an_error(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / f"preds{reader.suffixes[0]}"
    path.touch()
    with pytest.raises(DataError, match="is empty"):
        open_predictions(path)


@EVERY_READER
def test_a_file_cut_short_anywhere_opens_or_is_explained(reader: Reader, tmp_path: Path) -> None:
    whole = _write_sample(reader, tmp_path / "whole").read_bytes()
    path = tmp_path / f"preds{reader.suffixes[0]}"
    for length in range(1, len(whole), max(1, len(whole) // 60)):
        path.write_bytes(whole[:length])
        with contextlib.suppress(DataError):
            open_predictions(path)


@EVERY_READER
def test_random_bytes_under_its_name_are_explained(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / f"preds{reader.suffixes[0]}"
    for seed in range(20):
        path.write_bytes(random.Random(seed).randbytes(500))
        with pytest.raises(DataError) as caught:
            open_predictions(path)
        assert caught.value.why


@EVERY_READER
def test_compressed_text_opens_and_compressed_binaries_are_refused(reader: Reader, tmp_path: Path) -> None:
    content = _write_sample(reader, tmp_path / "plain").read_bytes()
    path = tmp_path / f"preds{reader.suffixes[0]}.gz"
    path.write_bytes(gzip.compress(content))
    if reader.textual:
        assert open_predictions(path).format is SAMPLES[reader.name][1]
    else:
        with pytest.raises(DataError):
            open_predictions(path)
