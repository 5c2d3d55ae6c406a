"""Tests that are many: p values adjusted for their number."""

import numpy as np


def holm(p: np.ndarray) -> np.ndarray:
    """Return p values adjusted for their number, shape (k,); NaN stays and does not count.

    Source: Holm 1979 (Scand J Stat 6:65); R's ``p.adjust(method = "holm")``.
    """
    adjusted = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    factors = np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * factors), 1.0)
    return adjusted
