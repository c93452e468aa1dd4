"""Cells of the confusion matrix: count, change, and the mark that says how much of a class is right or wrong. Pure."""

from __future__ import annotations

from memeci.formatting import MINUS, format_count
from memeci.report.order import MatrixCell

# The share of a true label's examples from which a cell gets its mark: right (on the diagonal), and wrong.
HEAT_RIGHT = ((0.95, "💯"), (0.80, "🔥"), (0.60, "⚠️"), (0.0, "❌"))
HEAT_WRONG = ((0.25, "❌"), (0.10, "⚠️"))


def render_heat(cell: MatrixCell, right: bool) -> str:
    """Return one cell of the emoji heatmap: mark, count, and the change in brackets."""
    if not right and cell.count == 0 and not cell.change:
        return "·"
    scale = HEAT_RIGHT if right else HEAT_WRONG
    mark = next((emoji for floor, emoji in scale if cell.share >= floor), "") if cell.count or right else ""
    change = f" ({format_matrix_change(cell.change)})" if cell.change else ""
    return f"{mark} {format_count(cell.count)}{change}".strip().replace(" ", "\u00a0")


def format_matrix_change(change: int) -> str:
    """Return the change of a cell of the confusion matrix with its sign: "+3", "−2"."""
    return ("+" if change > 0 else MINUS) + format_count(abs(change))
