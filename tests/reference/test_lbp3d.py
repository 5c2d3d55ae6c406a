"""Local binary patterns in three dimensions are those of PyRadiomics with an older SciPy."""

import json

import pytest
import SimpleITK as sitk
from radproof.radiomics.extractors.pyradiomics import extract
from scipy import special

from tests.reference import make_lbp3d

REFERENCE = json.loads(make_lbp3d.FILE.read_text())


def test_the_image_is_that_of_the_reference() -> None:
    assert make_lbp3d.checksum() == REFERENCE["sha256"]
    assert REFERENCE["versions"]["scipy"] == "1.11.4"
    first, second = (sitk.GetArrayFromImage(mask) for mask in make_lbp3d.masks().values())
    assert (first & second).any()
    assert (first != second).any()


@pytest.mark.parametrize("case", make_lbp3d.CASES)
def test_values_are_those_of_the_reference(case: str) -> None:
    wanted = REFERENCE["values"][case]
    settings = make_lbp3d.parameters(case)
    found = extract({"x": make_lbp3d.image()}, make_lbp3d.masks(), settings)
    assert not found.outcomes
    assert not hasattr(special, "sph_harm")
    for mask, values in wanted.items():
        row = found.features.loc[mask]
        assert set(row.index) == {f"x__{name}" for name in values}
        for name, value in values.items():
            tolerance = {"rel": 1e-9, "abs": 0} if value else {"abs": 1e-9}
            assert row[f"x__{name}"] == pytest.approx(value, **tolerance), (mask, name)
