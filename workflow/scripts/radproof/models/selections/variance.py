"""Leave out features that are constant, or nearly so."""

from typing import Any

import numpy as np
import pandas as pd

from radproof.models.selecting import Selected
from radproof.z_scores import is_constant

READS_VALUES = True


def select(
    table: pd.DataFrame,
    outcome: pd.Series,
    settings: dict[str, Any],
    stability: pd.DataFrame | None,
    seed: int,
) -> Selected:
    """Leave out a feature of which one value is held by too many of the patients fitted on.

    The variance itself depends on a feature's unit; the share of its commonest value does not (cf.
    ``nearZeroVar`` in R's caret). Values that are equal up to rounding make a constant.

    Parameters
    ----------
    table
        Index patient, float columns without missing values.
    settings
        ``same``: the share, above 0 to 1, from which a feature is left out; 1 asks for constants.
    outcome, stability, seed
        Not read.

    Returns
    -------
    Selected
        In the order of ``table``; a feature's value is the share of its commonest value.
    """
    values = table.to_numpy(float)
    constant = is_constant(values)
    shares = np.array([np.unique(column, return_counts=True)[1].max() for column in values.T])
    shares = np.where(constant, 1.0, shares / len(table))
    reasons = {
        str(name): "constant" if same else "nearly constant"
        for name, same, share in zip(table.columns, constant, shares, strict=True)
        if share >= settings["same"]
    }
    columns = [name for name in table.columns if name not in reasons]
    return Selected(columns, reasons, dict(zip(table.columns, shares, strict=True)))
