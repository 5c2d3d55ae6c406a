"""Minimum sample sizes: the published example, the C-index and bad input."""

import numpy as np
import pytest
from radproof.errors import BadInput
from radproof.models.likelihood import fit_logistic
from radproof.models.sample_size import (
    cox_snell_r2,
    minimum_sample_size,
    sample_size_from_r2,
    usual_sample_size,
)


def test_published_example() -> None:
    """pmsampsize(type = "b", csrsquared = 0.288, parameters = 24, prevalence = 0.174)."""
    found = sample_size_from_r2(0.174, 24, 0.288)
    assert found["n_shrinkage"] == 623
    assert found["n_optimism"] == 662
    assert found["n_intercept"] == 221
    assert found["n"] == 662
    assert found["events_per_parameter"] == pytest.approx(4.8, abs=0.005)


def test_r2_of_a_c_index_is_that_of_the_simulation_it_replaces() -> None:
    rng = np.random.default_rng(1)
    outcome = (rng.random(200_000) < 0.3).astype(float)
    score = rng.normal(size=outcome.size) + outcome * np.sqrt(2) * 0.8416212335729143
    design = np.column_stack([np.ones(outcome.size), score])
    fitted = fit_logistic(design, outcome, penalised=False).log_likelihood
    mean = outcome.mean()
    null = outcome.size * (mean * np.log(mean) + (1 - mean) * np.log1p(-mean))
    simulated = 1 - np.exp(-2 * (fitted - null) / outcome.size)
    assert cox_snell_r2(0.3, 0.8) == pytest.approx(simulated, abs=0.004)


def test_more_parameters_need_more_patients_and_better_models_fewer() -> None:
    base = minimum_sample_size(0.45, 20, 0.8)["n"]
    assert minimum_sample_size(0.45, 40, 0.8)["n"] > base
    assert minimum_sample_size(0.45, 20, 0.7)["n"] > base
    assert minimum_sample_size(0.45, 1, 0.99)["n"] == 381


@pytest.mark.parametrize("wrong", [(0.0, 5, 0.8), (0.4, 0, 0.8), (0.4, 5, 0.5), (0.4, 5, 1.0)])
def test_values_out_of_range_are_refused(wrong: tuple[float, int, float]) -> None:
    with pytest.raises(BadInput, match="out of range"):
        minimum_sample_size(*wrong)


@pytest.mark.parametrize(
    ("prevalence", "largest"), [(0.5, 0.75), (0.3, 0.71), (0.2, 0.63), (0.1, 0.48), (0.05, 0.33)]
)
def test_where_nothing_is_known_15_percent_of_the_largest_r2_is_expected(
    prevalence: float, largest: float
) -> None:
    """The largest values are those of Riley et al. 2020, BMJ 368:m441."""
    found = usual_sample_size(prevalence, 20)
    assert found is not None
    assert found["r2_max"] == pytest.approx(largest, abs=0.005)
    assert found == sample_size_from_r2(prevalence, 20, 0.15 * found["r2_max"])
    more = usual_sample_size(prevalence, 200)
    assert more is not None and more["n"] > found["n"]
    assert usual_sample_size(prevalence, 0) is None
