"""Runs are logged once; a server that is down costs nothing else."""

import pytest
from radproof.plan import load_plan
from radproof.tables import read_json

from tests.workflow.conftest import Project

pytestmark = pytest.mark.study

DEAD = "tracking_uri=http://ann:s3cret@127.0.0.1:9"


def test_a_server_that_is_down_fails_its_own_job_alone(study_copy: Project) -> None:
    dossier = study_copy.results / "dossier"
    made = [dossier / name for name in ("report.html", "ro-crate-metadata.json")]
    logged = dossier / "mlflow" / "runs.json"
    for path in (*made, logged):
        path.unlink()
    done = study_copy.snakemake("--cores", "1", config=(DEAD,))
    assert done.returncode
    assert all(path.is_file() for path in made)
    assert not logged.exists()
    said = done.stdout + done.stderr
    assert said.count("Error in rule") == 1
    assert "http://127.0.0.1:9: runs cannot be logged" in said
    logs = list((study_copy.folder / ".snakemake" / "log").iterdir())
    records = [path for path in study_copy.results.rglob("*") if path.suffix in (".json", ".log")]
    assert "s3cret" not in said
    assert not [path for path in logs + records if b"s3cret" in path.read_bytes()]
    study_copy.run(1)
    assert logged.is_file()
    assert study_copy.planned() == {}


def test_a_wrong_address_stops_before_anything_runs(study_copy: Project) -> None:
    done = study_copy.snakemake("-n", config=("tracking_uri=postgresql://ann:s3cret@db/runs",))
    assert done.returncode
    said = done.stdout + done.stderr
    assert "tracking_uri is not the address of a server" in said
    assert "s3cret" not in said


def test_the_study_is_logged_with_plan_lock_data_and_models(small_study: Project) -> None:
    import mlflow
    from mlflow import MlflowClient

    store = small_study.results / "dossier" / "mlflow"
    ids, plan = read_json(store / "runs.json"), load_plan(small_study.plan_path)
    client = MlflowClient(tracking_uri=f"sqlite:///{store}/runs.db")
    top = client.get_run(ids[plan["study"]])
    files = {file.path for file in client.list_artifacts(top.info.run_id)}
    assert {"plan.yaml", "cpu.lock", "discrimination.tsv", "roc.png"} <= files
    names = {data.dataset.name for data in top.inputs.dataset_inputs}
    assert names == {"cohort/files.tsv", "sheet"}
    for name in [*plan["models"], *(f"unet fold {fold}" for fold in (1, 2, 3))]:
        run = client.get_run(ids[name])
        assert run.data.tags["mlflow.parentRunId"] == top.info.run_id
        [output] = run.outputs.model_outputs
        logged = client.get_logged_model(output.model_id)
        signature = mlflow.models.Model.load(
            logged.artifact_location.removeprefix("file://")
        ).signature
        assert signature.outputs.input_names() == ["probability"]
