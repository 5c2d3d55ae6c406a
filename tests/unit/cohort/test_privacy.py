"""Personal data in headers is found, refused by name and never repeated."""

import struct
import time
from pathlib import Path

import nibabel
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nibabel.nifti1 import Nifti1Extension
from radproof.cohort.personal import Kind
from radproof.cohort.privacy import Finding, header_findings, problems

DICOM, AFNI, COMMENT, MRS = 2, 4, 6, 44
BOMB = (
    '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {new} "{f"&{old};" * 10}">'
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><a>&i;</a>"
)


def write(folder: Path, *extensions: tuple[int, bytes], **fields: str) -> Path:
    """Write an image with text in fields of its header, and extensions."""
    image = nibabel.Nifti1Image(np.zeros((2, 2, 2), np.uint8), np.eye(4))
    for name, text in fields.items():
        image.header[name] = text.encode()
    for code, content in extensions:
        image.header.extensions.append(Nifti1Extension(code, content))
    path = folder / "sub-A1_T1w.nii.gz"
    nibabel.loadsave.save(image, path)
    return path


def found(findings: list[Finding]) -> list[tuple[str, Kind]]:
    return [(item.field, item.kind) for item in findings]


def explicit(group: int, element: int, letters: str, value: bytes) -> bytes:
    value += b" " * (len(value) % 2)
    return struct.pack("<HH2sH", group, element, letters.encode(), len(value)) + value


def implicit(group: int, element: int, letters: str, value: bytes) -> bytes:
    value += b" " * (len(value) % 2)
    return struct.pack("<HHI", group, element, len(value)) + value


@pytest.mark.parametrize(
    ("field", "text", "kind"),
    [
        ("descrip", "DOE^JANE", Kind.NAME),
        ("descrip", "Jane Doe", Kind.NAME),
        ("descrip", "Doe, Jane", Kind.NAME),
        ("descrip", "Jürgen von der Müller", Kind.NAME),
        ("aux_file", "Roe^John^^Dr", Kind.NAME),
        ("descrip", "Name: Jane Doe", Kind.NAME),
        ("descrip", "TE=2.9;Time=101112.250;name=Doe^Jane", Kind.NAME),
        ("descrip", "born 2 Jan 1960", Kind.DATE),
        ("descrip", "Jane Doe 02.01.1960", Kind.DATE),
        ("aux_file", "1960-01-02", Kind.DATE),
        ("descrip", "MRN 4821337", Kind.RECORD),
        ("db_name", "48213377", Kind.RECORD),
        ("data_type", "48213377", Kind.RECORD),
        ("intent_name", "mrn_4821", Kind.RECORD),
        ("descrip", "Accession: RA-4821", Kind.ACCESSION),
        ("descrip", "call +49 6131 123456", Kind.CONTACT),
        ("aux_file", "jane@example.org", Kind.CONTACT),
        ("descrip", "fell off her horse and came in at night", Kind.FREE_TEXT),
        ("descrip", "FSL5.0\0DOE^JANE", Kind.NAME),
    ],
)
def test_personal_text_in_a_header_is_found(
    field: str, text: str, kind: Kind, tmp_path: Path
) -> None:
    findings = found(header_findings(write(tmp_path, **{field: text})))
    assert set(findings) == {(f"header.{field}", kind)}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "FSL5.0",
        "6.0.3:b862cdd5",
        "6.0.7.4:a92cd123",
        "SPM compatible",
        "SPM{T_[20.0]} - contrast 1: Patients > Controls",
        "spm - 3D normalized",
        "Conv(8,8,8)",
        "4D image",
        "TE=2.9;Time=101112.250;phase=1",
        "TE=30;Time=200112.125;dwell=0.5",
        "TR=2000 TE=30 FA=90",
        "ITK 5.3",
        "ITK/ANTs",
        "dcm2niix v1.0.20211006",
        "FreeSurfer Oct 28 2019",
        "MRtrix version: 3.0.4-12-g1234567",
        "Brain Mask",
        "Axial Flair",
        "Siemens Medical",
        "10^-3 mm^2/s and mm^-1",
    ],
)
@pytest.mark.parametrize("field", ["descrip", "aux_file"])
def test_text_that_a_program_wrote_is_fine(field: str, text: str, tmp_path: Path) -> None:
    assert (
        header_findings(write(tmp_path, **{field: text[: 80 if field == "descrip" else 24]})) == []
    )


@pytest.mark.parametrize("encode", [explicit, implicit])
def test_elements_of_a_dicom_extension_are_found(encode, tmp_path: Path) -> None:
    elements = [
        encode(0x0008, 0x0016, "UI", b"1.2.840.10008.5.1.4.1.1.4"),
        encode(0x0008, 0x0050, "SH", b"RA-4821"),
        encode(0x0008, 0x0070, "LO", b"SIEMENS"),
        encode(0x0008, 0x0090, "PN", b""),
        encode(0x0010, 0x0010, "PN", b"Doe^Jane"),
        encode(0x0010, 0x0020, "LO", b"A1"),
        encode(0x0010, 0x0030, "DA", b"19600102"),
        encode(0x0010, 0x1040, "LO", b"1 Long Lane"),
        encode(0x0012, 0x4000, "LT", b"seen by Dr. Miller"),
    ]
    path = write(tmp_path, (DICOM, b"".join(elements)))
    assert found(header_findings(path)) == [
        ("header.extension.dicom.AccessionNumber", Kind.ACCESSION),
        ("header.extension.dicom.PatientName", Kind.NAME),
        ("header.extension.dicom.PatientBirthDate", Kind.DATE),
        ("header.extension.dicom.PatientAddress", Kind.CONTACT),
        ("header.extension.dicom", Kind.NAME),
    ]


def test_a_dicom_extension_without_a_person_is_fine(tmp_path: Path) -> None:
    elements = [
        explicit(0x0008, 0x0070, "LO", b"SIEMENS"),
        explicit(0x0010, 0x0010, "PN", b"Anonymous"),
        explicit(0x0010, 0x0020, "LO", b"A1"),
        struct.pack("<HHI", 0x0010, 0x0020, 2**31),
    ]
    assert header_findings(write(tmp_path, (DICOM, b"".join(elements)))) == []


@pytest.mark.parametrize(
    ("content", "field", "kind"),
    [
        (b"fell off her horse\nwas seen again in the summer", "", Kind.FREE_TEXT),
        (b"48213377", "", Kind.RECORD),
        (b'"Doe^Jane"', "", Kind.NAME),
        (b"Doe^Jane\0\0\0", "", Kind.NAME),
        (b"\xff\xfe\0\x01Patient Name: Jane\0", "", Kind.NAME),
        (b'{"PatientName": "Jane"}', ".PatientName", Kind.NAME),
        (b'{"a": [{"b": {"DateOfBirth": 1960}}]}', ".DateOfBirth", Kind.DATE),
        (
            b'{"00100020": {"vr": "LO", "Value": ["RA-4821"]}}',
            ".PatientID",
            Kind.RECORD,
        ),
        (
            b'{"00100010": {"vr": "PN", "Value": [{"Alphabetic": "Jane"}]}}',
            ".PatientName",
            Kind.NAME,
        ),
        (b"<a><PatientName>Jane</PatientName></a>", ".PatientName", Kind.NAME),
        (b'<a xmlns="http://x.org"><PatientName>Jane</PatientName></a>', ".PatientName", Kind.NAME),
        (b'<a tag="00100020" keyword="PatientID"><v>RA1</v></a>', ".PatientID", Kind.RECORD),
        (b'<a PatientBirthDate="1960"/>', ".PatientBirthDate", Kind.DATE),
        (b"<a><b/>Doe^Jane</a>", ".a", Kind.NAME),
        (b"<a><!-- a comment --><b>Doe^Jane</b></a>", ".b", Kind.NAME),
    ],
)
def test_personal_text_in_a_comment_is_found(
    content: bytes, field: str, kind: Kind, tmp_path: Path
) -> None:
    findings = found(header_findings(write(tmp_path, (COMMENT, content))))
    assert findings == [(f"header.extension.comment{field}", kind)]


@pytest.mark.parametrize(
    ("code", "content"),
    [
        (
            AFNI,
            "<?xml version='1.0' ?><AFNI_attributes self_idcode=\"XYZ_ab12\">"
            '<AFNI_atr ni_type="String" ni_dimen="1" atr_name="HISTORY_NOTE">'
            "&quot;[jdoe@node7.example.org: Thu Jul 12 10:11:12 2012] 3dcalc -a epi+orig "
            "-expr 'a^b'\\n[jdoe@node7: Fri Jul 13 10:11:12 2012] 3dAutomask x.nii&quot;"
            "</AFNI_atr></AFNI_attributes>",
        ),
        (COMMENT, "created by dcm2niix from four echoes of one series"),
        (COMMENT, "{}"),
        (
            MRS,
            '{"SpectrometerFrequency": [123.25], "ResonantNucleus": ["1H"], "PatientName": null}',
        ),
        (99, "\x01\x02\x03" * 50),
    ],
)
def test_extensions_that_programs_write_are_fine(code: int, content: str, tmp_path: Path) -> None:
    assert header_findings(write(tmp_path, (code, content.encode()))) == []


@pytest.mark.parametrize("content", [b"", b"x" * 900])
def test_a_file_that_is_no_image_is_left_to_the_check_of_headers(
    content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "sub-A1_T1w.nii.gz"
    path.write_bytes(content)
    assert header_findings(path) == []


def test_the_plan_lets_a_field_through_by_name(tmp_path: Path) -> None:
    findings = header_findings(write(tmp_path, descrip="DOE^JANE", aux_file="1960-01-02"))
    (kept,) = problems(findings, {"header.descrip"}, "A1", "sub-A1_T1w.nii.gz")
    assert str(kept) == (
        "patient A1: sub-A1_T1w.nii.gz: header field aux_file may hold a date of birth or other "
        "full date (found 1… (10 characters)); blank it, or let it through with "
        "cohort.phi.allow: [header.aux_file] in the plan"
    )
    assert problems(findings, {"header.descrip", "header.aux_file"}, "A1", "x.nii.gz") == []


@pytest.mark.parametrize(
    "content",
    [
        BOMB,
        BOMB.replace("<a>", "<a>\n"),
        '<a name="PatientName">' * 20_000 + "x" + "</a>" * 20_000,
        "[" * 100_000 + "]" * 100_000,
        "[a@b: " * 10_000,
        "1." * 50_000,
        "removed" + " " * 50_000 + "!a",
        "abc " * 25_000,
    ],
    ids=range(8),
)
def test_no_content_takes_long(content: str, tmp_path: Path) -> None:
    path = write(tmp_path, (COMMENT, content.encode()))
    start = time.process_time()
    header_findings(path)
    assert time.process_time() - start < 5


@given(st.binary(max_size=300), st.sampled_from([DICOM, AFNI, COMMENT, 99]))
def test_any_content_is_borne(tmp_path_factory, content: bytes, code: int) -> None:
    path = write(tmp_path_factory.mktemp("any"), (code, content))
    problems(header_findings(path), set(), "A1", "x.nii.gz")
