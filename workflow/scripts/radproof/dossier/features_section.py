"""What the report says of features: how many there are, and which of them IBSI has standardised."""

from collections.abc import Mapping
from pathlib import PurePosixPath

import pandas as pd

from radproof.dossier.cells import Table, shown

STANDINGS = {
    "yes": "standardised by IBSI",
    "deviates": "deviating from IBSI",
    "no": "not standardised",
}
NOTE = "The linked table says of every feature what it is, where its formula stands, and why not."


def feature_tables(tables: Mapping[str, tuple[pd.DataFrame, str]]) -> list[Table]:
    """Return one table an extractor: features by filter, and what IBSI has of them.

    Parameters
    ----------
    tables
        Each table with its path from the report, by its place in the results, such as
        ``radiomics/pyradiomics/dictionary.tsv``; other tables are passed over.
    """
    result = []
    for place, (table, file) in tables.items():
        path = PurePosixPath(place)
        if path.parts[0] == "radiomics" and path.name == "dictionary.tsv":
            caption = f"Features of {path.parts[1].replace('_', ' ')}, by filter"
            result.append(shown(_counts(table), None, caption, file, NOTE))
    return result


def _counts(table: pd.DataFrame) -> pd.DataFrame:
    counts = pd.crosstab(table["filter"], table["standardised"])
    counts = counts.reindex(index=table["filter"].unique(), columns=[*STANDINGS], fill_value=0)
    counts.insert(0, "features", counts.sum(axis=1))
    return counts.rename(columns=STANDINGS).rename_axis(columns=None).reset_index()
