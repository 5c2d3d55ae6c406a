"""The report counts features by filter and by what IBSI has of them."""

import pandas as pd
from radproof.dossier.features_section import feature_tables


def test_features_are_counted_by_filter() -> None:
    dictionary = pd.DataFrame(
        {
            "filter": ["original", "original", "original", "square"],
            "standardised": ["yes", "deviates", "yes", "no"],
        }
    )
    place = "radiomics/py_radiomics/dictionary.tsv"
    tables = {place: (dictionary, f"../{place}"), "flow": (dictionary, "../flow.tsv")}
    (shown,) = feature_tables(tables)
    assert shown.caption == "Features of py radiomics, by filter"
    assert shown.columns[1:] == [
        *("features", "standardised by IBSI", "deviating from IBSI", "not standardised"),
    ]
    assert shown.rows == [["original", "3", "2", "1", "0"], ["square", "1", "0", "0", "1"]]
    assert shown.file == f"../{place}"
