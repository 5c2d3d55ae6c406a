"""Grey levels that textures see: counted for each mask and filter, before anything is measured."""

from typing import Any

from radproof.radiomics.cut import Cut

# Fewer levels and textures are empty, more and they are too sparse; and a middle to aim at.
FEWEST, MOST, AIM = 16, 130, 64


def count_levels(cut: Cut) -> dict[str, Any]:
    """Return how many levels occur, whether that is usual, and the bin width that would span 64."""
    levels = len(cut.levels)
    width = float(cut.values.max() - cut.values.min()) / AIM
    return {"levels": levels, "usual": FEWEST <= levels <= MOST, "bin_width_for_64": width}
