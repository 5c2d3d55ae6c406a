import socket
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from radproof.dossier.tracking import CONTENT_TAG, Run, log_study
from radproof.errors import BadInput


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
    assert top.inputs.dataset_inputs[0].dataset.digest == "ab" * 16
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


def test_a_run_that_did_not_end_is_logged_again(store, runs):
    ids = store.log(*runs)
    store.client().set_terminated(ids["clinical"], status="FAILED")
    again = store.log(*runs)
    assert again["clinical"] != ids["clinical"]
    assert again["unet fold 1"] == ids["unet fold 1"]


def test_a_server_that_is_down_is_bad_input(tmp_path, runs):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(BadInput, match="start the tracking server"):
        log_study(f"http://127.0.0.1:{port}", None, "tiny", "plan", *runs, {})


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
    ]
    assert len({run.content() for run in variants}) == len(variants)
    assert CONTENT_TAG.startswith("radproof.")
