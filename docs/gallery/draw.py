"""Draw every template with real data into this folder (`make gallery`), or every shortest and longest caption with `--captions DIR`.

The counts are of real classifiers (tests/builders/records.py); the curves are trained here, on scikit-learn's digits.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent))

from memeci.diagnosis import diagnose, diagnose_crash, diagnose_curve  # noqa: E402 (a script beside the package)
from memeci.memes import Picture, draw  # noqa: E402
from memeci.memes.drawing import Style  # noqa: E402
from memeci.memes.layout import split_tokens  # noqa: E402
from memeci.memes.templates import list_templates  # noqa: E402
from memeci.memes.themes import list_themes, load_theme  # noqa: E402
from memeci.records import Curve, DockerTag, Evaluation, Incident, Outcome, Record, Status  # noqa: E402
from tests.builders import records as real  # noqa: E402
from tests.builders.records import RecordBuilder, build_history, build_incident, comparison  # noqa: E402

SIZE = (800, 450)
PUN = DockerTag("yisheng-yishi-woaini.taikula.g1314520", "一生一世我爱你", "yī shēng yī shì wǒ ài nǐ", "for a lifetime, I love you")
POSTER = {"zh": "这届参数不行啊", "en": "These parameters won't do"}
ZH: dict[str, Any] = {"labels": ("差评", "好评"), "positive_label": "好评"}


def train(rate: float, epochs: int, *, growth: float = 1.0, n: int = 120, hidden: int = 96) -> Curve:
    """Return the curve of a small network on too few digits, by gradient descent whose rate grows; NaN where it diverges."""
    from sklearn.datasets import load_digits

    rng = np.random.default_rng(7)
    data = load_digits()
    order = rng.permutation(len(data.target))
    x, y = data.data[order] / 16, np.eye(10)[data.target[order]]
    flipped = rng.permutation(n)[: n // 5]
    y[flipped] = np.eye(10)[rng.integers(0, 10, len(flipped))]
    a, b = rng.normal(0, 0.3, (64, hidden)), rng.normal(0, 0.3, (hidden, 10))
    loss: list[float] = []
    validation: list[float] = []
    with np.errstate(all="ignore"):
        for epoch in range(epochs):
            step = rate * growth**epoch
            h = np.maximum(x[:n] @ a, 0)
            p = np.exp(h @ b)
            p /= p.sum(1, keepdims=True)
            error = (p - y[:n]) / n
            back = (error @ b.T) * (h > 0)
            q = np.exp(np.maximum(x[n:] @ a, 0) @ b)
            q /= q.sum(1, keepdims=True)
            loss.append(float(-np.log(p[y[:n] > 0]).mean()))
            validation.append(float(-np.log(q[y[n:] > 0]).mean()))
            b -= step * (h.T @ error)
            a -= step * (x[:n].T @ back)
    broken = next((i for i, v in enumerate(loss) if not np.isfinite(v)), None)
    series = {"loss": loss, "val_loss": validation}
    finite = {name: tuple(v if np.isfinite(v) else None for v in values) for name, values in series.items()}
    return Curve(tuple(float(i) for i in range(epochs)), finite, {} if broken is None else {"loss": float(broken)})


def thin(curve: Curve, start: int, every: int) -> Curve:
    return Curve(curve.steps[start::every], {name: values[start::every] for name, values in curve.series.items()}, curve.broke_at)


def with_findings(builder: RecordBuilder) -> Evaluation:
    evaluation = builder.build()
    return msgspec.structs.replace(evaluation, findings=diagnose(evaluation))


def incident(curve: Curve) -> Incident:
    return build_incident(diagnose_curve(curve), curve=curve)


def build_scenes() -> dict[str, tuple[Record, str]]:
    """Return template → (record, theme): what the gallery shows of each."""
    log = (
        "#9 [4/6] RUN pip install torch==9.9",
        "ERROR: No matching distribution found for torch==9.9",
        "ERROR: failed to solve: exit code: 1",
    )
    crash = (
        '  File "train.py", line 42, in <module>',
        "    loss.backward()",
        "RuntimeError: CUDA out of memory. Tried to allocate 20.00 GiB",
    )
    slice_test = comparison("accuracy", 412, Outcome.REGRESSED, 0.912, 0.784, slice={"platform": "ios"})
    floor = comparison("macro_f1", 3592, Outcome.BELOW_FLOOR, 0.802, 0.774, minimum=0.8)
    past = build_history((0.788, 0.835, 0.82, 0.882, 0.893, 0.896), failed=(2,))
    confident = RecordBuilder(real.REVIEWS_OTHER_DOMAIN, None, calibration=real.REVIEWS_OTHER_DOMAIN_BINS)
    unclear = RecordBuilder(real.REVIEWS, real.REVIEWS_C4, outcome=Outcome.INCONCLUSIVE, detectable=0.012)
    roc = RecordBuilder(real.REVIEWS_TENTH, real.REVIEWS, outcome=Outcome.REGRESSED, roc=real.REVIEWS_ROC)
    return {
        "before-after": (with_findings(RecordBuilder(real.REVIEWS_TENTH, real.REVIEWS, outcome=Outcome.REGRESSED)), "memeops"),
        "boba-confusion": (with_findings(RecordBuilder(real.REVIEWS_BALANCED, real.REVIEWS, **ZH)), "memeops"),
        "celebration": (with_findings(RecordBuilder(real.REVIEWS, real.REVIEWS_OTHER_DOMAIN, outcome=Outcome.IMPROVED)), "memeops"),
        "inconclusive": (
            with_findings(unclear),
            "memeops",
        ),
        "hairline": (with_findings(RecordBuilder(real.REVIEWS_C4, real.REVIEWS, history=past)), "memeops"),
        "wanted": (with_findings(RecordBuilder(real.REVIEWS_C4, real.REVIEWS, status=Status.FAIL, extra=(slice_test,))), "memeops"),
        "taikula": (with_findings(RecordBuilder(real.REVIEWS_C4, real.REVIEWS, status=Status.FAIL, extra=(floor,))), "memeops"),
        "pudding": (with_findings(confident), "kitchen"),
        "roc-boba": (
            with_findings(roc),
            "kitchen",
        ),
        "loss-explodes": (incident(train(0.02, 31, growth=1.25)), "memeops"),
        "toaster": (incident(thin(train(1.0, 800), 20, 20)), "kitchen"),
        "bald-curve": (incident(train(3.0, 30)), "memeops"),
        "containers": (build_incident(diagnose_crash("docker build .", 1, "\n".join(log)), log=log), "memeops"),
        "crash": (build_incident(diagnose_crash("python train.py", 1, "\n".join(crash)), log=crash), "memeops"),
        "container-pun": (with_findings(RecordBuilder(real.REVIEWS_C4, real.REVIEWS, docker_tag=PUN)), "memeops"),
        "latte": (with_findings(RecordBuilder(real.DIGITS_SVC, real.DIGITS_LR, real.DIGITS, history=build_history([0.9] * 8))), "kitchen"),
        "shelf": (with_findings(RecordBuilder(real.REVIEWS_C4, real.REVIEWS, history=past)), "kitchen"),
        "poster": (build_incident(()), "memeops"),
    }


def draw_gallery() -> None:
    lines = ["# Gallery", "", "Every template, drawn by `make gallery` from real counts and curves, in Chinese and in English.", ""]
    for name, (record, theme) in build_scenes().items():
        title = next(template.title for template in list_templates() if template.id == name)
        lines += [f"## {name}", "", f"{title.en} · {title.zh}", ""]
        for language in ("zh", "en"):
            own = (POSTER[language], "memeci meme --caption") if name == "poster" else ()
            style = Style(name, *own)
            picture = draw(record, theme=theme, language=language, style=style, animate=language == "zh")
            (HERE / f"{name}-{language}.png").write_bytes(shrink(picture))
            alt = picture.alt.zh if language == "zh" else picture.alt.en
            lines.append(f"![{alt.replace('[', '(').replace(']', ')')}]({name}-{language}.png)")
            if picture.gif:
                (HERE / f"{name}.gif").write_bytes(picture.gif)
        lines.append("")
    (HERE / "README.md").write_text("\n".join(lines), encoding="utf-8")


def shrink(picture: Picture) -> bytes:
    """Return the picture as the repository keeps it: smaller, 256 colours."""
    from PIL import Image

    with Image.open(io.BytesIO(picture.png)) as image:
        small = image.convert("RGB").resize(SIZE, Image.Resampling.LANCZOS).quantize(256, dither=Image.Dither.NONE)
    out = io.BytesIO()
    small.save(out, "PNG", optimize=True)
    return out.getvalue()


def iterate_extremes() -> Iterator[tuple[str, str, str, str, str]]:
    """Yield (template, theme, language, headline, footer): the shortest and the longest caption each template may get."""
    for theme in list_themes():
        by_template: dict[str, set[tuple[str, str, str]]] = {}
        for finding in load_theme(theme).findings.values():
            for template in finding.templates:
                rows = {("zh", c.zh, c.en) for c in finding.captions} | {("en", c.en, c.zh) for c in finding.captions}
                by_template.setdefault(template, set()).update(rows)
        for template, captions in by_template.items():
            for language in ("zh", "en"):
                own = sorted((len(split_tokens(top)), top, bottom) for lang, top, bottom in captions if lang == language)
                for _, top, bottom in {own[0], own[-1]}:
                    yield template, theme, language, top, bottom


def draw_extremes(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    scenes = build_scenes()
    for number, (template, theme, language, top, bottom) in enumerate(iterate_extremes()):
        words = [text.replace("{label}", "好评").replace("{slice}", "platform=ios").replace("{streak}", "9") for text in (top, bottom)]
        words = [text.replace("{confidence:rate}", "85.3%").replace("{accuracy:rate}", "78.8%") for text in words]
        picture = draw(scenes[template][0], theme=theme, language=language, style=Style(template, *words))
        (folder / f"{number:03}-{template}-{theme}-{language}.png").write_bytes(picture.png)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--captions", type=Path, metavar="DIR")
    arguments = parser.parse_args()
    draw_extremes(arguments.captions) if arguments.captions else draw_gallery()
