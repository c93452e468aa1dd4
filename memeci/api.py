"""The Python API, for notebooks and pytest: ``memeci.evaluate(candidate, baseline=…) -> Evaluation``."""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from memeci.errors import ConfigError
from memeci.records import Evaluation, Status


class PrintableEvaluation(Evaluation, frozen=True, tag_field="kind", tag="evaluation"):
    """An evaluation that prints as the terminal's table and shows itself in notebooks."""

    @property
    def passed(self) -> bool:
        """Whether no gate failed: for ``assert memeci.evaluate(…).passed`` in a test."""
        return self.verdict.status is not Status.FAIL

    def __repr__(self) -> str:
        """Return the verdict alone: what pytest shows of an assertion that failed."""
        return f"<memeci: {self.verdict.status.value}. {self.verdict.sentence.en}>"

    def __str__(self) -> str:
        from memeci.report import choose_language, print_evaluation

        stream = io.StringIO()
        print_evaluation(self, language=choose_language(self.language), stream=stream, color=False, width=100)
        return stream.getvalue()

    def _repr_html_(self) -> str:
        from memeci.report import render_html

        return render_html(self)


def evaluate(
    candidate: Any,
    *,
    baseline: Any = "latest",
    config: str | Path | None = None,
    model: str | None = None,
    output_dir: str | Path | None = None,
    **settings: Any,
) -> PrintableEvaluation:
    """Compare a candidate's predictions with a baseline's and return the record. Exits nothing and prints nothing.

    ``candidate`` is a path, a glob, or a table that can write itself as parquet (pandas, polars, pyarrow); ``baseline`` the
    same, or a tag, "latest" or "none". ``settings`` are keys of memeci.yml: ``metrics=["accuracy"]``, ``alpha=0.05`` …
    Writes ``output_dir`` if one is named. Raises MemeciError for whatever can be explained.
    """
    from memeci.config import Override, clean_environment, load_config
    from memeci.pipeline import Request
    from memeci.pipeline import evaluate as run

    overrides = [Override(key, _to_text(key, value), f"{key}=") for key, value in settings.items()]
    loaded = load_config(Path(config) if config is not None else None, model=model, overrides=overrides)
    with tempfile.TemporaryDirectory(prefix="memeci-") as folder:
        evaluated = run(
            Request(
                loaded,
                clean_environment(),
                echo=getattr(sys.stderr, "buffer", io.BytesIO()),
                predictions=_to_path(candidate, Path(folder) / "candidate.parquet"),
                baseline=_to_path(baseline, Path(folder) / "baseline.parquet"),
                output_dir=Path(output_dir) if output_dir is not None else None,
            )
        )
    return PrintableEvaluation(**{f: getattr(evaluated.record, f) for f in evaluated.record.__struct_fields__})


def _to_path(data: Any, path: Path) -> str:
    """Return the path of the data, written to ``path`` first if it is a table."""
    if isinstance(data, (str, Path)):
        return str(data)
    if data is None:
        return "none"
    if hasattr(data, "to_parquet"):
        data.to_parquet(path)
    elif hasattr(data, "write_parquet"):
        data.write_parquet(path)
    elif hasattr(data, "schema"):
        import pyarrow.parquet

        pyarrow.parquet.write_table(data, path)
    else:
        raise TypeError(f"expected a path or a table (pandas, polars, pyarrow), not {type(data).__name__}")
    return str(path)


def _to_text(key: str, value: Any) -> str:
    """Return a setting as memeci.yml would have it. Raises ConfigError for what cannot be written there."""
    try:
        return value if isinstance(value, str) else msgspec.json.encode(value).decode()
    except TypeError as error:
        raise ConfigError(
            f"{key}= holds something that memeci.yml could not hold.",
            str(error),
            'name a function of your own by its place: {"name": "politeness", "function": "module:function", "direction": "higher"}.',
        ) from error
