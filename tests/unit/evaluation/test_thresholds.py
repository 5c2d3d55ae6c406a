"""The table of thresholds agrees with counting by hand and with the other tables."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from radproof.evaluation.classification import confusion, rates
from radproof.evaluation.net_benefit import net_benefit
from radproof.evaluation.thresholds import THRESHOLDS, threshold_table

patients = st.lists(
    st.tuples(st.booleans(), st.integers(0, 100).map(lambda number: number / 100)),
    min_size=1,
    max_size=30,
)


@given(patients)
def test_every_row_is_what_the_confusion_table_says(drawn: list[tuple[bool, float]]) -> None:
    outcome, probability = (np.array(column) for column in zip(*drawn, strict=True))
    table = threshold_table(outcome, probability).set_index("threshold")
    assert table.index.tolist() == [number / 100 for number in range(5, 96)]
    for threshold in (0.05, 0.29, 0.58, 0.95):
        row = table.loc[threshold]
        wanted = rates(confusion(outcome, probability, threshold)).set_index("metric")["value"]
        names = ["sensitivity", "specificity", "ppv", "npv"]
        np.testing.assert_array_equal(row[names].astype(float), wanted[names])
        assert row["flagged"] == (probability >= threshold).sum()
        assert row["flagged_share"] == row["flagged"] / row["n"]
    benefit = net_benefit(outcome, probability, THRESHOLDS)["net_benefit"]
    np.testing.assert_array_equal(table["net_benefit"], benefit)
    lacking = table.drop(columns="note").isna().any(axis=1)
    assert (table.loc[lacking, "note"] != "").all()
    assert (table.loc[~lacking, "note"] == "").all()


def test_a_patient_at_the_threshold_is_flagged() -> None:
    table = threshold_table([1, 0], [0.57, 0.29]).set_index("threshold")
    assert table.loc[0.57, "sensitivity"] == 1
    assert table.loc[0.58, "note"] == "nobody flagged"
    assert table.loc[0.29, "note"] == "everybody flagged"
    assert table.loc[0.30, "specificity"] == 1
