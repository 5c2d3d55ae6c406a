"""Patients are renamed where they stand, and nothing else is."""

from radproof.dossier.pseudonyms import (
    page_renamed,
    path_renamed,
    pseudonyms,
    record_renamed,
    table_renamed,
    text_renamed,
)
from radproof.provenance import seal_of

KEY = pseudonyms(["ANNA7", "1"], {"file": "a/case{patient}x.nii"})


def test_pseudonyms_follow_the_order_of_the_sheet() -> None:
    assert [KEY[name] for name in ("ANNA7", "1")] == ["P001", "P002"]
    assert pseudonyms(map(str, range(1000)), {})["999"] == "P1000"


def test_paths_are_renamed_where_they_can_name_a_patient() -> None:
    renamed = {
        "images/1/T1w.nii.gz": "images/P002/T1w.nii.gz",
        "dataset:d/sub-ANNA7/sub-ANNA7_T1w.nii.gz": "dataset:d/sub-P001/sub-P001_T1w.nii.gz",
        "segmentation/unet/masks/1.nii.gz": "segmentation/unet/masks/P002.nii.gz",
        "segmentation/unet/fold-1/model.keras": "segmentation/unet/fold-1/model.keras",
        "null/1/predictions.tsv": "null/1/predictions.tsv",
        "images/qc-train1.tsv": "images/qc-train1.tsv",
    }
    assert {path: path_renamed(path, KEY) for path in renamed} == renamed


def test_a_number_is_a_patient_only_in_a_column_of_patients() -> None:
    table = "patient\tfold\tnote\n1\t1\tbeside ANNA7\nANNA7\t2\t0.10\n"
    assert table_renamed(table, KEY) == "patient\tfold\tnote\nP002\t1\tbeside P001\nP001\t2\t0.10\n"
    assert text_renamed("fold 1 of ANNA7, XANNA7", KEY) == "fold 1 of P001, XANNA7"


def test_tables_of_a_page_are_renamed_by_their_columns() -> None:
    page = (
        "<table><tr><th>patient</th><th>fold</th></tr><tr><td>1</td><td>1</td></tr></table>"
        "<table><tr><th>file</th></tr><tr><td>dataset:d/sub-1/a.nii</td></tr></table>"
    )
    renamed = page_renamed(page, KEY)
    assert "<td>P002</td><td>1</td>" in renamed and "<td>dataset:d/sub-P002/a.nii</td>" in renamed


def test_a_label_that_looks_like_a_pseudonym_is_renamed_once() -> None:
    key = pseudonyms(["P002", "P001"], {})
    assert table_renamed("patient\tbeside\nP002\tP001\n", key) == "patient\tbeside\nP001\tP002\n"
    page = "<table><tr><th>patient</th></tr><tr><td>P002</td></tr></table><p>P001</p>"
    assert page_renamed(page, key) == page.replace("P002", "-").replace("P001", "P002").replace(
        "-", "P001"
    )


def test_a_record_names_nobody_and_is_sealed_anew() -> None:
    key = {"ANNA7": "P001", "12": "P002"}
    record = {
        "rule": "predict",
        "label": "m",
        "inputs": [{"name": "image", "path": "images/ANNA7/T1w.nii.gz", "sha256": "a"}],
        "outputs": [{"name": "table", "path": "models/m/predictions.tsv", "sha256": "b"}],
        "settings": {
            "patients": ["12", "ANNA7"],
            "sheet": [{"patient": "12", "fold": "12"}],
            "title": "All but ANNA7",
            "bins": [12, 13],
            "masks": ["rater1"],
            "folds": [],
        },
        "sha256": "old",
    }
    renamed = record_renamed(
        record, key, {"models/m/predictions.tsv": "c"}, {"models/m/predictions.tsv"}
    )
    assert "left_out" in renamed["inputs"][0] and "left_out" not in renamed["outputs"][0]
    assert renamed["inputs"][0]["path"] == "images/P001/T1w.nii.gz"
    assert [renamed[name][0]["sha256"] for name in ("inputs", "outputs")] == ["a", "c"]
    assert renamed["settings"] == {
        "patients": ["P002", "P001"],
        "sheet": [{"patient": "P002", "fold": "12"}],
        "title": "All but P001",
        "bins": [12, 13],
        "masks": ["rater1"],
        "folds": [],
    }
    assert renamed["sha256"] == seal_of(renamed) != record["sha256"]


def test_a_row_names_its_patient_nowhere_however_short_the_label() -> None:
    row = ["1", "sub-1/anat/sub-1_T1w.nii.gz", "patient 1: too few", "1", "1.5"]
    renamed = ["P002", "sub-P002/anat/sub-P002_T1w.nii.gz", "patient P002: too few", "1", "1.5"]
    columns = ["patient", "file", "problem", "n", "ml"]
    table, expected = ("\n".join(map("\t".join, [columns, one, []])) for one in (row, renamed))
    assert table_renamed(table, KEY) == expected
    names, cells = (
        "".join(f"<t{kind}>{one}</t{kind}>" for one in part)
        for kind, part in (("h", columns), ("d", row))
    )
    page = page_renamed(f"<table><tr>{names}</tr><tr>{cells}</tr></table><p>sub-1</p>", KEY)
    assert "".join(f"<td>{one}</td>" for one in renamed) in page
    assert "<p>sub-P002</p>" in page


def test_words_that_a_pattern_of_the_plan_makes_of_a_label_are_renamed() -> None:
    assert path_renamed("dataset:x/a/case1x.nii", KEY) == "dataset:x/a/caseP002x.nii"
    assert text_renamed("see case1x and 1", KEY) == "see caseP002x and 1"


def test_names_of_persons_are_withheld() -> None:
    assert table_renamed("patient\tperson\n1\tSmith\n1\t\n", KEY).splitlines()[1:] == [
        "P002\twithheld",
        "P002\t",
    ]
