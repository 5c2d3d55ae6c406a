"""What could not be measured is counted by set, mask and outcome, and by patient."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from radproof.errors import BadInput
from radproof.radiomics.batch import TABLES, extract_batch
from radproof.radiomics.outcomes import SUMMARY, UNMEASURED, summarise, unmeasured
from radproof.tables import read_table, write_table

COLUMNS = ["set", *TABLES["outcomes"]]


def rows(*entries: tuple[str, str, str, str, str, int]) -> pd.DataFrame:
    """Rows of extraction: set, patient, mask, sequence, outcome, how many features are missing."""
    table = pd.DataFrame(
        [(one, patient, mask, t, None, what, "", n) for one, patient, mask, t, what, n in entries],
        columns=COLUMNS,
    )
    return table.astype({"n_missing": int})


def test_outcomes_are_counted_by_patient_and_perturbed_masks_together() -> None:
    table = summarise(
        rows(
            ("train", "p1", "unet", "t1", "empty", 6),
            ("train", "p1", "unet", "t2", "empty", 4),
            ("train", "p2", "unet", "t1", "empty", 6),
            ("train", "p2", "unet", "t2", "undefined", 1),
            ("train", "p1", "perturbed1", "t1", "one slice", 0),
            ("train", "p1", "perturbed1", "t2", "one slice", 2),
            ("train", "p1", "perturbed2", "t1", "one slice", 1),
            ("test", "p3", "unet", "t1", "empty", 6),
        )
    )
    assert list(table) == SUMMARY
    assert table.values.tolist() == [
        ["train", "perturbed", "one slice", 1, 2],
        ["train", "unet", "empty", 2, 10],
        ["train", "unet", "undefined", 1, 1],
        ["test", "unet", "empty", 1, 6],
    ]


def test_a_mask_stands_once_with_all_that_is_missing() -> None:
    lost = unmeasured(
        rows(
            ("train", "p1", "unet", "t1", "empty", 6),
            ("train", "p1", "unet", "t2", "sequence missing", 4),
            ("train", "p2", "unet", "t1", "one slice", 0),
            ("train", "p2", "perturbed1", "t1", "empty", 6),
            ("test", "p3", "rater1", "t2", "undefined", 1),
        ),
        n_features=10,
    )
    assert list(lost) == UNMEASURED
    assert lost.values.tolist() == [
        ["train", "p1", "unet", 10, 10, "empty, sequence missing"],
        ["test", "p3", "rater1", 10, 1, "undefined"],
    ]


def test_tables_of_nothing_keep_their_columns(tmp_path: Path) -> None:
    write_table(rows().drop(columns="set"), tmp_path / "outcomes.tsv")
    outcomes = read_table(tmp_path / "outcomes.tsv").assign(set="train")
    for made, columns in ((summarise(outcomes), SUMMARY), (unmeasured(outcomes, 9), UNMEASURED)):
        assert made.empty and list(made) == columns


SETTINGS = {
    "region": {"kind": "whole"},
    "perturbations": None,
    "extractor": {
        "kind": "pyradiomics",
        "setting": {"binWidth": 5.0},
        "imageType": {"Original": {}},
        "featureClass": {"firstorder": ["Mean"], "glcm": ["Contrast"]},
    },
}


def written(
    folder: Path, name: str, array: np.ndarray, *, at: float = 0.0, kind: type = np.uint8
) -> str:
    volume = sitk.GetImageFromArray(array.astype(kind))
    volume.SetOrigin((at, 0.0, 0.0))
    sitk.WriteImage(volume, folder / f"{name}.nii.gz")
    return str(folder / f"{name}.nii.gz")


@pytest.fixture
def image(tmp_path: Path) -> str:
    values = np.random.default_rng(1).normal(100, 20, (8, 9, 10))
    return written(tmp_path, "image", values, kind=np.float32)


def box() -> np.ndarray:
    mask = np.zeros((8, 9, 10))
    mask[2:6, 2:6, 2:6] = 1
    return mask


def test_every_row_of_a_batch_names_patient_filter_and_outcome(tmp_path: Path, image: str) -> None:
    full, void = written(tmp_path, "full", box()), written(tmp_path, "void", 0 * box())
    files = {"p1": ({"t1": image}, {"unet": full}), "p2": ({"t1": image}, {"unet": void})}
    said: list[str] = []
    features, tables = extract_batch(files, SETTINGS, lambda _: 1, said.append)
    assert features["unet"].index.tolist() == ["p1", "p2"]
    assert features["unet"].isna().all(axis=1).tolist() == [False, True]
    assert {name: list(table) for name, table in tables.items()} == TABLES
    (row,) = tables["outcomes"].to_dict("records")
    assert (row["patient"], row["mask"], row["outcome"]) == ("p2", "unet", "empty")
    assert row["n_missing"] == features["unet"].shape[1]
    assert tables["grey_levels"]["patient"].unique().tolist() == ["p1"]
    assert said == ["1/2 p1 measured", "2/2 p2 measured"]


def test_a_mask_on_another_grid_is_named_with_its_file(tmp_path: Path, image: str) -> None:
    shifted = written(tmp_path, "shifted", box(), at=3.0)
    with pytest.raises(BadInput, match="unet lies on another grid") as raised:
        extract_batch({"p1": ({"t1": image}, {"unet": shifted})}, SETTINGS, lambda _: 1, print)
    (problem,) = raised.value.problems
    assert (problem.patient, problem.file) == ("p1", shifted)
