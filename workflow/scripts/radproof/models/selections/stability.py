"""Keep the features that are stable between masks, the most stable first."""

from typing import Any

import pandas as pd

from radproof.errors import BadInput, Problem
from radproof.models.selecting import Selected

READS_VALUES = False


def select(
    table: pd.DataFrame,
    outcome: pd.Series,
    settings: dict[str, Any],
    stability: pd.DataFrame | None,
    seed: int,
) -> Selected:
    """Keep what was kept without the folds that this fit leaves out.

    Parameters
    ----------
    table
        Its columns are the candidates; values are not read, nor is the outcome.
    outcome, settings, seed
        Not read; the thresholds stand under ``stability`` in the plan.
    stability
        Index feature, ``icc kept``, for the folds left out.

    Returns
    -------
    Selected
        By falling ICC, then by name; a feature's value is its ICC.
    """
    verdicts = known_stability(stability).reindex(table.columns)
    kept = verdicts["kept"].eq(True)
    reasons = {
        str(name): "stability not assessed" if pd.isna(verdict) else "not stable"
        for name, verdict in verdicts.loc[~kept, "kept"].items()
    }
    return Selected(
        by_stability(verdicts[kept]),
        reasons,
        dict(zip(table.columns, verdicts["icc"], strict=True)),
    )


def known_stability(stability: pd.DataFrame | None) -> pd.DataFrame:
    """Return the table of stability.

    Raises
    ------
    BadInput
        If there is none for the folds left out.
    """
    if stability is None:
        what = "stability was not assessed on the patients fitted on"
        raise BadInput(Problem(what, remedy="assess it anew, or take the step out of the plan"))
    return stability


def by_stability(verdicts: pd.DataFrame) -> list[str]:
    """Return features by falling ICC, unknown ones last, equal ones by name."""
    named = verdicts.rename_axis("feature").reset_index()
    ordered = named.sort_values(["icc", "feature"], ascending=[False, True], kind="stable")
    return [str(name) for name in ordered["feature"]]
