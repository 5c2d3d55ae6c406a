"""Rules for text: file names and tables of participants, and what a message may repeat."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from radproof.cohort.personal import Kind, is_blank, kind_of_key, mask, redact
from radproof.cohort.privacy import name_findings, participants_findings, problems


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("sub-01/anat/DOE^JANE_T1w.nii.gz", Kind.NAME),
        ("sub-01/O'Neill^Mary^Ann.nii.gz", Kind.NAME),
        ("sub-01/Dr Miller_T1w.nii.gz", Kind.NAME),
        ("sub-19600102_T1w.nii.gz", Kind.DATE),
        ("sub-01_acq-1960-01-02_T1w.nii.gz", Kind.DATE),
        ("sub-01_02.01.1960_T1w.nii.gz", Kind.DATE),
        ("sub-01_2_Jan_1960_T1w.nii.gz", Kind.DATE),
        ("20190503101112_T1w.nii.gz", Kind.DATE),
        ("sub-01_dob_1960_T1w.nii.gz", Kind.DATE),
        ("sub-01_2.Jan.1960_T1w.nii.gz", Kind.DATE),
        ("scan.48213377.nii.gz", Kind.RECORD),
        ("jane@example.org_T1w.nii.gz", Kind.CONTACT),
        ("sub-01_mrn_4821_T1w.nii.gz", Kind.RECORD),
        ("accession-A4821_T1w.nii.gz", Kind.ACCESSION),
        ("20190503/sub-01_T1w.nii.gz", Kind.DATE),
    ],
)
def test_a_file_name_that_gives_away_a_person_is_found(name: str, kind: Kind) -> None:
    findings = name_findings(name)
    assert [(item.field, item.kind) for item in findings] == [("filename", kind)]


@pytest.mark.parametrize(
    "name",
    [
        "sub-STS019_ses-1_T1w.nii.gz",
        "sub-0001/ses-01/anat/sub-0001_ses-01_T1w.nii.gz",
        "sub-TCGADU7294/anat/sub-TCGADU7294_acq-ax_run-2_FLAIR.nii.gz",
        "derivatives/manual/sub-STS001/anat/sub-STS001_space-T1w_label-tumour_dseg.nii.gz",
        "sub-100307_task-rest_dir-AP_bold.json",
        "sub-01_ses-18000102_T1w.nii.gz",
        "masks/rater1/sub-NDARINV1A2B3C4D_T1w.nii.gz",
    ],
)
def test_an_ordinary_file_name_is_fine(name: str) -> None:
    assert name_findings(name) == []


@pytest.mark.parametrize(
    ("column", "values", "kind"),
    [
        ("name", ["Jane", "John"], Kind.NAME),
        ("Last Name", ["Doe", "Roe"], Kind.NAME),
        ("forename", ["Jane", "John"], Kind.NAME),
        ("initials", ["JD", "JR"], Kind.NAME),
        ("dob", ["a while ago", None], Kind.DATE),
        ("date_of_birth", [1960, 1971], Kind.DATE),
        ("PatientBirthDate", ["1921-03-04", None], Kind.DATE),
        ("scanned", ["2019-05-03", "2019-05-04"], Kind.DATE),
        ("scanned", pd.to_datetime(["2019-05-03", "2019-05-04"]), Kind.DATE),
        ("mrn", [4821, 4822], Kind.RECORD),
        ("hospital_number", ["A1", "A2"], Kind.RECORD),
        ("key", [48213377, 48213378], Kind.RECORD),
        ("key", [48213377, None], Kind.RECORD),
        ("phone", ["12345", "12346"], Kind.CONTACT),
        ("e-mail", ["x", "y"], Kind.CONTACT),
        ("reach", ["jane@example.org", "by post"], Kind.CONTACT),
        ("zip", [12345, 12346], Kind.CONTACT),
        ("notes", ["fell at home", ""], Kind.FREE_TEXT),
        (
            "course",
            ["came back in spring with more pain", "was seen by her own doctor again"],
            Kind.FREE_TEXT,
        ),
        ("contact", ["Doe^Jane", "Roe^John"], Kind.NAME),
    ],
)
def test_a_personal_column_is_found(column: str, values: list, kind: Kind) -> None:
    table = pd.DataFrame({"participant_id": ["sub-1", "sub-2"], column: values})
    findings = participants_findings(table)
    assert [(item.field, item.kind) for item in findings] == [(f"participants.{column}", kind)]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("age", [61, 59.5]),
        ("birth_weight_g", [3200, 2900]),
        ("preterm_birth", [0, 1]),
        ("volume_mm3", [365313, 12345678]),
        ("energy", [12345678.25, 87654321.5]),
        ("suv_max", [4.123456789012, 10.5]),
        ("days_to_event", [-7, 1792]),
        ("sha256", ["1" * 64, "2" * 64]),
        ("image_hash", ["12345678", "87654321"]),
        ("digest", ["0123456789abcdef0123456789abcdef", "f" * 32]),
        ("key", ["12345678-1234-1234-1234-123456789012", "00000000-0000-4000-8000-123456789012"]),
        ("StudyInstanceUID", ["1.3.12.2.1107.5.2.19.45152.2013030808110258", "1.2.840.19600102"]),
        ("histology", ["malignant fibrous histiocytoma", "pleiomorphic liposarcoma"]),
        ("treatment", ["Radiotherapy + Surgery + Chemotherapy", "Surgery"]),
        ("acq_time", ["1901-03-04T10:11:12", "1899-12-31"]),
        ("source", ["one data set of the web, as it was in May, doi:10.1234/x"] * 2),
        ("notes", ["ok", "n/a"]),
        ("name", ["n/a", "REMOVED"]),
        ("dob", [np.nan, np.nan]),
        ("center", ["McGill", "Mainz"]),
    ],
)
def test_a_clinical_column_is_fine(column: str, values: list) -> None:
    table = pd.DataFrame({"participant_id": ["sub-STS001", "sub-0002"], column: values})
    assert participants_findings(table) == []


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("PatientName", Kind.NAME),
        ("Patient's Name", Kind.NAME),
        ("ReferringPhysicianName", Kind.NAME),
        ("patientDoB", Kind.DATE),
        ("OtherPatientIDs", Kind.RECORD),
        ("file_name", None),
        ("PatientIdentityRemoved", None),
        ("PatientOrientation", None),
        ("SeriesDescription", None),
        ("stillbirth", None),
    ],
)
def test_a_key_says_what_its_value_is(key: str, kind: Kind | None) -> None:
    assert kind_of_key(key) is kind


@pytest.mark.parametrize(
    "text", ["", "n/a", "Anonymous^Patient", "REMOVED", "19000101", "XXX", "-", "Anon"]
)
def test_a_text_that_says_it_was_taken_away_is_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", ["Anna Onymous", "Nancy", "Noname Smith", "removed Smith"])
def test_only_a_whole_text_is_blank(text: str) -> None:
    assert not is_blank(text)


WORD = st.text("ABCDEFGHÄÖÜabcdefghijklmnopqrstuvwxyzéß", min_size=3, max_size=12)
NAME = st.tuples(WORD, WORD).map("^".join)
DATE = st.dates(date(1930, 1, 1), date(2029, 12, 31))
SHAPE = st.sampled_from(["%Y-%m-%d", "%Y%m%d", "%d.%m.%Y", "%d %b %Y"])
PERSONAL = st.one_of(
    NAME,
    st.tuples(DATE, SHAPE).map(lambda pair: pair[0].strftime(pair[1])),
    st.integers(10**8, 10**12).map(str).filter(lambda text: not is_blank(text)),
    WORD.map(lambda word: f"{word}@example.org"),
)


@given(PERSONAL)
def test_what_was_found_is_never_repeated(text: str) -> None:
    column = pd.DataFrame({"key": [text]})
    named = pd.DataFrame({f"key {text}": [text]})
    for findings in (
        name_findings(text),
        participants_findings(column),
        participants_findings(named),
    ):
        said = problems(findings, set(), patient=text, file=f"sub-1/{text}_T1w.nii.gz")
        assert text not in "".join(map(str, said)) + repr(findings)
    assert participants_findings(column)


@given(st.text(min_size=1))
def test_a_mask_keeps_one_character_at_most(text: str) -> None:
    masked = mask(text)
    assert masked.split("…")[0] in ("", text[0])
    masked.encode()
    redact(text).encode(errors="surrogatepass")
