"""Net benefit agrees with R on every case of the shared reference folder."""

import pytest
from radproof.evaluation.net_benefit import net_benefit, parse_thresholds, reference_strategies

from tests.reference.cases import assert_agrees, names, read_case


@pytest.mark.parametrize("name", names("dca"))
def test_net_benefit(name: str) -> None:
    table, params, expected = read_case("dca", name)
    thresholds = parse_thresholds("0.01:0.99:0.01")
    for model in params["models"]:
        ours = net_benefit(table["y"], table[model], thresholds)
        result = {
            "net_benefit": ours["net_benefit"].tolist(),
            "tp": ours["true_positives"].tolist(),
            "fp": ours["false_positives"].tolist(),
            "net_interventions_avoided": ours["interventions_avoided"].tolist(),
        }
        assert_agrees("dca", expected["models"][model], result, f"/models/{model}")
    both = {
        name: one["net_benefit"].tolist()
        for name, one in reference_strategies(table["y"], thresholds).items()
    }
    assert_agrees("dca", expected, {"threshold": thresholds.tolist(), **both})
