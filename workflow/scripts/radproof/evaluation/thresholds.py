"""What each threshold probability would mean: who is flagged, found and missed."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from radproof.evaluation.checks import check_outcome, check_probability
from radproof.evaluation.net_benefit import net_benefit

# Quotients, not steps: a step that misses 0.3 by rounding misses the patients who have 0.3.
THRESHOLDS = np.arange(5, 96) / 100


def threshold_table(outcome: ArrayLike, probability: ArrayLike) -> pd.DataFrame:
    """Return one row a threshold from 0.05 to 0.95; flagged is who lies at or above it.

    Parameters
    ----------
    outcome
        0 or 1 (event), shape (n,).
    probability
        From 0 to 1, shape (n,).

    Returns
    -------
    pandas.DataFrame
        ``threshold n flagged flagged_share sensitivity specificity ppv npv net_benefit
        net_benefit_ci_low net_benefit_ci_high note``; ``note`` says of whom there is none where a
        number is missing.

    Raises
    ------
    BadInput
        If outcome or probability are not as said.
    """
    events = check_outcome(outcome, both_classes=False)
    counts = net_benefit(events, check_probability(probability, events.size), THRESHOLDS)
    tp, fp = counts["true_positives"], counts["false_positives"]
    n, n_events, flagged = events.size, int(events.sum()), tp + fp
    below, n_controls = n - flagged, n - n_events
    fractions = {
        "sensitivity": (tp, pd.Series(n_events, tp.index), "no patient with the event"),
        "specificity": (
            n_controls - fp,
            pd.Series(n_controls, fp.index),
            "no patient without the event",
        ),
        "ppv": (tp, flagged, "nobody flagged"),
        "npv": (below - (n_events - tp), below, "everybody flagged"),
    }
    table = pd.DataFrame({"threshold": THRESHOLDS, "n": n, "flagged": flagged})
    table["flagged_share"] = flagged / n
    reasons = []
    for name, (count, total, reason) in fractions.items():
        table[name] = count / total.where(total > 0)
        reasons.append(np.where(total > 0, "", reason))
    table["net_benefit"] = counts["net_benefit"]
    table["net_benefit_ci_low"] = counts["ci_low"]
    table["net_benefit_ci_high"] = counts["ci_high"]
    table["note"] = ["; ".join(filter(None, parts)) for parts in zip(*reasons, strict=True)]
    return table
