"""The points of a ROC curve."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from radproof.evaluation.checks import check_outcome, check_scores


def roc_points(outcome: ArrayLike, score: ArrayLike) -> pd.DataFrame:
    """Return one row a threshold, from the highest to the lowest.

    Parameters
    ----------
    outcome
        0 or 1 (event), shape (n,); both must occur.
    score
        Finite, shape (n,); a patient is positive at or above the threshold.

    Returns
    -------
    pandas.DataFrame
        ``threshold sensitivity specificity``; the first threshold is infinite (nobody positive),
        the others are the scores that occur.

    Raises
    ------
    BadInput
        If outcome or score are not as said.
    """
    events = check_outcome(outcome)
    values = check_scores(score, events.size)[0]
    thresholds = np.unique(values)[::-1]
    ordered = np.sort(values[events]), np.sort(values[~events])
    above = [group.size - np.searchsorted(group, thresholds) for group in ordered]
    return pd.DataFrame(
        {
            "threshold": np.r_[np.inf, thresholds],
            "sensitivity": np.r_[0, above[0]] / ordered[0].size,
            "specificity": 1 - np.r_[0, above[1]] / ordered[1].size,
        }
    )
