"""Statistics of the table of scores: by set, by volume of the tumour, and who failed."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from radproof.seeds import derive_seed
from radproof.segmentation.agreement import agreement_of_volumes
from radproof.segmentation.scores import METRICS

RESAMPLES = 2000
PAIR = ["set", "reference", "candidate"]
SUMMARY = ["n", "n_missing", "mean", "sd", "ci_low", "ci_high", "median"]
STRATA_METRICS = ("dice", "iou", "sensitivity", "hd95_mm", "assd_mm", "volume_error_pct")
# A volume that is a limit but for rounding lies on the limit: 1e-9 ml is far below a voxel.
VOLUME_DECIMALS = 9
FAILURE_COLUMNS = ["patient", "set", "reference", "dice"]
FAILURE_COLUMNS += ["volume_reference_ml", "volume_candidate_ml", "reason"]


def score_statistics(
    scores: pd.DataFrame, segmenter: str, settings: Mapping[str, Any], seed: int
) -> dict[str, pd.DataFrame]:
    """Return every statistic that is reported of a table of scores, by the name of its file.

    Parameters
    ----------
    scores
        As `radproof.segmentation.score_tables.score_masks` returns it.
    segmenter
        Whose masks may fail.
    settings
        ``strata_ml`` and ``failure_dice`` of the plan.
    seed
        Of the bootstrap.
    """
    return {
        "summary": summarise(scores, seed),
        "agreement": agreement_of_volumes(scores),
        "strata": summarise_strata(scores, settings["strata_ml"], seed),
        "failures": failures(scores, segmenter, settings["failure_dice"]),
    }


def summarise(scores: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return mean, spread and 95 % bootstrap interval of the mean of each score.

    One row for each set, pair and metric; ``n`` counts the patients for whom the metric is
    defined and ``n_missing`` the others, whom mean and interval leave out: an empty mask has no
    surface distance. The interval is the percentile interval of the mean over 2000 resamples of
    patients; with one patient there is none.

    Returns
    -------
    pandas.DataFrame
        ``set reference candidate metric n n_missing mean sd ci_low ci_high median``.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
    """
    rows = [
        [*key, *row]
        for key, group in scores.groupby(PAIR, sort=False)
        for row in _describe(group, METRICS, seed, key)
    ]
    return pd.DataFrame(rows, columns=[*PAIR, "metric", *SUMMARY])


def summarise_strata(scores: pd.DataFrame, limits_ml: Sequence[float], seed: int) -> pd.DataFrame:
    """Return the summary of ``STRATA_METRICS`` by volume of the pair's reference mask.

    A limit belongs to the stratum above it. Every stratum of every set and pair has its rows, also
    one without patients.

    Parameters
    ----------
    scores
        One row a patient and pair.
    limits_ml
        Volumes that divide the strata, in ml, in any order.

    Returns
    -------
    pandas.DataFrame
        ``set reference candidate stratum`` and the columns of `summarise`.
    """
    limits = sorted(set(limits_ml))
    rows = []
    for key, group in scores.groupby(PAIR, sort=False):
        strata = np.digitize(group["volume_reference_ml"].round(VOLUME_DECIMALS), limits)
        for index, label in enumerate(stratum_labels(limits)):
            inside = _describe(group[strata == index], STRATA_METRICS, seed, (*key, label))
            rows += [[*key, label, *row] for row in inside]
    return pd.DataFrame(rows, columns=[*PAIR, "stratum", "metric", *SUMMARY])


def stratum_labels(limits_ml: Sequence[float]) -> list[str]:
    """Return the names of strata between ascending limits: ``< 4 ml``, ``4–10 ml``, ``≥ 10 ml``."""
    if not limits_ml:
        return ["all"]
    middle = [f"{low:g}–{high:g} ml" for low, high in pairwise(limits_ml)]
    return [f"< {limits_ml[0]:g} ml", *middle, f"≥ {limits_ml[-1]:g} ml"]


def failures(scores: pd.DataFrame, segmenter: str, failure_dice: float) -> pd.DataFrame:
    """Return whom the segmenter failed, in any set: an empty mask, or a Dice below the limit.

    Returns
    -------
    pandas.DataFrame
        ``FAILURE_COLUMNS``, one row a patient and rater, the worst Dice first, equal ones by
        patient; no rows where nobody failed.
    """
    own = scores[scores["candidate"] == segmenter]
    empty = own["empty"].isin(["candidate", "both"])
    reason = empty.map({True: "empty mask", False: f"Dice below {failure_dice:g}"})
    failed = own.assign(reason=reason)[empty | (own["dice"] < failure_dice)]
    ordered = failed.sort_values(["dice", "patient"], kind="stable")
    return ordered[FAILURE_COLUMNS].reset_index(drop=True)


def _describe(
    rows: pd.DataFrame, metrics: Sequence[str], seed: int, names: Sequence[object]
) -> list[list[Any]]:
    """Return metric and ``SUMMARY`` of each metric; resamples depend on the names alone."""
    described = []
    for metric in metrics:
        values = rows[metric].to_numpy(dtype=float)
        rng = np.random.default_rng(derive_seed(seed, *map(str, names), metric))
        described.append([metric, *_summary(values, rng)])
    return described


def _summary(values: np.ndarray, rng: np.random.Generator) -> list[float]:
    known = values[~np.isnan(values)]
    missing = values.size - known.size
    if known.size == 0:
        return [0, missing, *[np.nan] * 5]
    low = high = sd = np.nan
    if known.size > 1:
        sd = float(known.std(ddof=1))
        chosen = rng.integers(known.size, size=(RESAMPLES, known.size))
        low, high = np.quantile(known[chosen].mean(axis=1), [0.025, 0.975]).tolist()
    return [known.size, missing, float(known.mean()), sd, low, high, float(np.median(known))]
