"""What a model asks of a patient: no more than it reads, and named where it is lacking."""

import pytest
from radproof.errors import BadInput
from radproof.new_patient.needs import chain_of, needs_of

from tests.unit.new_patient.finished import PLAN, fitted


def test_a_clinical_model_needs_no_image():
    needs = needs_of(PLAN, fitted("clinical"))
    assert needs.clinical == ["age", "stage"]
    assert not needs.sequences and not needs.segmenters and not needs.raters and not needs.center


def test_a_drawn_mask_needs_the_reference_and_the_sequences_of_its_features():
    needs = needs_of(PLAN, fitted("drawn"))
    assert needs.sequences == {"T1w": ["the grid of analysis"], "T2w": ["features of drawn"]}
    assert needs.raters == ["rater1"] and not needs.segmenters and not needs.clinical


def test_a_network_needs_every_sequence():
    needs = needs_of(PLAN, fitted("automated"))
    assert list(needs.sequences) == ["T1w", "T2w", "DWI"]
    assert needs.sequences["DWI"] == ["the outline by unet"]
    assert needs.segmenters == ["unet"] and not needs.raters


def test_scores_bring_their_own_needs():
    chain = chain_of(PLAN, "nomogram")
    assert chain == ["drawn", "nomogram"]
    needs = needs_of(PLAN, fitted(*chain))
    assert needs.raters == ["rater1"] and needs.clinical == ["age", "stage"]


def test_harmonised_features_need_center_and_covariates():
    models = fitted("drawn")
    models["drawn"]["harmonisation"] = {"clinical": [{"name": "sex"}]}
    needs = needs_of(PLAN, models)
    assert needs.center and needs.clinical == ["sex"]


def test_what_cannot_be_is_said():
    with pytest.raises(BadInput, match=r"no such model.*nomogramm, expected nomogram"):
        chain_of(PLAN, "nomogramm")
    with pytest.raises(BadInput, match="elsewhere reads features that were measured elsewhere"):
        needs_of(PLAN, fitted("elsewhere"))
