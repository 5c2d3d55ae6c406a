"""The report says what radiomics measured, what it could not, and what of it is stable."""

import pandas as pd
from radproof.dossier.radiomics_section import radiomics_tables

PLAN = {
    "regions": {"whole": {"kind": "whole"}},
    "stability": {
        "form": "ICC2",
        "bound": "lower",
        "threshold": 0.75,
        "between": {
            "raters": {"masks": ["rater1", "rater2"], "decides": True},
            "automated": {"masks": ["rater1", "unet"], "decides": False},
        },
    },
}


def shown_of(place: str, table: pd.DataFrame, *more: tuple[str, pd.DataFrame]):
    named = [(place, table), *more, ("flow", table)]
    return radiomics_tables({name: (each, f"../{name}") for name, each in named}, PLAN, [])


def test_features_are_counted_by_filter_and_class() -> None:
    rows = [
        ("original", "shape", "yes"),
        ("original", "glcm", "deviates"),
        ("original", "glcm", "yes"),
        ("square", "glcm", "no"),
    ]
    dictionary = pd.DataFrame(rows, columns=["filter", "class", "standardised"])
    by_filter, by_class = shown_of("radiomics/py_radiomics/dictionary.tsv", dictionary)
    standings = ["standardised by IBSI", "deviating from IBSI", "not standardised"]
    assert by_filter.caption == "Features of py radiomics, by filter and class"
    assert by_filter.columns == ["filter", "features", *standings, "shape", "glcm"]
    assert by_filter.rows == [
        ["original", "3", "2", "1", "0", "1", "2"],
        ["square", "1", "0", "0", "1", "0", "1"],
    ]
    assert by_filter.file == "../radiomics/py_radiomics/dictionary.tsv"
    assert by_class.columns == ["class", "features", *standings]
    assert by_class.rows == [["shape", "1", "1", "0", "0"], ["glcm", "2", "1", "1", "0"]]


def levels(*entries: tuple[str, str, int]) -> pd.DataFrame:
    columns = ["mask", "filter", "levels"]
    table = pd.DataFrame(entries, columns=columns)
    return table.assign(sequence="t1", bin_width_for_64=0.5)


def test_grey_levels_of_all_batches_stand_by_filter_without_perturbed_masks() -> None:
    first = levels(("rater1", "original", 40), ("unet", "original", 10), ("rater1", "square", 200))
    second = levels(("rater1", "original", 60), ("perturbed1", "original", 1))
    (table,) = shown_of(
        "radiomics/pyradiomics/train001/grey-levels.whole.tsv",
        first,
        ("radiomics/pyradiomics/train002/grey-levels.whole.tsv", second),
        ("radiomics/pyradiomics/train002/grey-levels.shell.tsv", second),
    )
    assert table.caption == "Grey levels of training patients, pyradiomics, whole"
    assert [dict(zip(table.columns, row, strict=True)) for row in table.rows] == [
        {
            **{"sequence": "t1", "filter": "original", "n masks": "3", "levels median": "40"},
            **{"levels least": "10", "levels most": "60", "n outside": "1"},
            **{"share outside": "0.333", "bin width for 64": "0.500"},
        },
        {
            **{"sequence": "t1", "filter": "square", "n masks": "1", "levels median": "200"},
            **{"levels least": "200", "levels most": "200", "n outside": "1"},
            **{"share outside": "1", "bin width for 64": "0.500"},
        },
    ]
    assert "fewer than 16" in table.note and "more than 130" in table.note


def test_outcomes_stand_as_they_were_counted() -> None:
    columns = ["set", "mask", "outcome", "n_patients", "n_missing_most"]
    outcomes = pd.DataFrame([("test", "unet", "empty", 2, 293)], columns=columns)
    (table,) = shown_of("radiomics/pyradiomics/outcomes-whole.tsv", outcomes)
    assert table.rows == [["test", "unet", "empty", "2", "293"]]
    (none,) = shown_of("radiomics/pyradiomics/outcomes-whole.tsv", outcomes.iloc[:0])
    assert none.rows == []


def test_harmonisation_stands_by_model_where_there_is_one() -> None:
    fitted = {
        **{"kind": "combat", "reference": None, "centers": ["A", "B"], "patients": [12, 9]},
        **{"clinical": [{"name": "age"}], "features": [{}, {}], "unharmonised": ["x"]},
    }
    models = [{"name": "clinical"}, {"name": "radiomics", "harmonisation": fitted}]
    (table,) = radiomics_tables({}, PLAN, models)
    named = dict(zip(table.columns, table.rows[0], strict=True))
    assert len(table.rows) == 1
    assert (named["model"], named["kind"]) == ("radiomics", "combat")
    assert (named["centers"], named["covariates"]) == ("A (12), B (9)", "age")
    assert (named["predictors harmonised"], named["left as they are"]) == ("2", "1")
    assert radiomics_tables({}, PLAN, models[:1]) == []
