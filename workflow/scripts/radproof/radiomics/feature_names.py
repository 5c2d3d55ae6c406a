"""The parts of a feature's name: sequence, filter and class."""

import pandas as pd

PARTS = ["sequence", "filter", "class"]
PATTERN = r"^(?:(?P<sequence>.+?)__)?(?P<filter>[^_]+)_(?P<class>[^_]+)_"


def name_parts(features: pd.Series) -> pd.DataFrame:
    """Return ``sequence filter class`` of names such as ``T2w__original_glcm_Contrast``.

    What a name does not say is missing: the sequence of PyRadiomics' own names, everything of
    names that are built otherwise.
    """
    return features.astype(str).str.extract(PATTERN)[PARTS]
