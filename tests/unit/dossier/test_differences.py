"""What counts as a difference between a table as reported and as computed again."""

import numpy as np
import pandas as pd
import pytest
from radproof.dossier.differences import capped, differences

TABLE = pd.DataFrame(
    {
        "model": ["a", "a", "b", "b"],
        "set": ["train", "test", "train", "test"],
        "n": [30, 10, 30, 10],
        "bias": [0.0, 0.5, -0.1, np.nan],
        "p": [1e-30, 0.04, 1.0, np.nan],
        "slope_p": [0.2, 1e-15, 0.0, 0.1],
        "note": ["", "few", "", ""],
    }
)


def as_read(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(note=table["note"].replace("", np.nan)).reset_index(drop=True)


def found(reported: pd.DataFrame, computed: pd.DataFrame = TABLE) -> list[str]:
    return differences("t.tsv", reported, computed)


def test_the_same_in_any_order_is_no_difference() -> None:
    assert found(as_read(TABLE)) == []
    assert found(as_read(TABLE.iloc[::-1])) == []


@pytest.mark.parametrize(
    ("row", "column", "value"), [(0, "p", 2e-30), (1, "slope_p", 2e-15), (2, "slope_p", 1e-13)]
)
def test_a_changed_digit_of_a_tiny_p_value_is_found(row: int, column: str, value: float) -> None:
    reported = as_read(TABLE)
    reported.loc[row, column] = value
    assert found(reported) == [f"t.tsv row {row + 1} {column}: {value}, not {TABLE[column][row]}"]


def test_what_is_zero_but_for_rounding_is_no_difference() -> None:
    assert found(as_read(TABLE.assign(bias=TABLE["bias"] + 1e-15))) == []
    assert len(found(as_read(TABLE.assign(bias=TABLE["bias"] + 1e-9)))) == 3


def test_a_row_that_is_gone_or_added_or_there_twice_is_one_line() -> None:
    assert found(as_read(TABLE.drop(index=1))) == ["t.tsv: 0 rows of model a, set test, not 1"]
    assert found(as_read(TABLE), TABLE.drop(index=0)) == [
        "t.tsv: 1 rows of model a, set train, not 0"
    ]
    twice = as_read(pd.concat([TABLE, TABLE.iloc[[2]]]))
    assert found(twice) == ["t.tsv: 2 rows of model b, set train, not 1"]


def test_rows_that_no_text_tells_apart_are_counted() -> None:
    curve = pd.DataFrame({"model": ["a"] * 3 + ["b"] * 2, "x": range(5), "note": ""})
    assert found(as_read(curve.drop(index=1)), curve) == ["t.tsv: 2 rows of model a, not 3"]
    changed = as_read(curve.assign(x=[0, 1, 7, 3, 4]))
    assert found(changed, curve) == ["t.tsv row 3 x: 7, not 2"]


def test_a_table_of_numbers_alone_is_compared_row_by_row() -> None:
    numbers = TABLE[["n", "bias"]]
    assert found(numbers, numbers) == []
    assert found(numbers.iloc[:3], numbers) == ["t.tsv: 3 rows, not 4"]


def test_one_cell_of_text_among_numbers_is_one_line() -> None:
    reported = as_read(TABLE).astype({"p": object, "n": object})
    reported["p"] = ["1e-30", "O.04", "1.0", np.nan]
    reported["n"] = ["30", "10", "3o", "10"]
    assert found(reported) == ["t.tsv row 3 n: 3o is no number", "t.tsv row 2 p: O.04 is no number"]


def test_a_value_where_there_is_none_is_found() -> None:
    assert found(as_read(TABLE.fillna({"bias": 0.3}))) == ["t.tsv row 4 bias: 0.3, not n/a"]


def test_other_columns_are_named() -> None:
    assert found(TABLE[["model", "n"]], TABLE[["model", "set", "n"]]) == [
        "t.tsv: columns are model, n, not model, set, n"
    ]


def test_many_differences_are_capped_and_counted() -> None:
    lines = [f"t.tsv row {number}" for number in range(30_005)]
    shown = capped("t.tsv", lines, 5)
    assert shown == [*lines[:5], "t.tsv: 30,000 differences more"]
    assert capped("t.tsv", lines[:5], 5) == lines[:5]
