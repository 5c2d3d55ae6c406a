"""Made-up rows of the table of scores."""

import pandas as pd
from radproof.segmentation.scores import METRICS


def rows(
    dice: list[float],
    reference_ml: list[float] | float = 10.0,
    candidate_ml: list[float] | float = 10.0,
    **named: object,
) -> pd.DataFrame:
    """One patient a Dice, of set ``test`` and the pair rater1 and unet unless named otherwise."""
    table = pd.DataFrame({"patient": [f"p{number}" for number in range(len(dice))], "dice": dice})
    table = table.assign(volume_reference_ml=reference_ml, volume_candidate_ml=candidate_ml)
    reference = table["volume_reference_ml"]
    error = table["volume_candidate_ml"] - reference
    percent = 100 * error / reference.where(reference > 0)
    table = table.assign(volume_error_ml=error, volume_error_pct=percent)
    table = table.assign(**{"set": "test", "reference": "rater1", "candidate": "unet"})
    table = table.assign(empty="none", **{name: 0.5 for name in METRICS if name not in table})
    return table.assign(**named)
