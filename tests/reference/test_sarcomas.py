"""The sarcoma plan on real scans: they pass the check, and preparing keeps the tumour."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from radproof.cohort.check import check_cohort
from radproof.cohort.screening import screen
from radproof.images.prepare import prepare_patient
from radproof.provenance import PROJECT
from radproof.study import Study, load_study
from radproof.tables import read_table

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "sts"
if not DATA.is_dir():
    pytest.skip("shared data folder not present", allow_module_level=True)


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study(PROJECT / "config" / "studies" / "sts.yaml", {"sts": str(DATA)})


def test_the_shifted_ct_of_one_patient_is_found_and_everyone_else_is_sound(study: Study) -> None:
    screened = screen(study, content=True)
    assert screened.excluded["patient"].tolist() == ["STS019"]
    said = screened.excluded.iloc[0]
    assert said["what"] == "control ct lies elsewhere than mask manual"
    assert said["found"] == "centre 7.4 mm away"
    tables = check_cohort(
        screened.sheet, {"sts": DATA}, screened.cohort_settings, screened.excluded, content=True
    )
    assert len(tables.patients) == 35
    assert tables.patients["outcome"].sum() == 14
    assert tables.patients["grade"].isna().sum() == 3
    assert tables.files["role"].value_counts().to_dict() == {
        "image": 105,
        "control": 70,
        "mask": 35,
    }
    assert tables.flow["n"].tolist() == [36, 1, 35]
    measured = tables.files[tables.files["role"] == "mask"].set_index("patient")["volume_ml"]
    stated = read_table(DATA / "participants.tsv").set_index("participant_id")["gtv_volume_mm3"]
    stated.index = stated.index.str.removeprefix("sub-")
    known = (stated.drop("STS019") / 1000).to_dict()
    assert measured.to_dict() == pytest.approx(known, rel=0.01)


@pytest.mark.parametrize("patient", ["STS001", "STS018"])
def test_a_patient_is_prepared_without_losing_the_tumour(study: Study, patient: str) -> None:
    plan = study.plan
    images = {name: Path(path) for name, path in study.raw_images(patient).items()}
    masks = {name: Path(path) for name, path in study.raw_masks(patient).items()}
    prepared = prepare_patient(
        patient, images, masks, plan["sequences"], {"manual": 1}, plan["images"], seed=1
    )
    mask = prepared.masks["manual"]
    assert mask.GetSpacing() == pytest.approx(plan["images"]["spacing_mm"])
    for image in prepared.images.values():
        assert image.GetSize() == mask.GetSize()
        assert np.isfinite(sitk.GetArrayViewFromImage(image)).all()
    raw = sitk.ReadImage(str(masks["manual"]))
    assert volume_ml(mask) == pytest.approx(volume_ml(raw), rel=0.03)
    uptake = sitk.GetArrayViewFromImage(prepared.images["pet"])
    inside = sitk.GetArrayViewFromImage(mask) == 1
    assert uptake[inside].mean() > uptake[~inside].mean()


def volume_ml(mask: sitk.Image) -> float:
    return float((sitk.GetArrayViewFromImage(mask) > 0).sum() * np.prod(mask.GetSpacing()) / 1000)
