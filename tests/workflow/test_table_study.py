"""A study that starts from a table of features runs to its report without a scan."""

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from radproof.cohort.sheet import make_sheet
from radproof.dossier.bundle import write_bundle
from radproof.dossier.verification import verify_results
from radproof.provenance import PROJECT, seal_of, sha256_of
from radproof.schema import read_yaml
from radproof.tables import read_features, read_json, read_table, write_json, write_table

from tests.workflow.conftest import Project

pytestmark = pytest.mark.study

MODELS = ["models/radiomics/model.json", "models/radiomics/out_of_fold.tsv"]


def make_tables(folder: Path) -> pd.DataFrame:
    """Two raters' tables of 60 patients: a feature that tells, one that only one rater sees."""
    rng = np.random.default_rng(3)
    outcome = np.arange(60) % 2
    truth = pd.DataFrame(
        rng.normal(size=(60, 8)), columns=[f"original_glcm_F{i}" for i in range(8)]
    )
    truth["original_glcm_F0"] += outcome
    people = pd.DataFrame({"participant_id": [f"sub-P{i:02d}" for i in range(60)]})
    for name in ("one", "two"):
        table = truth + rng.normal(scale=0.1, size=truth.shape)
        if name == "two":
            table["original_glcm_F7"] = rng.normal(size=60)
        write_table(pd.concat([people, table], axis=1), folder / f"{name}.tsv")
    people["event"] = outcome
    people["age"] = rng.normal(60 + 5 * outcome, 9)
    people["stage"] = np.where(np.arange(60) % 7 == 0, None, np.arange(60) % 3)
    write_table(people, folder / "participants.tsv")
    return people


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("table")
    project = Project(folder / "project")
    # Results on another disk, as docs/how-to/cluster.md has it.
    (folder / "scratch").mkdir()
    project.results.parent.mkdir(exist_ok=True)
    project.results.symlink_to(folder / "scratch")
    people = make_tables(folder / "data")
    plan = read_yaml(PROJECT / "config/studies/hnscc-table.yaml")
    plan.update(study="small", sheet="config/cohorts/small.tsv", batch_size=20)
    plan["outcome"]["name"] = "event"
    plan["extractors"]["radmlbench"].update(tables={"one": "one.tsv", "two": "two.tsv"}, prefix="")
    plan["clinical"] = [
        {"name": "age", "kind": "number", "unit": "years", "available": "baseline"},
        {"name": "stage", "kind": "category", "levels": ["0", "1", "2"], "available": "imaging"},
    ]
    plan["models"]["radiomics"]["radiomics"]["mask"] = "one"
    plan["models"]["radiomics"].update(inner_folds=3, lambdas=15)
    plan["models"]["nomogram"] = {
        **{"kind": "logistic", "clinical": ["age"], "scores": ["radiomics"]},
        **{"missing": "refuse", "separation": "firth"},
    }
    plan["stability"] = {
        **{"form": "ICC2", "threshold": 0.75, "bound": "estimate", "perturbations": None},
        "between": {"raters": {"masks": ["one", "two"], "decides": True}},
    }
    plan["figures"] += ["stability", "nomogram", "forest"]
    plan["comparisons"] = [{"first": "nomogram", "second": "radiomics", "margin": 0.1}]
    plan["subgroups"] = [{"name": "age", "variable": "age", "cuts": [60.0], "levels": None}]
    plan["evaluation"]["negative_control"] = {"permutations": 2}
    project.write_plan(plan)
    sheet = make_sheet(people, "event", 0.3, 3, 7, [], {}, "tables")
    write_table(sheet, project.folder / plan["sheet"])
    project.run(2, config=(f"datasets=tables={folder / 'data'}",))
    return project


def test_the_line_runs_to_its_report_and_is_verified(project: Project) -> None:
    report = (project.results / "dossier" / "report.html").read_text()
    assert 'id="radiomics"' in report
    assert 'id="images"' not in report
    assert "Odds ratios of clinical variables" in report
    assert "Table 1" in report
    assert verify_results(project.results).differences == []
    areas = read_table(project.results / "evaluation" / "discrimination.tsv")
    assert set(areas["kind"]) == {"apparent", "out_of_fold", "held_out"}


def test_the_study_its_path_and_its_forest_are_drawn(project: Project) -> None:
    figures = project.results / "figures"
    stages = read_table(figures / "study.tsv")["stage"].drop_duplicates().tolist()
    assert stages == ["Patients", "Features", "Models", "Models that take scores"]
    path = read_table(project.results / "models" / "radiomics" / "path.tsv")
    drawn = read_table(figures / "lasso-radiomics.tsv").query("panel == 'coefficients'")
    assert drawn["value"].tolist() == path["coefficient"].tolist()
    assert set(read_table(figures / "forest.tsv")["panel"]) == {"areas", "differences"}
    report = (project.results / "dossier" / "report.html").read_text()
    for name in ("study", "lasso-radiomics", "forest"):
        assert f'id="figure-{name}"' in report


def test_it_is_described_whole_and_packed(project: Project, tmp_path: Path) -> None:
    graph = read_json(project.results / "dossier/ro-crate-metadata.json")["@graph"]
    jobs = {entity["@id"] for entity in graph if entity["@type"] == "CreateAction"}
    assert {"#run", "#job-write_report-all", "#job-fit_model-radiomics"} <= jobs
    found = write_bundle(project.results, tmp_path / "small.zip", {}, project.folder)
    assert "models/radiomics/predictions.tsv" in found["renamed"]
    assert found["left_out"]["features of single patients"] > 0
    with zipfile.ZipFile(tmp_path / "small.zip") as package:
        package.extractall(tmp_path / "package")
    packed = tmp_path / "package" / "results" / project.results.name
    verified = verify_results(packed)
    assert verified.differences == [] and verified.checked > 1000
    page = packed / "dossier" / "report.html"
    page.write_text(page.read_text().replace("0.5", "0.6", 1))
    (line,) = verify_results(packed).differences
    assert line.startswith("dossier/report.html")


def forge_record(results: Path) -> str:
    """Change a page and what its record says of it, and leave the record's own hash."""
    page, path = results / "dossier/report.html", results / "records/write_report/all.json"
    page.write_text(page.read_text().replace("0.5", "0.6", 1))
    record = read_json(path)
    record["outputs"][0]["sha256"] = sha256_of(page)
    write_json(record, path)
    return "records/write_report/all.json: record is not what its job wrote"


def seal_forged_record(results: Path) -> str:
    path = results / "records/write_report/all.json"
    forge_record(results)
    record = read_json(path)
    write_json(record | {"sha256": seal_of(record)}, path)
    return "recorded different bytes"


def delete_record(results: Path) -> str:
    (results / "records/check_claims/all.json").unlink()
    claims = results / "dossier/claims.tsv"
    claims.write_text(claims.read_text() + "\n")
    return "dossier/claims.tsv"


def plant_figure(results: Path) -> str:
    (results / "figures" / "kaplan.svg").write_text("<svg/>")
    return "figures/kaplan.svg: no record says how this file was made"


def remove_figure(results: Path) -> str:
    (results / "figures" / "roc.tsv").unlink()
    return "figures/roc.tsv: file is gone"


@pytest.mark.parametrize(
    "tamper", [forge_record, seal_forged_record, delete_record, plant_figure, remove_figure]
)
def test_what_was_forged_planted_or_removed_is_found(
    project: Project, tmp_path: Path, tamper: Callable[[Path], str]
) -> None:
    copy = tmp_path / project.results.name
    shutil.copytree(project.results, copy)
    expected = tamper(copy)
    assert [line for line in verify_results(copy).differences if expected in line]


def test_the_negative_control_of_the_plan_is_in_the_report_and_the_lineage(
    project: Project,
) -> None:
    report = (project.results / "dossier/report.html").read_text()
    assert 'id="figure-null"' in report and "../null/summary.tsv" in report
    rules = {job["rule"] for job in read_json(project.results / "dossier/lineage.json")["jobs"]}
    assert {"repeat_permuted", "summarise_null", "plot_null"} <= rules
    plotted = read_table(project.results / "figures/null.tsv")
    assert set(plotted["kind"]) == {"held_out"} and set(plotted["permutations"]) == {2}


def test_the_negative_control_repeats_the_study_with_k_of_the_command(project: Project) -> None:
    data = project.folder.parent / "data"
    project.run(2, "null", config=(f"datasets=tables={data}", "permutations=3"))
    assert verify_results(project.results).differences == []
    keys = ["model", "set", "kind"]
    own = read_table(project.results / "evaluation/discrimination.tsv").set_index(keys)["auc"]
    null = read_table(project.results / "null/summary.tsv")
    honest = null[null["arm"] == "honest"].set_index(keys)["auc"]
    pd.testing.assert_series_equal(honest, own[honest.index], rtol=1e-12)
    assert set(null["permutations"]) == {3}


def test_what_one_rater_alone_sees_is_dropped_by_stability(project: Project) -> None:
    stability = read_table(
        project.results / "radiomics" / "radmlbench" / "stability-whole.tsv"
    ).query("left_out == 'none'")
    assert stability.loc[~stability["kept"], "feature"].tolist() == ["ct__original_glcm_F7"]


def test_nothing_of_a_test_patient_changes_what_is_fitted(project: Project) -> None:
    data = project.folder.parent / "data"
    before = [(project.results / name).read_bytes() for name in MODELS]
    sheet = read_table(project.folder / "config/cohorts/small.tsv")
    test = "sub-" + sheet.loc[sheet["set"] == "test", "patient"]
    for name in ("one", "two"):
        table = read_table(data / f"{name}.tsv")
        table.loc[table["participant_id"].isin(test), table.columns[1:]] = 1000.0
        write_table(table, data / f"{name}.tsv")
    project.run(2, "fitted", "--forceall", config=(f"datasets=tables={data}",))
    assert [(project.results / name).read_bytes() for name in MODELS] == before
    disturbed = read_features(project.results / "radiomics/radmlbench/train001/one.whole.parquet")
    assert not (disturbed == 1000).any(axis=None)
