"""Grey levels that textures see: how many there are, and whether so many are of any use."""

from typing import Any

import pandas as pd

from radproof.errors import BadInput, Problem

# With fewer levels textures are nearly empty, with more too sparse; and a middle to aim at.
FEWEST, MOST, AIM = 16, 130, 64
COLUMNS = [
    *("sequence", "filter", "n_masks", "n_outside", "levels_least", "levels_median"),
    *("levels_most", "bin_width_for_64"),
]


def level_row(levels: int, lowest: float, highest: float) -> dict[str, Any]:
    """Return how many levels a mask has, whether that is usual, and which bin width spans 64.

    ``lowest`` and ``highest`` are the mask's intensities.
    """
    width = (highest - lowest) / AIM
    return {"levels": levels, "usual": FEWEST <= levels <= MOST, "bin_width_for_64": width}


def suggestion(width: float) -> str:
    """Say which bin width would do; with none, that no width would."""
    if width == 0:
        return "the intensities are all the same"
    return f"a binWidth of {width:.3g} would give about {AIM}"


def summarise(counts: pd.DataFrame, limits: dict[str, Any]) -> pd.DataFrame:
    """Return one row a sequence and filter, with how many masks are outside the plan's limits.

    Parameters
    ----------
    counts
        ``sequence filter levels bin_width_for_64``, one row a mask.
    limits
        ``minimum`` and ``maximum`` number of levels.
    """
    rows = []
    for (sequence, name), group in counts.groupby(["sequence", "filter"], sort=False):
        levels = group["levels"]
        outside = ~levels.between(limits["minimum"], limits["maximum"])
        spread = (levels.min(), float(levels.median()), levels.max())
        width = float(group["bin_width_for_64"].median())
        rows.append([sequence, name, len(group), int(outside.sum()), *spread, width])
    return pd.DataFrame(rows, columns=COLUMNS)


def check_levels(summary: pd.DataFrame, limits: dict[str, Any]) -> None:
    """Hold grey levels against what the plan asks for.

    Raises
    ------
    BadInput
        For each sequence and filter of which more masks are outside than the plan's ``share``,
        with the bin width that would give 64 levels.
    """
    asked = f"{limits['minimum']} to {limits['maximum']}"
    problems = [
        Problem(
            f"grey levels of {row['sequence']}, {row['filter']} leave textures empty or too sparse",
            found=f"{row['n_outside']} of {row['n_masks']} masks outside {asked}, median"
            f" {row['levels_median']:g}",
            expected=f"at most {limits['share']:.0%} outside",
            remedy=f"{suggestion(row['bin_width_for_64'])}; else widen grey_levels in the plan",
        )
        for row in summary.to_dict("records")
        if row["n_outside"] > limits["share"] * row["n_masks"]
    ]
    if problems:
        raise BadInput(problems)
