"""Patients with problems leave a study, missing sequences stay empty, and all of it is counted."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
import SimpleITK as sitk
from radproof.tables import read_features, read_table

from tests.workflow.conftest import Project, make_project, small_plan

pytestmark = pytest.mark.study


class Spoilt:
    """A project whose plan takes the scans of the small study for real ones, three of them gone."""

    def __init__(self, folder: Path, scans: Path) -> None:
        self.project = make_project(folder / "project")
        self.scans = Path(shutil.copytree(scans, folder / "scans"))
        plan = small_plan()
        del plan["simulation"]
        plan["cohort"].update(on_problem="exclude", missing_sequence="zero_channel")
        self.project.write_plan(plan)
        sheet = read_table(self.project.folder / plan["sheet"])
        outcome = read_table(self.scans / "participants.tsv")[plan["outcome"]["name"]]
        sheet = sheet[outcome.to_numpy() == 0]
        self.train, self.test = (
            list(sheet[sheet["set"] == s]["patient"]) for s in ("train", "test")
        )
        self.image(self.train[0], "ce-GAD_T1w").write_bytes(b"")
        self.image(self.train[1], "T1w").unlink()
        self.image(self.test[0], "T2w").unlink()

    def image(self, patient: str, suffix: str) -> Path:
        return self.scans / f"sub-{patient}" / "anat" / f"sub-{patient}_{suffix}.nii.gz"

    def table(self, name: str) -> pd.DataFrame:
        return read_table(self.project.results / name)


@pytest.fixture(scope="module")
def spoilt(small_study: Project, tmp_path_factory: pytest.TempPathFactory) -> Spoilt:
    spoilt = Spoilt(tmp_path_factory.mktemp("exclusion"), small_study.results / "dataset")
    spoilt.project.run(2, config=(f"datasets=phantom={spoilt.scans}",))
    return spoilt


def test_who_left_is_counted_with_the_reason(spoilt: Spoilt) -> None:
    excluded = spoilt.table("cohort/excluded.tsv")
    gone = spoilt.train[0]
    assert excluded[["patient", "what"]].to_numpy().tolist() == [[gone, "file has zero bytes"]]
    flow = spoilt.table("cohort/flow.tsv").set_index(["set", "step"])
    assert flow.loc[("train", "excluded: file has zero bytes"), "n"] == 1
    entered, analysed = (flow.loc[("train", step), "n"] for step in ("in the sheet", "analysed"))
    assert entered - analysed == 1
    assert gone not in set(spoilt.table("models/nomogram_auto/predictions.tsv")["patient"])
    drawn = (spoilt.project.results / "figures" / "flow.svg").read_text()
    assert "zero bytes" in drawn
    assert gone in (spoilt.project.results / "dossier" / "report.html").read_text()


def test_a_missing_sequence_is_no_number(spoilt: Spoilt) -> None:
    lacking = {spoilt.train[1]: "T1w", spoilt.test[0]: "T2w"}
    patients = spoilt.table("cohort/patients.tsv").set_index("patient")
    assert patients["missing_sequences"].dropna().to_dict() == lacking
    for patient, sequence in lacking.items():
        path = spoilt.project.results / "images" / patient / f"{sequence}.nii.gz"
        assert not sitk.GetArrayViewFromImage(sitk.ReadImage(str(path))).any()
    features = pd.concat(
        read_features(path)
        for path in (spoilt.project.results / "radiomics").rglob("rater1.whole.parquet")
    )
    for patient, sequence in lacking.items():
        row = features.loc[patient]
        empty = {name.split("__")[0] for name in row.index[row.isna()]}
        assert empty == {sequence}


def test_every_patient_that_stayed_is_predicted(spoilt: Spoilt) -> None:
    patients = set(spoilt.table("cohort/patients.tsv")["patient"])
    assert set(spoilt.table("models/nomogram_auto/predictions.tsv")["patient"]) == patients


def test_a_second_run_has_nothing_to_do(spoilt: Spoilt) -> None:
    done = spoilt.project.snakemake("--dry-run", config=(f"datasets=phantom={spoilt.scans}",))
    assert "Nothing to be done" in done.stdout + done.stderr
