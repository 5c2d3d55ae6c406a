"""Every table of pairs of models, from the settings of one job."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from radproof.evaluation.ablation import ablate, is_nested
from radproof.evaluation.compare import compare
from radproof.evaluation.reclassify import compare_classifications, reclassify


def comparison_tables(
    predictions: pd.DataFrame, settings: Mapping[str, Any]
) -> dict[str, pd.DataFrame]:
    """Return ``comparisons reclassification mcnemar ablations``.

    Parameters
    ----------
    predictions
        As for :func:`radproof.evaluation.evaluate.evaluate`.
    settings
        ``comparisons`` and ``risk_categories`` of the plan; ``predictors``: by model ``kind``,
        ``clinical``, ``scores`` and ``radiomics``, those it has.

    Raises
    ------
    BadInput
        If predictions or settings cannot be used.
    """
    pairs = [
        entry | {"nested": is_nested(settings["predictors"], entry["first"], entry["second"])}
        for entry in settings["comparisons"]
    ]
    return {
        "comparisons": compare(predictions, pairs),
        "reclassification": reclassify(predictions, pairs, settings["risk_categories"]),
        "mcnemar": compare_classifications(predictions, pairs),
        "ablations": ablate(predictions, settings["predictors"]),
    }
