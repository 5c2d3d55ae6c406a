"""NRI and IDI agree with R's Hmisc on every case of the shared reference folder."""

import pytest
from radproof.evaluation.reclassification import (
    Reclassification,
    category_nri,
    continuous_nri,
    integrated_discrimination,
)

from tests.reference.cases import assert_agrees, names, read_case


def as_in_r(ours: Reclassification) -> dict[str, float]:
    result = {"lo": ours.total.ci_low, "hi": ours.total.ci_high}
    parts = {"": ours.total, "_events": ours.events, "_nonevents": ours.nonevents}
    for suffix, part in parts.items():
        result[f"nri{suffix}"] = part.estimate
        result |= {f"{name}{suffix}": getattr(part, name) for name in ("se", "z", "p")}
    for name in ("up_events", "down_events", "up_nonevents", "down_nonevents"):
        result[f"p_{name}"] = getattr(ours, name)
    return result


@pytest.mark.parametrize("name", names("nri_idi"))
def test_continuous_nri(name: str) -> None:
    table, _, expected = read_case("nri_idi", name)
    ours = continuous_nri(table["y"], table["p_old"], table["p_new"])
    assert_agrees("nri_idi", expected["continuous_nri"], as_in_r(ours), "/continuous_nri")


@pytest.mark.parametrize("name", names("nri_idi"))
def test_category_nri(name: str) -> None:
    table, _, expected = read_case("nri_idi", name)
    for index, wanted in enumerate(expected["categorical"]):
        ours = category_nri(table["y"], table["p_old"], table["p_new"], wanted["cutoffs"])
        result = as_in_r(ours) | {
            "se_pencina2008": ours.null_se,
            "z_pencina2008": ours.null_z,
            "p_pencina2008": ours.null_p,
        }
        assert_agrees("nri_idi", wanted, result, f"/categorical[{index}]")


@pytest.mark.parametrize("name", names("nri_idi"))
def test_integrated_discrimination(name: str) -> None:
    table, _, expected = read_case("nri_idi", name)
    ours = integrated_discrimination(table["y"], table["p_old"], table["p_new"])
    result = {
        "idi": ours.total.estimate,
        "se": ours.total.se,
        "z": ours.total.z,
        "p": ours.total.p,
        "lo": ours.total.ci_low,
        "hi": ours.total.ci_high,
        "is_events": ours.events,
        "is_nonevents": ours.nonevents,
    }
    assert_agrees("nri_idi", expected["idi"], result, "/idi")
