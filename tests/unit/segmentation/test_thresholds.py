"""The threshold: brute force agrees, ties are settled, no fold chooses its own."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from radproof.errors import BadInput
from radproof.segmentation.probabilities import level_of
from radproof.segmentation.scores import score_pair
from radproof.segmentation.thresholds import (
    CANDIDATES,
    choose,
    dice_of_candidates,
    read_dice,
    sweep,
    threshold_of,
)
from radproof.tables import read_table, write_table
from radproof.volumes import write_volume

from tests.unit.segmentation.phantoms import placed

SHAPE = (2, 3, 4)
LEVELS = [level_of(candidate / 100) for candidate in CANDIDATES]
# Values on and beside each level, where a mistake by one would show.
VALUES = sorted({value + step for value in LEVELS for step in (-1, 0, 1)} | {0, 65535})
FOLDS = {f"p{number}": str(number % 3) for number in range(7)}

volumes = arrays(np.uint16, SHAPE, elements=st.sampled_from(VALUES))
masks = arrays(bool, SHAPE)


def dice_table(rows: dict[str, list[float]]) -> pd.DataFrame:
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(CANDIDATES))


def random_dice(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return dice_table({name: list(rng.random(len(CANDIDATES))) for name in FOLDS})


@given(volumes, masks)
def test_dice_is_that_of_each_threshold_by_itself(values: np.ndarray, mask: np.ndarray) -> None:
    expected = [score_pair(mask, values >= level, (1, 1, 1))["dice"] for level in LEVELS]
    np.testing.assert_allclose(dice_of_candidates(values, mask), expected, rtol=1e-12)


def test_nothing_at_all_agrees_with_nothing() -> None:
    empty = np.zeros(SHAPE, np.uint16)
    np.testing.assert_array_equal(dice_of_candidates(empty, empty), 1.0)
    np.testing.assert_array_equal(dice_of_candidates(empty, empty + 1), 0.0)


@given(st.integers(0, 1000))
def test_each_fold_takes_the_best_of_the_others_patients(seed: int) -> None:
    dice = random_dice(seed)
    chosen = choose(sweep(dice, FOLDS), "out_of_fold")
    for fold in ("0", "1", "2", None):
        others = [name for name in FOLDS if fold is None or FOLDS[name] != fold]
        best = dice.loc[others].mean().idxmax() / 100
        assert threshold_of(chosen, fold) == best


def test_a_fold_does_not_choose_its_own_threshold() -> None:
    dice, other = random_dice(1), random_dice(2)
    mine = [name for name in FOLDS if FOLDS[name] == "1"]
    changed = dice.copy()
    changed.loc[mine] = 1 - other.loc[mine]
    before, after = (sweep(table, FOLDS).set_index("fold") for table in (dice, changed))
    pd.testing.assert_frame_equal(before.loc[["1"]], after.loc[["1"]])
    assert not before.loc[["0"]].equals(after.loc[["0"]])


def test_the_sweep_says_how_many_patients_it_is_of() -> None:
    table = sweep(random_dice(3), FOLDS)
    assert list(table.columns) == ["fold", "threshold", "n", "dice"]
    assert len(table) == 4 * 19
    counts = table.drop_duplicates("fold").set_index("fold")["n"]
    assert counts.loc[["0", "1", "2"]].tolist() == [4, 5, 5]
    assert table.loc[table["fold"].isna(), "n"].unique() == [7]
    assert table["threshold"].iloc[:19].tolist() == [round(0.05 * k, 2) for k in range(1, 20)]


@pytest.mark.parametrize(
    ("best", "expected"),
    [
        (range(5, 100, 5), 0.5),
        ([45, 55], 0.45),
        ([40, 55], 0.55),
        ([5, 95], 0.05),
        ([30, 35, 80], 0.35),
        ([90], 0.9),
    ],
)
def test_ties_go_to_the_middle_and_then_to_the_lower(best, expected: float) -> None:
    row = [0.7 if candidate in best else 0.2 for candidate in CANDIDATES]
    chosen = choose(sweep(dice_table(dict.fromkeys(FOLDS, row)), FOLDS), "out_of_fold")
    assert chosen["threshold"].unique() == [expected]


def test_a_number_of_the_plan_stands_in_every_row_and_the_sweep_is_made() -> None:
    table = sweep(random_dice(4), FOLDS)
    chosen = choose(table, 0.42)
    assert chosen["threshold"].tolist() == [0.42] * 4
    assert choose(table, "out_of_fold")["threshold"].nunique() > 1


def test_thresholds_are_read_as_they_were_written(tmp_path: Path) -> None:
    chosen = choose(sweep(random_dice(5), FOLDS), "out_of_fold")
    write_table(chosen, tmp_path / "threshold.tsv")
    read = read_table(tmp_path / "threshold.tsv")
    for fold in ("0", "1", "2", None):
        assert threshold_of(read, fold) == threshold_of(chosen, fold)


def test_files_are_read_and_another_grid_is_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    values, drawn = {}, {}
    for name in ("p0", "p1"):
        values[name], drawn[name] = tmp_path / f"{name}.nii.gz", tmp_path / f"{name}-mask.nii.gz"
        mask = rng.random(SHAPE) < 0.5
        probable = np.where(mask, 50000, 10000).astype(np.uint16)
        write_volume(placed(sitk.GetImageFromArray(probable)), values[name])
        write_volume(placed(sitk.GetImageFromArray(mask.astype(np.uint8))), drawn[name])
    dice = read_dice(values, drawn)
    assert list(dice.index) == ["p0", "p1"]
    assert (dice[50] == 1.0).all()
    assert (dice[5] < 1.0).all()
    for name in ("p0", "p1"):
        write_volume(sitk.GetImageFromArray(np.ones(SHAPE, np.uint8)), drawn[name])
    with pytest.raises(BadInput, match="mask lies on another grid than the prob") as caught:
        read_dice(values, drawn)
    assert [problem.patient for problem in caught.value.problems] == ["p0", "p1"]
