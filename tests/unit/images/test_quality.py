"""The quality table flags what a person should look at, and drops nobody."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from radproof.figures.montage import draw
from radproof.images.prepare import prepare_patient
from radproof.images.quality import COLUMNS, distinct_values, flags_of, saturated_share
from radproof.images.strips import read_strips, strip_of, write_strips
from radproof.radiomics.extractors.pyradiomics import extract

from tests.unit.images.phantoms import corner_mask, head
from tests.unit.images.test_prepare import RIGID, SETTINGS, motion, sequences, write_patient


def test_values_beyond_a_limit_are_named_with_it() -> None:
    values = {"translation_mm": 16.0, "body_overlap": 0.5, "rotation_deg": 3.0, "saturated": None}
    limits = {
        "translation_mm": {"maximum": 15},
        "body_overlap": {"minimum": 0.8},
        "rotation_deg": {"minimum": 0, "maximum": 10},
        "saturated": {"maximum": 0.01},
    }
    said = "translation_mm 16 is above 15; body_overlap 0.5 is below 0.8"
    assert flags_of(values, limits) == said
    assert flags_of(values, {}) is None


def test_brightness_that_was_cut_off_is_counted() -> None:
    image = head()
    body = corner_mask(image)
    cut = sitk.Clamp(image, sitk.sitkFloat32, 0.0, 90.0)
    inside = sitk.GetArrayFromImage(body) > 0
    expected = (sitk.GetArrayFromImage(image)[inside] >= 90).mean()
    assert saturated_share(cut, body) == pytest.approx(expected)
    assert saturated_share(image, body) <= 1 / inside.sum()


def test_grey_levels_are_those_inside_the_mask() -> None:
    image = head()
    mask = corner_mask(image)
    coarse = sitk.Cast(sitk.Round(image / 50), sitk.sitkInt16)
    inside = sitk.GetArrayFromImage(coarse)[sitk.GetArrayFromImage(mask) > 0]
    assert distinct_values(coarse, mask) == len(set(inside.tolist()))


def test_a_flagged_patient_is_prepared_all_the_same(tmp_path: Path) -> None:
    images, masks = write_patient(tmp_path, motion(3.0, (4.0, 0.0, 0.0)))
    entries = sequences(RIGID)
    entries[1]["flags"] = {"translation_mm": {"maximum": 1}, "grey_levels": {"minimum": 10**6}}
    found = prepare_patient("P", images, masks, entries, {"rater1": 1}, SETTINGS, 1)
    rows = found.qc.set_index("sequence")
    assert list(rows.columns) == ["patient", *COLUMNS]
    assert pd.isna(rows.loc["t1", "flags"])
    assert "translation_mm" in rows.loc["t2", "flags"]
    assert "grey_levels" in rows.loc["t2", "flags"]
    assert set(found.images) == {"t1", "t2"}


def test_a_mask_beyond_a_sequence_is_told_from_one_beyond_the_grid(tmp_path: Path) -> None:
    images, masks = write_patient(tmp_path, motion(0.0, (0.0, 0.0, 0.0)))
    whole = sitk.ReadImage(str(images["t2"]))
    sitk.WriteImage(whole[:, :, :6], str(images["t2"]))
    found = prepare_patient(
        "P", images, masks, sequences({"kind": "none"}), {"rater1": 1}, SETTINGS, 1
    )
    rows = found.qc.set_index("sequence")
    assert rows.loc["t1", "mask_unseen"] == 0
    assert rows.loc["t2", "mask_unseen"] > 0.2
    assert rows.loc["t2", "mask_outside"] == 0


def test_a_missing_sequence_is_zero_for_a_network_and_missing_for_radiomics(
    tmp_path: Path,
) -> None:
    images, masks = write_patient(tmp_path, motion(0.0, (0.0, 0.0, 0.0)))
    del images["t2"]
    found = prepare_patient("P", images, masks, sequences(RIGID), {"rater1": 1}, SETTINGS, 1)
    blank = found.images["t2"]
    assert blank.GetPixelID() == sitk.sitkFloat32
    assert not sitk.GetArrayViewFromImage(blank).any()
    assert found.qc.set_index("sequence").loc["t2", "flags"] == "sequence is missing"
    settings = {
        "setting": {"binWidth": 0.5},
        "imageType": {"Original": {}},
        "featureClass": {"firstorder": ["Mean"]},
    }
    extraction = extract(found.images, found.masks, settings)
    assert list(extraction.features.columns) == [
        f"{sequence}__original_firstorder_Mean" for sequence in ("t1", "t2")
    ]
    assert extraction.features.isna().all().tolist() == [False, True]
    outcomes = [row for row in extraction.outcomes if row["sequence"] == "t2"]
    assert [row["outcome"] for row in outcomes] == ["sequence missing"]


def test_a_patient_whom_nobody_outlined_is_prepared_all_the_same(tmp_path: Path) -> None:
    images, masks = write_patient(tmp_path, motion(3.0, (4.0, 0.0, 0.0)))
    entries = sequences(RIGID)
    outlined = prepare_patient("P", images, masks, entries, {"rater1": 1}, SETTINGS, 1)
    found = prepare_patient("P", images, {}, entries, {}, SETTINGS, 1)
    for name, image in found.images.items():
        same = map(sitk.GetArrayViewFromImage, (image, outlined.images[name]))
        assert np.array_equal(*same)
    assert found.qc[["mask_unseen", "grey_levels"]].isna().all(axis=None)


def test_a_montage_shows_each_sequence_before_and_after(tmp_path: Path) -> None:
    images, masks = write_patient(tmp_path, motion(3.0, (4.0, 0.0, 0.0)))
    found = prepare_patient("P", images, masks, sequences(RIGID), {"rater1": 1}, SETTINGS, 1)
    strip = strip_of("P", found.images, found.unmoved, found.masks)
    assert list(strip["tiles"]) == ["t1", "t2 before", "t2 after"]
    before, after = strip["tiles"]["t2 before"], strip["tiles"]["t2 after"]
    assert np.abs(np.corrcoef(before.ravel(), after.ravel())[0, 1]) < 0.99
    paths = [tmp_path / "one.npz", tmp_path / "two.npz"]
    for path in paths:
        write_strips([strip, strip], path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    strips = read_strips(paths[0])
    assert strips[1]["patient"] == "P" and strips[1]["slice"] == strip["slice"]
    assert np.array_equal(strips[1]["tiles"]["t2 before"], before)
    figure, plotted = draw(strips, simulated=True)
    texts = [text.get_text() for text in figure.texts]
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert "Simulated cohort" in texts
    assert titles[:3] == ["t1", "t2 before", "t2 after"]
    assert (plotted["area_mm2"] > 0).all()
