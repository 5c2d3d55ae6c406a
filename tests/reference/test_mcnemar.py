"""McNemar's test agrees with R on every case of the shared reference folder."""

import pytest
from radproof.evaluation.mcnemar import mcnemar

from tests.reference.cases import assert_agrees, names, read_case


@pytest.mark.parametrize("name", names("mcnemar"))
def test_mcnemar(name: str) -> None:
    table, _, expected = read_case("mcnemar", name)
    ours = mcnemar(table["y"], table["pred_a"], table["pred_b"])
    counts = ("both_right", "a_right_b_wrong", "a_wrong_b_right", "both_wrong")
    result = {key: getattr(ours, key) for key in (*counts, "exact_p", "mid_p")} | {
        "chi2": {"statistic": ours.chi2, "p": ours.chi2_p},
        "chi2_corrected": {"statistic": ours.chi2_corrected, "p": ours.chi2_corrected_p},
        "sensitivity_diff": ours.sensitivity_difference,
        "specificity_diff": ours.specificity_difference,
    }
    assert_agrees("mcnemar", expected, result)
