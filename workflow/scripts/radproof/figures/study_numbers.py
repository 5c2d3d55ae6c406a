"""What a study was as it ran, stage by stage, read from its results alone."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from radproof.cohort.arms import arms_of
from radproof.figures.style import label_of
from radproof.folds import NONE

COLUMNS = ["stage", "box", "item", "value", "shown"]
CANDIDATES = "candidates"
Numbers = list[tuple[str, str, str, float, str]]


def study_numbers(
    flow: pd.DataFrame,
    files: pd.DataFrame,
    segmented: Iterable[tuple[str, str, pd.DataFrame, pd.DataFrame]],
    dictionaries: Mapping[str, pd.DataFrame],
    stability: Mapping[tuple[str, str], pd.DataFrame],
    regions: Sequence[str],
    models: Sequence[dict[str, Any]],
) -> pd.DataFrame:
    """Return the numbers of each stage, in the order in which they are shown.

    Parameters
    ----------
    flow
        Patients left by each step: ``set step n n_events note``.
    files
        Files of the cohort: ``role name``, and more.
    segmented
        Of each segmenter: its name, the rater it learned from, scores and their summary.
    dictionaries
        Extractor to its features, one a row.
    stability
        (Extractor, region) to ``feature left_out kept n``; empty where none was assessed.
    regions
        In which features were measured.
    models
        As in ``model.json``.

    Returns
    -------
    pandas.DataFrame
        ``stage box item value shown``, the last the number in words. A study from tables has no
        rows of images and segmentation.

    Raises
    ------
    BadInput
        If the flow does not add up.
    """
    rows = _of_patients(flow) + _of_files(files)
    for name, rater, scores, summary in segmented:
        rows += _of_segmenter(name, rater, scores, summary)
    for extractor, dictionary in dictionaries.items():
        for region in regions:
            rows += _of_features(extractor, region, dictionary, stability.get((extractor, region)))
    names = {model["name"]: model["n_candidate_parameters"] for model in models}
    simple = [model for model in models if not names.keys() & set(model["features"])]
    rows += [row for model in simple for row in _of_model("Models", model, names)]
    scored = [model for model in models if names.keys() & set(model["features"])]
    rows += [row for model in scored for row in _of_model("Models that take scores", model, names)]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"value": "float64"})


def _of_patients(flow: pd.DataFrame) -> Numbers:
    rows: Numbers = []
    for arm in arms_of(flow)[1]:
        assert arm.analysed is not None
        stage, box = "Patients", f"{label_of(arm.name)} set"
        entered, analysed = int(arm.entered["n"]), int(arm.analysed["n"])
        rows.append((stage, box, "in the sheet", entered, f"{entered} in the sheet"))
        rows.append((stage, box, "excluded", arm.n_excluded, f"{arm.n_excluded} excluded"))
        rows.append((stage, box, "analysed", analysed, f"n = {analysed} analysed"))
        if not pd.isna(arm.analysed["n_events"]):
            events = int(arm.analysed["n_events"])
            rows.append((stage, box, "with event", events, f"{events} with event"))
    return rows


def _of_files(files: pd.DataFrame) -> Numbers:
    """Return how many patients have each sequence, and each rater's mask."""
    rows: Numbers = []
    for role, word in (("image", "sequence"), ("mask", "rater")):
        names = files.loc[files["role"] == role, "name"].astype(str)
        counts = {name: int((names == name).sum()) for name in dict.fromkeys(names)}
        box = _count(len(counts), word)
        rows += [
            ("Images", box, name, n, f"{label_of(name)}: n = {n}") for name, n in counts.items()
        ]
    return rows


def _of_segmenter(name: str, rater: str, scores: pd.DataFrame, summary: pd.DataFrame) -> Numbers:
    """Return how many networks were trained, and their mean Dice against their own rater."""
    own = scores[scores["candidate"] == name]
    folds = own["fold"].nunique()
    stage, box = "Segmentation", label_of(name)
    rows: Numbers = [
        (stage, box, "networks", folds, f"{_count(folds, 'network')}, one a fold"),
        (stage, box, "rater", 1, f"trained on {label_of(rater)}"),
    ]
    trained = set(own.loc[own["fold"].notna(), "set"])
    dice = summary[(summary["metric"] == "dice") & (summary["reference"] == rater)]
    for row in dice[dice["candidate"] == name].to_dict("records"):
        kind = "out of fold" if row["set"] in trained else "held out"
        where = f"{label_of(row['set'])}, {kind}"
        shown = f"Dice {row['mean']:.2f} ({where}, n = {row['n']})"
        rows.append((stage, box, f"Dice: {where}", row["mean"], shown))
    return rows


def _of_features(
    extractor: str, region: str, dictionary: pd.DataFrame, stability: pd.DataFrame | None
) -> Numbers:
    stage, box, n = "Features", f"{label_of(extractor)}, {label_of(region)}", len(dictionary)
    rows: Numbers = [(stage, box, "measured", n, _count(n, "feature"))]
    if stability is not None:
        own = stability[stability["left_out"] == NONE]
        kept = int(own["kept"].sum())
        patients = f" in n = {own['n'].min():.0f}" if len(own) else ""
        rows.append((stage, box, "stable", kept, f"{kept} stable{patients}"))
    return rows


def _of_model(stage: str, model: dict[str, Any], candidates: Mapping[str, int]) -> Numbers:
    """Return whom a model was fitted on, what selection left step by step, and its parameters.

    ``candidates`` of each model: those behind a score are not among the model's own.
    """
    box = f"{label_of(model['name'])} ({label_of(model['kind'])})"
    counts = f"n = {model['n']}, {model['n_events']} with event"
    rows: Numbers = [(stage, box, "n", model["n"], counts)]
    taken = [name for name in model["features"] if name in candidates]
    rows += [
        (
            stage,
            box,
            name,
            1,
            f"score of {label_of(name)}, from {_count(candidates[name], 'candidate')}",
        )
        for name in taken
    ]
    left = None
    steps = model["selection"]
    for step in steps if steps and steps[0]["step"] == CANDIDATES else []:
        if step["n"] != left:
            words = (
                "candidate features"
                if step["step"] == CANDIDATES
                else f"after {label_of(step['step'])}"
            )
            rows.append((stage, box, step["step"], step["n"], f"{step['n']} {words}"))
        left = step["n"]
    parameters, per = model["n_parameters"], model["events_per_parameter"]
    rows.append((stage, box, "parameters", parameters, _count(parameters, "parameter")))
    if per is not None:
        own = "own candidate" if taken else "candidate"
        shown = f"{per:.2g} events per {own}" if per < 1 else f"{per:.1f} events per {own}"
        rows.append((stage, box, "events per candidate parameter", per, shown))
    return rows


def _count(n: int, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"
