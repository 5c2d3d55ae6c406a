import os
import socket
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from radproof.dossier.logged_models import Network
from radproof.dossier.tracking import CONTENT_TAG, Run, log_study
from radproof.errors import BadInput

from tests.unit.dossier.network_file import write_network


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Run, list[Run]]:
    figure = tmp_path / "roc.png"
    figure.write_bytes(b"png")
    history = pd.DataFrame({"epoch": [1, 2], "loss": [0.9, 0.5], "val_dice": [0.1, float("nan")]})
    parent = Run("tiny", {"images": {"size": [8, 8, 4]}}, {"auc": 0.9}, artifacts=[figure])
    children = [
        Run("unet fold 1", {"epochs": 2}, {"val_dice": 0.4}, history),
        Run("clinical", {f"p{number}": number for number in range(130)}, {"auc": 0.8}),
    ]
    return parent, children


class Store:
    """One study in a store that all tests share, because making its tables takes seconds."""

    def __init__(self, folder: Path, study: str) -> None:
        self.uri, self.folder, self.study = f"sqlite:///{folder}/mlflow.db", folder, study

    def log(self, parent: Run, children: list[Run]) -> dict[str, str]:
        files, datasets = self.folder / self.study, {"phantom": "ab" * 32}
        return log_study(self.uri, files, self.study, "plan", parent, children, datasets)

    def client(self):
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=self.uri)

    def runs(self) -> list:
        client = self.client()
        return client.search_runs([client.get_experiment_by_name(self.study).experiment_id])


@pytest.fixture(scope="module")
def store_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def store(store_folder, request) -> Store:
    return Store(store_folder, request.node.name.replace("_", "-"))


def test_parent_and_nested_runs_and_only_changes_are_logged(store, runs):
    parent, children = runs
    first = store.log(parent, children)
    logged = {run.info.run_id: run for run in store.runs()}
    assert set(first) == {store.study, "unet fold 1", "clinical"}
    assert set(first.values()) == set(logged)
    fold, top = logged[first["unet fold 1"]], logged[first[store.study]]
    assert fold.data.tags["mlflow.parentRunId"] == first[store.study]
    assert fold.data.metrics["loss"] == 0.5
    assert len(logged[first["clinical"]].data.params) == 130
    data = top.inputs.dataset_inputs[0].dataset
    assert data.digest == "ab" * 16
    assert "ab" * 32 in data.source
    assert [path.name for path in (store.folder / store.study).rglob("roc.png")]

    assert store.log(parent, children) == first
    assert len(store.runs()) == 3

    changed = [children[0], replace(children[1], metrics={"auc": 0.7})]
    second = store.log(parent, changed)
    assert second["unet fold 1"] == first["unet fold 1"]
    assert second["clinical"] != first["clinical"]
    assert second[store.study] != first[store.study]
    assert len(store.runs()) == 5
    newest = {run.info.run_id: run for run in store.runs()}[second[store.study]]
    assert newest.data.tags["reused.unet fold 1"] == first["unet fold 1"]


def test_history_keeps_every_epoch(store, runs):
    ids = store.log(*runs)
    history = store.client().get_metric_history(ids["unet fold 1"], "loss")
    assert [(entry.step, entry.value) for entry in history] == [(1, 0.9), (2, 0.5)]


def test_a_run_that_did_not_end_is_logged_to_its_end(store, runs):
    ids = store.log(*runs)
    store.client().set_terminated(ids["clinical"], status="FAILED")
    assert store.log(*runs) == ids
    assert {run.info.status for run in store.runs()} == {"FINISHED"}


WRITES = [
    *("create_experiment", "create_run", "set_tag", "log_batch", "log_artifact", "log_text"),
    *("log_inputs", "create_logged_model", "log_outputs", "log_model_artifacts"),
    *("finalize_logged_model", "set_terminated"),
]


class Cut:
    """Loses the answer of one write: what was asked is done, and nobody is told."""

    def __init__(self, monkeypatch) -> None:
        from mlflow import MlflowClient

        self.left = 0
        for name in WRITES:
            monkeypatch.setattr(MlflowClient, name, self.wrapped(getattr(MlflowClient, name)))

    def wrapped(self, write):
        def cut(*arguments, **named):
            answer = write(*arguments, **named)
            self.left -= 1
            if self.left == 0:
                raise ConnectionError("cut off")
            return answer

        return cut


def test_after_any_lost_answer_the_rest_is_logged_and_nothing_twice(
    store, runs, tmp_path, monkeypatch
):
    parent, children = runs
    network = write_network(tmp_path / "model.keras")
    children = [replace(children[0], model=Network("unet-fold-1", network)), children[1]]
    parent = replace(parent, texts={"plan.yaml": "study: tiny"})
    cut, places = Cut(monkeypatch), 0
    while True:
        places += 1
        store.study, cut.left = f"cut-{places}", places
        try:
            store.log(parent, children)
        except BadInput as error:
            assert "cut off" in str(error)
        else:
            break
        check_logged_once(store, store.log(parent, children))
    assert places > 20
    check_logged_once(store, store.log(parent, children))


def check_logged_once(store: Store, ids: dict[str, str]) -> None:
    logged = store.runs()
    assert {run.info.run_id for run in logged} == set(ids.values())
    assert {run.info.status for run in logged} == {"FINISHED"}
    client = store.client()
    history = client.get_metric_history(ids["unet fold 1"], "loss")
    assert [(entry.step, entry.value) for entry in history] == [(1, 0.9), (2, 0.5)]
    [model] = client.search_logged_models([logged[0].info.experiment_id])
    assert (model.source_run_id, model.status.value) == (ids["unet fold 1"], "READY")
    assert client.get_run(ids["clinical"]).data.tags["mlflow.parentRunId"] == ids[store.study]


def test_what_was_begun_before_a_change_is_closed(store, runs, monkeypatch):
    parent, children = runs
    Cut(monkeypatch).left = 3
    with pytest.raises(BadInput):
        store.log(parent, children)
    ids = store.log(replace(parent, params={"changed": 1}), children)
    left = [run for run in store.runs() if run.info.run_id not in ids.values()]
    assert [run.info.status for run in left] == ["KILLED"]


def test_a_copied_store_leaves_the_files_of_the_original_alone(store, runs, tmp_path):
    before = store.log(*runs)
    there = sorted((store.folder / store.study).rglob("*"))
    after = log_study(store.uri, tmp_path / "copy", store.study, "plan", *runs, {})
    assert not set(before.values()) & set(after.values())
    assert sorted((store.folder / store.study).rglob("*")) == there
    assert list((tmp_path / "copy").rglob("roc.png"))


@pytest.fixture
def dead(monkeypatch) -> str:
    """An address where nobody listens, with a password."""
    for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.setenv(name, "")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://ann:s3cret%21@127.0.0.1:{unused.getsockname()[1]}"


def test_a_server_that_is_down_is_bad_input_within_seconds(dead, runs):
    begun = time.monotonic()
    with pytest.raises(BadInput, match="start the tracking server") as caught:
        log_study(dead, None, "tiny", "plan", *runs, {})
    assert time.monotonic() - begun < 15
    said = str(caught.value)
    assert dead.rpartition("@")[2] in said and "Connection refused" in said
    assert "s3cret" not in said and "ann" not in said.replace("cannot", "")
    assert os.environ["MLFLOW_TRACKING_PASSWORD"] == "s3cret!"


def test_a_server_that_never_answers_is_given_up(runs, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        begun = time.monotonic()
        with pytest.raises(BadInput, match=r"timed out.*start the tracking server"):
            address = f"http://127.0.0.1:{silent.getsockname()[1]}"
            log_study(address, None, "tiny", "plan", *runs, {})
    assert time.monotonic() - begun < 5


def test_a_refused_kind_of_store_is_bad_input(tmp_path, runs):
    with pytest.raises(BadInput, match="runs cannot be logged"):
        log_study(f"file://{tmp_path}/runs", None, "tiny", "plan", *runs, {})


def test_content_depends_on_every_part(runs, tmp_path):
    parent, children = runs
    other = tmp_path / "other" / "roc.png"
    other.parent.mkdir()
    other.write_bytes(b"another")
    variants = [
        parent,
        replace(parent, params={}),
        replace(parent, metrics={"auc": 0.91}),
        replace(parent, history=children[0].history),
        replace(parent, artifacts=[other]),
        replace(parent, tags={"a": "b"}),
        replace(parent, texts={"plan.yaml": "study: tiny"}),
        replace(parent, model=Network("unet", parent.artifacts[0])),
    ]
    assert len({run.content() for run in variants}) == len(variants)
    assert CONTENT_TAG.startswith("radproof.")
