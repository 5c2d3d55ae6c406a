"""What the report says of segmenters: how their masks score, whom they fail, what they are."""

from collections.abc import Mapping
from pathlib import PurePosixPath

import pandas as pd

from radproof.dossier.cells import Table, shown

Source = tuple[pd.DataFrame, str]

# The metrics shown of long tables; the linked file holds all of them.
METRICS = {
    "summary": ["dice", "iou", "sensitivity", "hd95_mm", "assd_mm", "volume_error_pct"],
    "strata": ["dice", "hd95_mm", "volume_error_pct"],
}
SCORES_NOTE = (
    "In the set train each patient's mask is by a network that had not seen the patient (out of"
    " fold). hd95_mm is the larger of the two directed 95 % quantiles of the distances between the"
    " surfaces; tools that take one quantile of both directions pooled give another number, as a"
    " rule a smaller one. n missing counts patients whom the score leaves out, since it is"
    " undefined for them: an empty mask has Dice 0, and no surface to measure a distance to."
)
AGREEMENT_NOTE = (
    "Volume of the candidate less that of the reference, an empty mask counting as 0 ml; limits of"
    " agreement are bias ± 1.96 SD, each with its 95 % interval (Bland and Altman 1986, 1999). The"
    " slope, of differences on means in ml per ml, says whether the error grows with the tumour."
)
STRATA_NOTE = (
    "Strata go by the volume of the pair's reference mask; a limit belongs to the stratum above it."
)
NETWORK_NOTE = (
    "Multiply-adds are those of one image of the size trained on. The other folds' networks are"
    " built alike."
)
# File, caption and note of the tables of scores.
SHOWN = {
    "summary": ("Scores of {subject} and of raters: mean, bootstrap 95 % interval", SCORES_NOTE),
    "agreement": ("Agreement of tumour volumes, {subject} and raters", AGREEMENT_NOTE),
    "strata": ("Scores of {subject} and of raters by volume of the tumour", STRATA_NOTE),
    "failures": ("Patients whom {subject} failed, the worst first", ""),
}


def segmentation_tables(tables: Mapping[str, Source]) -> list[Table]:
    """Return what is shown of every segmenter, one after the other.

    Parameters
    ----------
    tables
        Each table with its path from the report, by its place in the results, such as
        ``segmentation/unet/summary.tsv`` or ``segmentation/unet/fold-1/history.tsv``. Those of
        other stages are passed over; what a segmenter lacks is left out.
    """
    segmenters: dict[str, dict[str, Source]] = {}
    for place, source in tables.items():
        stage, *rest = PurePosixPath(place).with_suffix("").parts
        if stage == "segmentation":
            segmenters.setdefault(rest[0], {})["/".join(rest[1:])] = source
    return [
        table
        for name, own in segmenters.items()
        for table in _tables_of(name.replace("_", " "), own)
    ]


def _tables_of(subject: str, own: Mapping[str, Source]) -> list[Table]:
    result = []
    for name, (caption, note) in SHOWN.items():
        if name in own:
            table, file = own[name]
            chosen = table[table["metric"].isin(METRICS[name])] if name in METRICS else table
            result.append(shown(chosen, None, caption.format(subject=subject), file, note))
    if "threshold" in own:
        result.append(_thresholds(subject, *own["threshold"]))
    folds = {name: source for name, source in own.items() if name.endswith("/history")}
    if folds:
        result.append(_training(subject, folds))
    networks = [source for name, source in own.items() if name.endswith("/network")]
    return result + (_network(subject, *networks[0]) if networks else [])


def _thresholds(subject: str, thresholds: pd.DataFrame, file: str) -> Table:
    """Return whose masks each threshold draws; that of no fold is that of the other sets."""
    whose = ("fold " + thresholds["fold"]).fillna("other sets")
    rows = pd.DataFrame({"patients": whose, "threshold": thresholds["threshold"]})
    return shown(rows, None, f"Probability from which a voxel is inside, {subject}", file)


def _training(subject: str, histories: Mapping[str, Source]) -> Table:
    """Return one row a fold: how long its network was trained, and which epoch was kept."""
    rows = []
    for name, (history, _) in histories.items():
        kept = history[history["kept"] == 1].iloc[0]
        fold = name.split("/")[0].removeprefix("fold-")
        rows.append([fold, len(history), int(kept["epoch"]), float(kept["val_dice"])])
    columns = ["fold left out", "epochs run", "epoch kept", "validation Dice"]
    caption = f"Training of {subject}, by fold"
    note = (
        "Where validation patients chose the epoch, their Dice flatters: it is no score of the"
        " segmenter."
    )
    return shown(pd.DataFrame(rows, columns=columns), None, caption, note=note)


def _network(subject: str, layers: pd.DataFrame, file: str) -> list[Table]:
    """Return the size of a network, and its layers folded away."""
    sums = {name: int(layers[name].sum()) for name in ("parameters", "multiply_adds")}
    totals = pd.DataFrame([{"layers_with_weights": len(layers)} | sums])
    return [
        shown(totals, None, f"Network of {subject}", file, NETWORK_NOTE),
        shown(layers, None, f"Layers of {subject}", file, folded=True),
    ]
