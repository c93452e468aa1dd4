"""Records that between them feed every template, and what is needed to read an SVG back."""

from __future__ import annotations

from xml.etree import ElementTree

from memeci.diagnosis import diagnose, diagnose_crash, diagnose_curve
from memeci.memes.drawing import Style, compose
from memeci.records import CalibrationBin, Curve, DockerTag, Evaluation, Incident, Outcome, Record, RocCurve, Status
from tests.builders import records as real
from tests.builders.records import RecordBuilder, build_history, build_incident, comparison

BINS = (
    CalibrationBin(0.0, 0.2, 500, 0.06, 0.09),
    CalibrationBin(0.2, 0.4, 300, 0.3, 0.21),
    CalibrationBin(0.4, 0.6, 200, 0.5, 0.38),
    CalibrationBin(0.6, 0.8, 300, 0.71, 0.52),
    CalibrationBin(0.8, 1.0, 700, 0.93, 0.78),
)
ROC = RocCurve(
    ((0.0, 0.0), (0.015, 0.46), (0.041, 0.65), (0.083, 0.774), (0.147, 0.858), (0.273, 0.92), (0.639, 0.981), (1.0, 1.0)),
    ((0.0, 0.0), (0.005, 0.275), (0.021, 0.624), (0.062, 0.821), (0.2, 0.924), (0.666, 0.99), (1.0, 1.0)),
)
PUN = DockerTag("yisheng-yishi.taikula.g1314520", "一生一世我爱你", "yī shēng yī shì wǒ ài nǐ", "for a lifetime, I love you")
LOG = ("Traceback (most recent call last):", '  File "train.py", line 42, in <module>', "RuntimeError: shapes do not match")
LOSS = tuple(2.0 * 0.9**step for step in range(20))
OVERFIT = Curve(
    tuple(float(step) for step in range(20)), {"loss": LOSS, "val_loss": tuple(0.8 + 0.05 * abs(step - 8) for step in range(20))}
)
EXPLODED = Curve(tuple(float(step) for step in range(22)), {"loss": (*LOSS, None, None)}, {"loss": 20.0})


def full_evaluation() -> Evaluation:
    """Return an evaluation that has every part a template may need."""
    slice_test = comparison("accuracy", 412, Outcome.REGRESSED, 0.912, 0.784, slice={"platform": "ios"})
    builder = RecordBuilder(
        real.REVIEWS_TENTH,
        real.REVIEWS,
        outcome=Outcome.REGRESSED,
        status=Status.FAIL,
        extra=(slice_test,),
        roc=ROC,
        calibration=BINS,
        docker_tag=PUN,
        history=build_history((0.81, 0.83, 0.79, 0.87), failed=(2,)),
    )
    evaluation = builder.build()
    return with_findings(evaluation)


def with_findings(evaluation: Evaluation) -> Evaluation:
    import msgspec

    return msgspec.structs.replace(evaluation, findings=diagnose(evaluation))


def exploded() -> Incident:
    return build_incident(diagnose_curve(EXPLODED), curve=EXPLODED)


def overfit() -> Incident:
    return build_incident(diagnose_curve(OVERFIT), curve=OVERFIT)


def crashed() -> Incident:
    return build_incident(diagnose_crash("python train.py", 1, "\n".join(LOG)), log=LOG)


def record_for(needs: tuple[str, ...]) -> Record:
    return overfit() if "curve" in needs else full_evaluation()


def draw_svg(record: Record, template: str, *, language: str = "zh", theme: str = "memeops") -> ElementTree.Element:
    """Return the drawn SVG as a tree: that it parses is the first thing asserted."""
    picture, _ = compose(record, theme=theme, language=language, style=Style(template=template))
    return ElementTree.fromstring(picture.svg)  # noqa: S314 (our own markup)


def find_marks(svg: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [element for element in svg.iter() if element.get("class") == name]


def number(element: ElementTree.Element, name: str) -> float:
    return float(element.get(name) or "nan")
