"""The page of one patient: self-contained, without scripts, everything from data escaped."""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from radproof.dossier.cells import text
from radproof.dossier.nomogram_form import INTERVAL, POOLED
from radproof.dossier.templates import templates_in
from radproof.new_patient.answer import scale_of

TEMPLATE = "page.html.j2"
SCALE_WIDTH = 600.0
MARGIN = 30.0


def write_page(
    answer: Mapping[str, Any], model: Mapping[str, Any], plan: Mapping[str, Any], folder: Path
) -> None:
    """Write ``report.html`` beside ``overlay.png``, where there is one.

    ``answer`` is the content of ``prediction.json``, ``model`` the fitted model asked for.
    """
    picture = folder / "overlay.png"
    data = picture.read_bytes() if picture.is_file() else b""
    page = (
        templates_in(Path(__file__).parent)
        .get_template(TEMPLATE)
        .render(
            answer=answer,
            percent=percent,
            text=text,
            quality=_quality(answer["images"]),
            overlay=base64.b64encode(data).decode("ascii"),
            labels=_labels(answer, plan),
            scale=_scale(answer, model),
            interval_text=_interval_text(model),
        )
    )
    (folder / "report.html").write_text(page, encoding="utf-8")


def percent(probability: float) -> str:
    """Return a probability as text; none is rounded to certainty."""
    if probability < 0.0005:
        return "less than 0.1 %"
    return "more than 99.9 %" if probability > 0.9995 else f"{100 * probability:.1f} %"


def _labels(answer: Mapping[str, Any], plan: Mapping[str, Any]) -> dict[str, str]:
    """Return how variables are called: with their unit; scores as what they are."""
    units = {entry["name"]: entry.get("unit", "") for entry in plan["clinical"]}
    labels = {}
    for name, unit in units.items():
        label = name.replace("_", " ").removesuffix(f" {unit}")
        labels[name] = f"{label}, {unit}" if unit else label
    scores = {one["model"]: f"score of {one['model']}" for one in answer["upstream"]}
    return labels | {name: label.replace("_", " ") for name, label in scores.items()}


def _quality(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what was measured of the images, by sequence, less what nothing was measured of."""
    known = [
        name for name in (rows[0] if rows else {}) if any(row[name] is not None for row in rows)
    ]
    return [{name: row[name] for name in known if name != "patient"} for row in rows]


def _scale(answer: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, Any]:
    """Return the nomogram's last two axes in pixels, and the patient's place on them.

    A patient beyond the axis stands at its end.
    """
    rows = scale_of(model)
    if len(rows) < 2 or answer["total_points"] is None:
        return {}
    low, high = rows[0]["total_points"], rows[-1]["total_points"]

    def place(points: float) -> float:
        share = (points - low) / (high - low)
        return round(MARGIN + min(max(share, 0.0), 1.0) * SCALE_WIDTH, 1)

    return {
        "width": SCALE_WIDTH + 2 * MARGIN,
        "left": MARGIN,
        "right": MARGIN + SCALE_WIDTH,
        "ticks": [
            {
                "x": place(row["total_points"]),
                "probability": f"{row['probability']:g}",
                "points": f"{row['total_points']:.0f}",
            }
            for row in rows
        ],
        "patient": place(answer["total_points"]),
        "anchor": _anchor(place(answer["total_points"])),
        "beyond": not low <= answer["total_points"] <= high,
    }


def _anchor(x: float) -> str:
    """Return which end of a text stands at a place of the axis, so that it does not run over."""
    share = (x - MARGIN) / SCALE_WIDTH
    return "start" if share < 0.15 else "end" if share > 0.85 else "middle"


def _interval_text(model: Mapping[str, Any]) -> str:
    if model["kind"] != "logistic" or not model["converged"] or model["covariance"] is None:
        return ""
    return INTERVAL.format(method=model["method"], pooled=POOLED if "pooled" in model else "")
