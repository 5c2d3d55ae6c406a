"""Classification at one threshold: rates with exact intervals."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from radproof.evaluation.binomial import clopper_pearson
from radproof.evaluation.checks import check_outcome, check_probability
from radproof.evaluation.roc import roc_points


@dataclass(frozen=True)
class Confusion:
    """Patients by what was predicted and what happened."""

    true_positives: int
    false_positives: int
    true_negatives: int
    false_negatives: int


def youden_threshold(outcome: ArrayLike, probability: ArrayLike) -> float:
    """Return the probability at which sensitivity + specificity - 1 is largest.

    Of several thresholds that do equally well, the highest. To be fitted on training patients,
    out of fold, and applied to others.

    Raises
    ------
    BadInput
        If the outcome has one class or a probability is not one.

    Source: Youden 1950 (Cancer 3:32).
    """
    events = check_outcome(outcome)
    points = roc_points(events, check_probability(probability, events.size)).iloc[1:].to_numpy()
    # Rounding must not decide between thresholds that do equally well.
    index = np.round(points[:, 1] + points[:, 2], 12)
    return float(points[np.argmax(index), 0])


def fitted_thresholds(predictions: pd.DataFrame) -> dict[str, float]:
    """Return each model's threshold, of Youden's index in its out-of-fold predictions of ``train``.

    None where these have one class, or there are none.
    """
    fitted = predictions[(predictions["set"] == "train") & (predictions["kind"] == "out_of_fold")]
    return {
        str(model): youden_threshold(rows["outcome"], rows["probability"])
        for model, rows in fitted.groupby("model", sort=False)
        if rows["outcome"].nunique() == 2
    }


def confusion(outcome: ArrayLike, probability: ArrayLike, threshold: float) -> Confusion:
    """Count patients; positive are those with a probability at or above the threshold.

    Raises
    ------
    BadInput
        If outcome or probability are not as said elsewhere here.
    """
    events = check_outcome(outcome, both_classes=False)
    positive = check_probability(probability, events.size) >= threshold
    return Confusion(
        true_positives=int((events & positive).sum()),
        false_positives=int((~events & positive).sum()),
        true_negatives=int((~events & ~positive).sum()),
        false_negatives=int((events & ~positive).sum()),
    )


def rates(counts: Confusion) -> pd.DataFrame:
    """Return one row a rate with its exact 95 % interval.

    Returns
    -------
    pandas.DataFrame
        ``metric value ci_low ci_high count total note``: ``sensitivity``, ``specificity``,
        ``ppv``, ``npv`` and ``accuracy`` are count / total with the interval of Clopper & Pearson.
        ``f1`` is 2 J / (1 + J), where J = count / total is the share of true positives among all
        patients but the true negatives; its limits are those of J, transformed. A rate of no
        patients is missing, with a note.
    """
    tp, fp = counts.true_positives, counts.false_positives
    tn, fn = counts.true_negatives, counts.false_negatives
    fractions = {
        "sensitivity": (tp, tp + fn, "no patient with the event"),
        "specificity": (tn, tn + fp, "no patient without the event"),
        "ppv": (tp, tp + fp, "no patient at or above the threshold"),
        "npv": (tn, tn + fn, "no patient below the threshold"),
        "accuracy": (tp + tn, tp + fp + tn + fn, "no patients"),
        "f1": (tp, tp + fp + fn, "no patient with the event or above the threshold"),
    }
    rows = []
    for metric, (count, total, reason) in fractions.items():
        low, high = clopper_pearson(count, total)
        values = np.array([count / total if total else np.nan, low, high])
        if metric == "f1":
            values = 2 * values / (1 + values)
        rows.append([metric, *values.tolist(), count, total, "" if total else reason])
    columns = ["metric", "value", "ci_low", "ci_high", "count", "total", "note"]
    return pd.DataFrame(rows, columns=columns)
