"""Personal data in the JSON beside an image is found; a broken one is refused."""

import json
from pathlib import Path

import pytest
from radproof.cohort.personal import Kind
from radproof.cohort.privacy import problems, sidecar_findings
from radproof.errors import BadInput


def write(folder: Path, content: object) -> Path:
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / "sub-A1_T1w.json").write_text(text, encoding="utf-8")
    return folder / "sub-A1_T1w.nii.gz"


@pytest.mark.parametrize(
    ("content", "field", "kind"),
    [
        ({"PatientName": "Jane"}, "PatientName", Kind.NAME),
        ({"PatientBirthDate": "19600102"}, "PatientBirthDate", Kind.DATE),
        ({"PatientBirthDate": 19600102}, "PatientBirthDate", Kind.DATE),
        ({"AccessionNumber": 4821}, "AccessionNumber", Kind.ACCESSION),
        ({"PatientID": "RA-4821"}, "PatientID", Kind.RECORD),
        ({"ImageComments": "fell off her horse"}, "ImageComments", Kind.FREE_TEXT),
        ({"comments": ["n/a", "looks older"]}, "comments", Kind.FREE_TEXT),
        ({"AcquisitionDateTime": "2019-05-03T10:11:12"}, "AcquisitionDateTime", Kind.DATE),
        ({"SeriesDescription": "T1 of Doe^Jane"}, "SeriesDescription", Kind.NAME),
        ({"global": {"const": {"PatientName": "Jane"}}}, "PatientName", Kind.NAME),
        ({"PatientName": "\ud800bc"}, "PatientName", Kind.NAME),
    ],
)
def test_personal_text_in_a_sidecar_is_found(
    content: object, field: str, kind: Kind, tmp_path: Path
) -> None:
    findings = sidecar_findings(write(tmp_path, content))
    assert [(item.field, item.kind) for item in findings] == [(f"sidecar.{field}", kind)]
    str(problems(findings, set(), "A1", "x.nii.gz")[0]).encode()


def test_an_ordinary_sidecar_is_fine(tmp_path: Path) -> None:
    content = {
        "Manufacturer": "Siemens",
        "DeviceSerialNumber": "45152001",
        "SeriesInstanceUID": "1.3.12.2.1107.5.2.19.45152.2013030808110258929186035.0.0.0",
        "AcquisitionTime": "10:11:12.250000",
        "AcquisitionDateTime": "1901-05-03T10:11:12",
        "ConversionSoftwareVersion": "v1.0.20211006",
        "ImageType": ["ORIGINAL", "PRIMARY", "M", "ND"],
        "PatientName": "A1",
        "PatientID": "A-1",
        "PatientBirthDate": "",
        "PatientPosition": "HFS",
        "EchoTime": 0.00294,
        "ImagingFrequency": 123249925,
        "Comments": None,
    }
    path = write(tmp_path, "\ufeff" + json.dumps(content))
    assert (
        sidecar_findings(path) == sidecar_findings(path.with_suffix("").with_suffix(".json")) == []
    )
    assert sidecar_findings(tmp_path / "sub-B2_T1w.nii.gz") == []


@pytest.mark.parametrize(
    "text", ["", "{", "{'PatientName': 'Jane Doe'}", "[" * 100_000, "1" * 5000]
)
def test_a_corrupt_sidecar_is_refused_kindly(text: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    with pytest.raises(BadInput, match=r"sub-A1_T1w.json: sidecar cannot be read; mend") as caught:
        sidecar_findings(path)
    assert "Doe" not in str(caught.value)
