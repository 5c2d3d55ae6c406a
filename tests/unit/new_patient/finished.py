"""Made-up plans and results of finished studies, without a scan and without a network."""

from pathlib import Path
from typing import Any

import pandas as pd
from radproof.models.fitting import fit_model
from radproof.provenance import package_versions, sha256_of
from radproof.tables import write_json

EVIL = "<img src=x onerror=\"alert('x')\"> & {{ 7 * 7 }}"
LEVELS = ["1", "2", "3"]
CLINICAL: list[dict[str, Any]] = [
    {
        **{"name": "age", "kind": "number", "unit": "years", "available": "imaging"},
        **{"minimum": 0.0, "maximum": 120.0},
    },
    {"name": "stage", "kind": "category", "levels": LEVELS, "available": "imaging"},
    {"name": "sex", "kind": "category", "levels": ["F", "M"], "available": "imaging"},
]
LOGISTIC = {
    **{"kind": "logistic", "clinical": ["age", "stage"], "scores": []},
    **{"missing": "indicator", "separation": "firth"},
}


def radiomics(mask: str, sequences: list[str], extractor: str = "pyradiomics") -> dict[str, Any]:
    source = {"extractor": extractor, "mask": mask, "region": "whole", "sequences": sequences}
    return {"kind": "lasso", "radiomics": source}


PLAN: dict[str, Any] = {
    "study": "made-up",
    "title": EVIL,
    "seed": 7,
    "simulation": {},
    "outcome": {"name": "event", "description": EVIL},
    "sequences": [
        {"name": name, "intensity": {"kind": "zscore"}} for name in ("T1w", "T2w", "DWI")
    ],
    "raters": [{"name": "rater1", "label": 1}, {"name": "rater2", "label": 2}],
    "segmenters": {"unet": {"inference": {"on_empty": "stop"}}},
    "extractors": {"pyradiomics": {"kind": "pyradiomics"}, "csv": {"kind": "table", "tables": {}}},
    "clinical": CLINICAL,
    "cohort": {
        "missing_sequence": "problem",
        "masks": {"components": 1, "share": 0.5, "edge": "allow", "distance_mm": 10},
        "phi": {"allow": []},
    },
    "models": {
        "clinical": LOGISTIC,
        "strict": LOGISTIC | {"missing": "refuse"},
        "automated": radiomics("unet", ["T1w", "T2w", "DWI"]),
        "drawn": radiomics("rater1", ["T1w", "T2w"]),
        "second": radiomics("rater2", ["T1w"]),
        "elsewhere": radiomics("unet", ["T1w"], "csv"),
        "nomogram": LOGISTIC | {"scores": ["drawn"]},
        "both": LOGISTIC | {"scores": ["drawn", "second"]},
    },
}


def fitted(*names: str) -> dict[str, dict[str, Any]]:
    """As much of fitted models as their needs are read from."""
    features = {
        "automated": ["T1w__original_shape_Flatness"],
        "drawn": ["T2w__original_glcm_Contrast"],
        "second": [],
    }
    return {
        name: {"name": name, "features": features.get(name, []), "variables": []} for name in names
    }


def patients() -> pd.DataFrame:
    """Training patients: age 30 to 69, nobody of stage 3, some ages unknown."""
    count = 40
    table = pd.DataFrame(
        {
            "patient": [f"P{number:02d}" for number in range(count)],
            **{"set": "train", "center": "here"},
            "fold": [str(1 + number % 3) for number in range(count)],
            "outcome": [int(number % 7 in (0, 2, 5)) for number in range(count)],
            "age": [30.0 + number for number in range(count)],
            "stage": [LEVELS[number % 5 % 2] for number in range(count)],
        }
    )
    table.loc[[3, 17], "age"] = None
    return table


def finished(folder: Path) -> Path:
    """Write the results of a study of clinical models, with the records that belong to them."""
    results = folder / "results"
    for name in ("clinical", "strict"):
        entry = PLAN["models"][name]
        table = patients().dropna() if name == "strict" else patients()
        model = fit_model(name, entry, table, CLINICAL[:2], None, None, {}, 7, None).model
        place = f"models/{name}/model.json"
        write_json(model, results / place)
        output = {"name": "model", "path": place, "sha256": sha256_of(results / place)}
        _record(results, "fit_model", name, {"model": entry}, [output])
        _record(results, "predict", name, {}, [])
    _record(results, "write_report", "all", {"plan": PLAN}, [])
    return results


def _record(results: Path, rule: str, label: str, settings: Any, outputs: list[Any]) -> None:
    record = {"rule": rule, "label": label, "settings": settings}
    record |= {"inputs": [], "outputs": outputs}
    record |= {"code": {"files": {}}, "packages": package_versions(), "ended": "2026"}
    write_json(record, results / "records" / rule / f"{label}.json")
