"""Runs on a real server of MLflow, on this machine alone."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from radproof.dossier.logged_models import FrozenModel
from radproof.dossier.tracking import Run, log_study
from radproof.tables import write_json

from tests.unit.dossier.test_logged_models import fit
from tests.unit.models.cohort import LOGISTIC

START_SECONDS = 120
# No telemetry, and no jobs of its own beside what is asked of it.
QUICK = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}


@pytest.fixture(autouse=True)
def own_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the code of a loaded model, which MLflow puts on the path, off it again."""
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A server with a folder of its own; whatever happens, it is stopped."""
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    store = [
        *("--backend-store-uri", f"sqlite:///{folder}/runs.db"),
        *("--artifacts-destination", str(folder / "files")),
    ]
    call = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "log").open("w") as log:
        running = subprocess.Popen(
            [*call, "--workers", "1", *store],
            cwd=folder,
            env=os.environ | QUICK,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/health", running, folder / "log")
            yield f"http://127.0.0.1:{port}", folder
        finally:
            os.killpg(running.pid, 15)
            running.wait(20)


def wait_for(address: str, running: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and running.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"mlflow server did not start:\n{log.read_text()[-2000:]}")


def test_a_study_is_logged_to_a_server_and_read_back(
    server: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow
    from mlflow import MlflowClient

    address, folder = server
    for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", str(START_SECONDS))
    figure = tmp_path / "roc.png"
    figure.write_bytes(b"png")
    write_json(fit(LOGISTIC, {}, False).model, tmp_path / "model.json")
    model = FrozenModel("clinical", tmp_path / "model.json", LOGISTIC)
    texts = {"plan.yaml": "study: tiny\n"}
    parent = Run("tiny", {"seed": 7, "title": "", "claims": None}, artifacts=[figure], texts=texts)
    curve = pd.DataFrame({"epoch": [1, 2], "loss": [0.9, 0.5]})
    children = [
        Run("unet fold 1", history=curve),
        Run("clinical", LOGISTIC, {"auc": 0.8}, model=model),
    ]
    with_password = address.replace("://", "://ann:s3cret@")
    data = {"cohort/files.tsv": "ab" * 32}
    ids = log_study(with_password, None, "tiny", "plan", parent, children, data)
    assert log_study(address, None, "tiny", "plan", parent, children, data) == ids
    client = MlflowClient(tracking_uri=address)
    found = client.search_runs([client.get_experiment_by_name("tiny").experiment_id])
    assert {run.info.run_id for run in found} == set(ids.values())
    assert {run.info.status for run in found} == {"FINISHED"}
    assert len(client.get_metric_history(ids["unet fold 1"], "loss")) == 2
    assert {file.path for file in client.list_artifacts(ids["tiny"])} == {"roc.png", "plan.yaml"}
    [logged] = client.get_run(ids["clinical"]).outputs.model_outputs
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    loaded = mlflow.pyfunc.load_model(f"models:/{logged.model_id}")
    given = pd.DataFrame({"age": [61.5], "stage": ["2"]})
    assert 0 < loaded.predict(given)["probability"].item() < 1
    # Files went through the server, and nothing of the password with them.
    assert list((folder / "files").rglob("roc.png"))
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert not [path for path in written if b"s3cret" in path.read_bytes()]
