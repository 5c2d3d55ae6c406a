"""``radproof extract`` and files and settings that are not what they seem: said, never measured."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from radproof.errors import BadInput
from radproof.radiomics.parameter_file import read_parameters
from radproof.tables import read_table

from tests.unit.radiomics.test_extract_command import SETTINGS, Files, files, run, write_settings

__all__ = ["files"]


@pytest.mark.parametrize("which", ["t1", "good"])
def test_a_file_that_ends_too_early_is_refused(files: Files, which: str) -> None:
    whole = gzip.decompress(files[which].read_bytes())
    files[which].write_bytes(gzip.compress(whole[: len(whole) * 6 // 10]))
    result = run(files, ["good"])
    assert result.exit_code == 2
    assert "image cannot be read to its end" in result.stderr
    assert str(files[which]) in result.stderr
    assert not files["table"].exists()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_voxel_that_is_no_number_is_said_and_not_taken_for_0(files: Files, value: float) -> None:
    image = sitk.ReadImage(str(files["t1"]))
    array = sitk.GetArrayFromImage(image)
    array[3, 5, 5] = value
    broken = sitk.GetImageFromArray(array)
    broken.CopyInformation(image)
    sitk.WriteImage(broken, str(files["t1"]))
    result = run(files, ["good", "two"])
    assert "no finite intensity in 1 of" in result.stderr
    table = read_table(files["table"]).set_index("mask")
    assert table.filter(like="firstorder").isna().all(axis=None)
    assert table.filter(like="shape").notna().all(axis=None)


def test_shape_is_measured_although_the_first_image_is_0(files: Files) -> None:
    image = sitk.ReadImage(str(files["t1"])) * 0
    sitk.WriteImage(image, str(files["t1"]))
    result = run(files, ["good"], images=("t1", "t2"))
    assert result.exit_code == 0
    row = read_table(files["table"]).set_index("mask").loc["good"]
    assert row.filter(like="shape").notna().all()
    assert row.filter(like="t1__original_firstorder").isna().all()
    assert row.filter(like="t2__original_firstorder").notna().all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"imageType": {"Original": {}, "LoG": {}}}, "no width of the Gaussian at imageType.LoG"),
        ({"setting": {"binWidth": 5, "binCount": 9}}, "grey levels of Original at setting"),
        ({"setting": 5}, "setting is no mapping"),
        ({"setting": {"binWidth": float("nan")}}, "expected a number"),
        ({"imageType": {"LoG": {"sigma": [2, 2]}}}, "imageType.LoG.sigma is wrong"),
        ({"imageType": {"LBP3D": {"lbp3DLevels": 1}}}, "at least 2"),
        ({"featureClass": {"shape2D": []}}, "shape in two dimensions"),
    ],
    ids=str,
)
def test_settings_that_cannot_be_meant_are_refused(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    path = write_settings(tmp_path / "settings.yaml", {**SETTINGS, **change})
    with pytest.raises(BadInput, match=said):
        read_parameters(path)


def test_a_bin_width_that_would_fill_the_memory_is_refused(files: Files) -> None:
    write_settings(files["settings"], {**SETTINGS, "setting": {"binWidth": 1e-9}})
    result = run(files, ["good"])
    assert result.exit_code == 2
    assert "bin width is too small for the image" in result.stderr


def test_a_table_that_cannot_be_written_is_refused_before_measuring(files: Files) -> None:
    result = run(files, ["good"], table=str(files["t1"] / "table.tsv"))
    assert result.exit_code == 2
    assert "table cannot be written" in result.stderr
