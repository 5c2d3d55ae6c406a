"""``radproof extract``: PyRadiomics' values of one patient, and what is said of masks it cannot."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
import yaml
from radproof.cli import app
from radproof.provenance import PROJECT
from radproof.radiomics.parameter_file import read_parameters
from radproof.tables import read_table
from typer.testing import CliRunner, Result

EDGECASES = Path(__file__).resolve().parents[4] / "shared" / "data" / "edgecases"
SETTINGS: dict[str, Any] = {
    "setting": {"binWidth": 10},
    "featureClass": {"shape": ["Flatness", "MeshVolume"], "firstorder": [], "glcm": ["Contrast"]},
}
Files = dict[str, Path]


def image_of(seed: int = 0) -> sitk.Image:
    values = np.random.default_rng(seed).normal(300, 90, size=(8, 18, 17))
    image = sitk.SmoothingRecursiveGaussian(sitk.GetImageFromArray(values.astype(np.float32)), 1.0)
    image.SetSpacing((1.0, 1.5, 3.0))
    image.SetOrigin((-4.0, 7.0, 30.0))
    return image * 4


def labels_of(image: sitk.Image, **boxes: int) -> sitk.Image:
    """Return a mask with a box of 5 voxels from each ``label<value>`` on."""
    array = np.zeros(image.GetSize()[::-1], dtype=np.uint8)
    for name, start in boxes.items():
        value = int(name.removeprefix("label"))
        array[2:6, 3:14, start : start + 5] = value
    mask = sitk.GetImageFromArray(array)
    mask.CopyInformation(image)
    return mask


@pytest.fixture
def files(tmp_path: Path) -> Files:
    image = image_of()
    shifted = labels_of(image, label1=4)
    shifted.SetOrigin((-4.0, 8.5, 30.0))
    away = labels_of(image, label1=4)
    away.SetOrigin((500.0, 7.0, 30.0))
    volumes = {
        "t1": image,
        "t2": image_of(1),
        "good": labels_of(image, label1=3),
        "empty": labels_of(image),
        "two": labels_of(image, label1=3, label2=10),
        "other": labels_of(image, label2=3),
        "shifted": shifted,
        "away": away,
        "small": labels_of(image[:12, :, :], label1=4),
    }
    paths = {name: tmp_path / f"{name}.nii.gz" for name in volumes}
    for name, volume in volumes.items():
        sitk.WriteImage(volume, str(paths[name]))
    paths["settings"] = write_settings(tmp_path / "settings.yaml", SETTINGS)
    paths["table"] = tmp_path / "out" / "table.tsv"
    return paths


def write_settings(path: Path, settings: Any) -> Path:
    path.write_text(yaml.safe_dump(settings, sort_keys=False))
    return path


def run(
    files: Files, masks: list[str], *more: str, images: tuple[str, ...] = ("t1",), table: str = ""
) -> Result:
    arguments = [f"--image={name}={files[name]}" for name in images]
    arguments += [f"--mask={name}={files[name]}" for name in masks]
    arguments += [f"--settings={files['settings']}", "-o", table or str(files["table"]), *more]
    return CliRunner().invoke(app, ["extract", *arguments])


def of_pyradiomics(image: Path, mask: Path, settings: Path) -> dict[str, float]:
    command = Path(sys.executable).with_name("pyradiomics")
    arguments = [command, image, mask, "--param", settings, "--format", "json"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    (case,) = json.loads(done.stdout)
    return {
        name: float(value)
        for name, value in case.items()
        if not name.startswith(("diagnostics_", "Image", "Mask"))
    }


def assert_same(row: pd.Series, theirs: dict[str, float], sequence: str) -> None:
    own = {name: value for name, value in row.items() if str(name).startswith(f"{sequence}__")}
    assert own.keys() == {f"{sequence}__{name}" for name in theirs}
    for name, value in theirs.items():
        assert own[f"{sequence}__{name}"] == pytest.approx(value, rel=1e-9), name


EVERYTHING = {
    "setting": {"binWidth": 10, "label": 2, "weightingNorm": None},
    "imageType": {"Original": {}, "LoG": {"sigma": [2, 3.5]}, "Wavelet": {"binWidth": 4}},
}


@pytest.mark.parametrize("settings", [EVERYTHING, SETTINGS, {}], ids=["much", "some", "none"])
def test_values_and_names_are_those_of_the_command_of_pyradiomics(
    files: Files, settings: dict[str, Any]
) -> None:
    write_settings(files["settings"], settings)
    result = run(files, ["two"])
    assert result.exit_code == 0, result.output
    row = read_table(files["table"]).set_index("mask").loc["two"]
    assert_same(row, of_pyradiomics(files["t1"], files["two"], files["settings"]), "t1")


@pytest.mark.skipif(not EDGECASES.is_dir(), reason="shared data folder not present")
def test_values_are_those_of_pyradiomics_on_a_real_case(files: Files) -> None:
    for name, file in (("t1", "prostate_img"), ("good", "prostate_seg_one_label")):
        volume = sitk.ReadImage(str(EDGECASES / f"{file}.nii.gz"))
        sitk.WriteImage(volume[30:75, 20:60, 2:12], str(files[name]))
    imagetypes = {"imageType": {"Original": {}, "LoG": {"sigma": [3.0]}}}
    write_settings(files["settings"], imagetypes)
    assert run(files, ["good"]).exit_code == 0
    row = read_table(files["table"]).set_index("mask").loc["good"]
    assert_same(row, of_pyradiomics(files["t1"], files["good"], files["settings"]), "t1")


def test_shape_is_that_of_the_first_image_and_masks_are_rows(files: Files) -> None:
    result = run(files, ["good", "two"], "--json", images=("t2", "t1"))
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    table = read_table(files["table"])
    assert list(table.columns[:3]) == [
        *("mask", "t2__original_shape_Flatness", "t2__original_shape_MeshVolume"),
    ]
    assert list(table["mask"]) == ["good", "two"]
    assert table.shape[1] == 1 + 2 + 2 * 19
    assert said["masks"]["good"] == {"features": 40, "missing": 0}
    assert {row["sequence"] for row in said["grey_levels"]} == {"t1", "t2"}
    parquet = files["table"].with_suffix(".parquet")
    assert run(files, ["good", "two"], images=("t2", "t1"), table=str(parquet)).exit_code == 0
    pd.testing.assert_frame_equal(pd.read_parquet(parquet), table, check_dtype=False)


def outcome_of(result: Result, mask: str) -> tuple[str, str]:
    rows = [row for row in json.loads(result.stdout)["outcomes"] if row["mask"] == mask]
    return rows[0]["outcome"], rows[0]["reason"]


@pytest.mark.parametrize(
    ("mask", "outcome", "reason"),
    [
        ("empty", "empty", "no voxel"),
        ("other", "no such label", "no voxel has the label 1, but 2"),
        ("shifted", "another grid", "origin by 1.5 mm"),
        ("small", "another grid", "size (12, 18, 8) against (17, 18, 8)"),
        ("away", "outside the image", "origin by 504 mm"),
    ],
)
def test_a_mask_that_cannot_be_measured_leaves_the_others_alone(
    files: Files, mask: str, outcome: str, reason: str
) -> None:
    result = run(files, [mask, "good"], "--json")
    assert result.exit_code == 0, result.output
    found, why = outcome_of(result, mask)
    assert found == outcome
    assert reason in why
    assert f"radproof: mask {mask}: {outcome}: " in result.stderr
    table = read_table(files["table"]).set_index("mask")
    assert table.loc[mask].isna().all()
    assert table.loc["good"].notna().all()


def test_without_one_mask_that_can_be_measured_it_fails(files: Files) -> None:
    result = run(files, ["empty", "away"])
    assert result.exit_code == 2
    assert "mask empty: empty" in result.stderr
    assert "no mask could be measured (found empty, away)" in result.stderr


def test_labels_that_are_left_out_are_named(files: Files) -> None:
    result = run(files, ["two"], "--json")
    assert outcome_of(result, "two") == (
        "several labels",
        "voxels of 1 are measured, those of 2 left out",
    )


def test_a_mask_is_moved_to_the_grid_of_the_image_on_request(files: Files) -> None:
    write_settings(files["settings"], {**SETTINGS, "setting": {"correctMask": True}})
    result = run(files, ["shifted", "away"])
    assert result.exit_code == 0
    table = read_table(files["table"]).set_index("mask")
    assert table.loc["shifted"].notna().all()
    assert table.loc["away"].isna().all()
    row = table.loc["shifted"]
    assert_same(row, of_pyradiomics(files["t1"], files["shifted"], files["settings"]), "t1")


def test_a_difference_of_grids_within_the_tolerance_is_none(files: Files) -> None:
    assert run(files, ["shifted"]).exit_code == 2
    write_settings(files["settings"], {**SETTINGS, "setting": {"geometryTolerance": 2.0}})
    assert run(files, ["shifted"]).exit_code == 0


def test_few_grey_levels_are_a_note_with_a_better_width(files: Files) -> None:
    write_settings(files["settings"], {**SETTINGS, "setting": {"binWidth": 400}})
    result = run(files, ["good"], "--json")
    assert result.exit_code == 0
    width = json.loads(result.stdout)["grey_levels"][0]["bin_width_for_64"]
    assert f"a binWidth of {width:.3g} would give about 64" in result.stderr


@pytest.mark.skipif(not EDGECASES.is_dir(), reason="shared data folder not present")
def test_every_edge_case_has_its_outcome(files: Files) -> None:
    names = ["empty", "single_slice", "two_labels", "one_label", "dilated_10mm"]
    paths = {name: EDGECASES / f"prostate_seg_{name}.nii.gz" for name in names}
    paths["multilabel"] = EDGECASES / "prostate_seg_multilabel.nrrd"
    for label in (1, 2):
        few = {"firstorder": ["Mean"], "shape": ["VoxelVolume"]}
        settings = {"setting": {"label": label}, "featureClass": few}
        write_settings(files["settings"], settings)
        there = files | paths | {"t1": EDGECASES / "prostate_img.nii.gz"}
        result = run(there, list(paths), "--json")
        assert result.exit_code == 0, result.output
        table = read_table(files["table"]).set_index("mask")
        measured = set(table.index[table.notna().all(axis=1)])
        assert outcome_of(result, "empty")[0] == "empty"
        assert outcome_of(result, "two_labels")[0] == "several labels"
        assert outcome_of(result, "multilabel")[0] == "several labels"
        if label == 1:
            assert measured == set(paths) - {"empty"}
            volumes = table["t1__original_shape_VoxelVolume"]
            assert volumes["dilated_10mm"] > volumes["one_label"] > volumes["single_slice"]
        else:
            assert measured == {"two_labels", "multilabel"}
            assert outcome_of(result, "one_label")[0] == "no such label"


def refusal(result: Result) -> str:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    return result.stderr


def test_files_and_names_that_cannot_be_used(files: Files) -> None:
    missing = files | {"absent": files["table"]}
    assert "no such file" in refusal(run(missing, ["absent"]))
    assert "no such file" in refusal(run(missing, ["good"], images=("absent",)))
    assert "one name twice (found good)" in refusal(run(files, ["good", "good"]))
    assert "one name twice (found t1)" in refusal(run(files, ["good"], images=("t1", "t1")))
    assert "not given as NAME=FILE" in refusal(run(files, ["good"], "--mask", "x.nii.gz"))
    assert ".tsv or .parquet" in refusal(run(files, ["good"], table="table.xlsx"))
    other = files | {"t2": files["small"]}
    assert "t2 lies on another grid than t1" in refusal(run(other, ["good"], images=("t1", "t2")))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"setting": {"binWith": 5}}, "unknown setting at setting (found binWith"),
        ({"setting": {"label": 0}}, "setting setting.label is wrong (found 0"),
        ({"imageType": {"Sobel": {}}}, "unknown setting at imageType (found Sobel"),
        ({"featureClass": {"glcm": ["Contrst"]}}, "found Contrst, expected Contrast"),
        ({"featureClass": {"gclm": []}}, "found gclm, expected "),
        ({"voxelSetting": {"kernelRadius": 1}}, "features of every voxel"),
        ({"settings": {}}, "unknown setting at the top level (found settings"),
        (["Original"], "no mapping"),
        ({"setting": ["binWidth"]}, "setting is no mapping"),
    ],
)
def test_settings_that_pyradiomics_does_not_have(files: Files, settings: Any, said: str) -> None:
    write_settings(files["settings"], settings)
    message = refusal(run(files, ["good"]))
    assert said in message
    assert str(files["settings"]) in message


def test_what_a_parameter_file_leaves_out_is_as_in_pyradiomics(tmp_path: Path) -> None:
    path = write_settings(tmp_path / "p.yaml", {"featureClass": {"glcm": None}})
    settings = read_parameters(path).settings
    assert settings["setting"] == {"binWidth": 25.0}
    assert settings["imageType"] == {"Original": {}}
    assert settings["featureClass"] == {"glcm": []}
    (tmp_path / "p.json").write_text('{\n\t"setting": {"binCount": 8, "label": 3}\n}')
    parameters = read_parameters(tmp_path / "p.json")
    assert parameters.settings["setting"] == {"binCount": 8}
    assert parameters.label == 3
    assert "shape" in parameters.settings["featureClass"]
    assert "shape2D" not in parameters.settings["featureClass"]


def python(code: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(PROJECT / "workflow" / "scripts")}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True)


def test_help_loads_no_heavy_library() -> None:
    code = (
        "import sys; from radproof.cli import app\n"
        "try: app(['extract', '--help'])\n"
        "except SystemExit: print([m for m in ('tensorflow', 'radiomics', 'pandas')"
        " if m in sys.modules])"
    )
    done = python(code)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "Example: radproof extract" in " ".join(done.stdout.split())


def test_measuring_does_without_tensorflow(files: Files) -> None:
    code = (
        "import sys; from radproof.radiomics.one_patient import measure_files as f\n"
        f"f({{'t1': {str(files['t1'])!r}}}, {{'g': {str(files['good'])!r}}},"
        f" {str(files['settings'])!r}); print('tensorflow' in sys.modules)"
    )
    done = python(code)
    assert done.stdout.strip() == "False"
