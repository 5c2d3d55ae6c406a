from typing import Any

import numpy as np
import pytest
from radproof.simulation.acquisition import REFERENCE, STILL, draw_grid
from radproof.simulation.anatomy import draw_anatomy
from radproof.simulation.cohort import draw_cohort
from radproof.simulation.raters import displaced_mask, rater_masks
from scipy import ndimage

Settings = dict[str, Any]


def dice(first: np.ndarray, second: np.ndarray) -> float:
    return float(2 * (first & second).sum() / (first.sum() + second.sum()))


@pytest.mark.parametrize(("wanted", "low", "high"), [(0.9, 0.86, 0.94), (0.8, 0.75, 0.86)])
def test_raters_agree_as_the_plan_says(
    settings: Settings, patients: list[str], wanted: float, low: float, high: float
) -> None:
    settings["rater_dice"] = wanted
    cohort = draw_cohort(settings, patients, 5)
    mutual, against_truth = [], []
    for index in range(0, 136, 6):
        anatomy = draw_anatomy(settings, cohort.iloc[index], 5, patients[index])
        masks = rater_masks(settings, anatomy, 5, patients[index])
        mutual.append(dice(masks["rater1"], masks["rater2"]))
        points = draw_grid(settings, 5, patients[index], REFERENCE).points(STILL)
        truth = anatomy.tumour_level_mm(*points) < 0
        against_truth.append(dice(masks["rater1"], truth))
        for mask in masks.values():
            assert mask.dtype == np.uint8
            assert mask.sum() > 30
            assert ndimage.label(mask)[1] == 1
    assert low < np.mean(mutual) < high
    assert np.mean(against_truth) > np.mean(mutual)


def test_a_mask_is_never_empty_nor_in_pieces() -> None:
    level = np.full((3, 12, 12), 5.0, dtype=np.float32)
    level[1, 2:5, 2:5] = -1
    level[1, 3, 3] = -2
    level[1, 8:10, 8:10] = -1
    away = displaced_mask(level, np.full_like(level, 50))
    assert away.sum() == 1
    assert away[1, 3, 3] == 1
    assert displaced_mask(level, np.zeros_like(level)).sum() == 9
