"""The probability from which a voxel is inside, chosen on patients that no network had seen.

Mean Dice is that of the bare thresholded probabilities: components and holes come after, and do not
choose. Probabilities of a training patient come from one network, those of other sets from the mean
of all, which is smoother; no such mean of a training patient is out of fold, so that the threshold
of single networks serves for both.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import SimpleITK as sitk

from radproof.errors import BadInput, Problem
from radproof.segmentation.probabilities import CERTAIN, level_of
from radproof.volumes import grid_differences, read_mask, read_volume

OUT_OF_FOLD = "out_of_fold"
# In hundredths, so that ties and their distance from a half are exact.
CANDIDATES = range(5, 100, 5)
SWEEP = ["fold", "threshold", "n", "dice"]


def dice_of_candidates(probabilities: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the Dice coefficient at each of the candidates, 1 where nothing is in either.

    Parameters
    ----------
    probabilities
        uint16, 65535 for 1; any shape.
    mask
        Of the same shape; any nonzero voxel is inside.
    """
    inside = np.asarray(mask) != 0
    levels = [level_of(candidate / 100) for candidate in CANDIDATES]
    everywhere, both = (
        _counts_from(voxels)[levels] for voxels in (probabilities, probabilities[inside])
    )
    either = everywhere + np.count_nonzero(inside)
    return np.divide(2 * both, either, out=np.ones(len(levels)), where=either > 0)


def _counts_from(values: np.ndarray) -> np.ndarray:
    """Return how many values reach each level from 0 to 65535."""
    counts = np.bincount(values.ravel(), minlength=CERTAIN + 1)
    return counts[::-1].cumsum()[::-1]


def read_dice(
    probabilities: Mapping[str, str | Path], masks: Mapping[str, str | Path]
) -> pd.DataFrame:
    """Return the Dice coefficient of each patient (index) at each candidate (columns).

    Raises
    ------
    BadInput
        If a file cannot be read or a mask lies on another grid than the probabilities; names every
        such patient.
    """
    rows, problems = {}, []
    for patient, file in probabilities.items():
        try:
            rows[patient] = _read_one(patient, file, masks[patient])
        except BadInput as error:
            problems += error.problems
    if problems:
        raise BadInput(problems)
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(CANDIDATES))


def _read_one(patient: str, probabilities: str | Path, mask: str | Path) -> np.ndarray:
    found, drawn = read_volume(probabilities, patient), read_mask(mask, 1, patient)
    if differences := grid_differences(found, drawn):
        raise BadInput(
            Problem(
                "mask lies on another grid than the probabilities",
                patient=patient,
                file=str(mask),
                found="; ".join(differences),
                remedy="prepare the images again",
            )
        )
    return dice_of_candidates(*map(sitk.GetArrayViewFromImage, (found, drawn)))


def sweep(dice: pd.DataFrame, folds: Mapping[str, str]) -> pd.DataFrame:
    """Return the mean Dice of each candidate over the patients of all folds but one, and over all.

    Parameters
    ----------
    dice
        As `read_dice` returns it, of training patients.
    folds
        Patient → fold.

    Returns
    -------
    pandas.DataFrame
        ``fold threshold n dice``: the fold that is left out (missing: none), the candidate, how
        many patients are left and their mean.
    """
    of_patient = dice.index.map(folds)
    chosen: dict[str | None, np.ndarray] = {
        fold: dice[of_patient != fold].to_numpy() for fold in sorted(set(of_patient))
    }
    chosen[None] = dice.to_numpy()
    rows = [
        [fold, candidate / 100, len(values), mean]
        for fold, values in chosen.items()
        for candidate, mean in zip(CANDIDATES, values.mean(axis=0), strict=True)
    ]
    return pd.DataFrame(rows, columns=SWEEP)


def choose(sweep_table: pd.DataFrame, setting: float | str) -> pd.DataFrame:
    """Return ``fold threshold``: one row a training fold, and one (missing) for all other sets.

    ``out_of_fold`` takes the candidate of the best mean Dice, among equals the one nearest to 0.5,
    then the lower; a number is taken as it is.
    """
    chosen = [
        [fold, _best(rows) if setting == OUT_OF_FOLD else setting]
        for fold, rows in sweep_table.groupby("fold", sort=False, dropna=False)
    ]
    return pd.DataFrame(chosen, columns=["fold", "threshold"]).astype({"threshold": float})


def _best(rows: pd.DataFrame) -> float:
    def rank(row: tuple[float, float]) -> tuple[float, int, float]:
        threshold, dice = row
        return -dice, abs(round(threshold * 100) - 50), threshold

    return min(zip(rows["threshold"], rows["dice"], strict=True), key=rank)[0]


def threshold_of(thresholds: pd.DataFrame, fold: str | None) -> float:
    """Return the threshold of a training fold, or of the sets outside training (None)."""
    rows = thresholds["fold"].isna() if fold is None else thresholds["fold"] == fold
    return float(thresholds.loc[rows, "threshold"].item())
