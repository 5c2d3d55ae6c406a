"""Tracking: a study run, its folds and its models as nested MLflow runs; one job writes them."""

import hashlib
import math
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from radproof.errors import BadInput, Problem
from radproof.plan import leaves
from radproof.provenance import canonical, sha256_of

if TYPE_CHECKING:
    from mlflow import MlflowClient

STUDY_TAG, CONTENT_TAG = "radproof.study", "radproof.content"
# MLflow's limits of one request.
PARAMS_AT_ONCE, METRICS_AT_ONCE = 100, 900
# The column of digests in MLflow's databases holds 36 characters.
DIGEST_LENGTH = 32
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # A server that is down is reported within seconds instead of minutes.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
}


@dataclass(frozen=True)
class Run:
    """What is logged of a study, a fold or a model.

    ``params`` may be nested; ``history`` has a column ``epoch`` and one column a metric; files of
    ``artifacts`` are copied into the store.
    """

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    history: pd.DataFrame | None = None
    artifacts: Sequence[Path] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> str:
        """Return a SHA-256 of everything that would be logged."""
        value = {
            "name": self.name,
            "params": self.params,
            "metrics": {name: repr(float(value)) for name, value in self.metrics.items()},
            "history": None if self.history is None else self.history.to_csv(index=False),
            "artifacts": {path.name: sha256_of(path) for path in self.artifacts},
            "tags": self.tags,
        }
        return _hash(canonical(value))


def log_study(
    tracking_uri: str,
    artifact_root: Path | None,
    study: str,
    run_key: str,
    parent: Run,
    children: Sequence[Run],
    datasets: Mapping[str, str],
) -> dict[str, str]:
    """Log a study run with its folds and models; what is there already is not logged again.

    Parameters
    ----------
    tracking_uri
        ``sqlite:///…`` or the address of a server.
    artifact_root
        Folder of the files of a new experiment; None leaves it to the server.
    study
        Name of the experiment.
    run_key
        What sets this run of the study apart from others, such as a hash of its plan.
    parent, children
        The study, and its folds and models, which become nested runs.
    datasets
        Name to SHA-256 of the data.

    Returns
    -------
    dict
        Name to run id, the parent under the name of the study. A child that did not change keeps
        the run, and with it the parent, under which it was first logged.

    Raises
    ------
    BadInput
        If the store cannot be used: a server that does not answer, a kind of store refused.
    """
    with _client(tracking_uri) as client:
        experiment = _experiment(client, study, artifact_root)
        known = _known_runs(client, experiment, study)
        contents = {child.name: child.content() for child in children}
        key = _hash(canonical([run_key, parent.content(), contents, dict(datasets)]))
        ids = {name: known[content] for name, content in contents.items() if content in known}
        if key in known and len(ids) == len(children):
            return {study: known[key], **ids}
        tags = {f"reused.{name}": run for name, run in ids.items()} | {"run_key": run_key}
        started = _start(client, experiment, study, parent, tags)
        _log_datasets(client, started, datasets)
        for child in children:
            if child.name not in ids:
                run = _start(client, experiment, study, child, {"mlflow.parentRunId": started})
                _finish(client, run, contents[child.name])
                ids[child.name] = run
        _finish(client, started, key)
        return {study: started, **{child.name: ids[child.name] for child in children}}


@contextmanager
def _client(tracking_uri: str) -> Iterator["MlflowClient"]:
    """Yield a client of a store; what the store refuses becomes bad input."""
    # Read by MLflow when it is imported and at each request.
    os.environ.update(QUIET)
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    if tracking_uri.startswith("sqlite:///"):
        Path(tracking_uri.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    try:
        yield MlflowClient(tracking_uri=tracking_uri)
    except (MlflowException, SQLAlchemyError, OSError) as error:
        raise BadInput(
            Problem(
                "runs cannot be logged",
                file=tracking_uri,
                found=str(error).splitlines()[0][:300],
                remedy="start the tracking server, correct tracking_uri in config/config.yaml, or"
                " leave it empty for a store inside the dossier",
            )
        ) from error


def _experiment(client: "MlflowClient", study: str, artifact_root: Path | None) -> str:
    found = client.get_experiment_by_name(study)
    if found is not None:
        return str(found.experiment_id)
    place = None if artifact_root is None else artifact_root.resolve().as_uri()
    return str(client.create_experiment(study, artifact_location=place))


def _known_runs(client: "MlflowClient", experiment: str, study: str) -> dict[str, str]:
    """Return content to run id of every run that was logged to its end."""
    chosen = f"tags.`{STUDY_TAG}` = '{study}' and attributes.status = 'FINISHED'"
    known: dict[str, str] = {}
    token = None
    while True:
        page = client.search_runs(
            [experiment], chosen, order_by=["attributes.start_time ASC"], page_token=token
        )
        for run in page:
            known.setdefault(run.data.tags.get(CONTENT_TAG, ""), run.info.run_id)
        token = page.token
        if not token:
            return known


def _start(
    client: "MlflowClient", experiment: str, study: str, run: Run, tags: Mapping[str, str]
) -> str:
    """Create a run and log all of it but its content hash."""
    from mlflow.entities import Metric, Param

    given = {STUDY_TAG: study, **run.tags, **tags}
    created = client.create_run(experiment, tags=given, run_name=run.name)
    identifier, now = str(created.info.run_id), int(time.time() * 1000)
    params = [Param(place, _text(value)) for place, value in leaves(dict(run.params))]
    metrics = [
        Metric(name, float(value), now, step)
        for name, value, step in _metrics(run)
        if math.isfinite(value)
    ]
    for start in range(0, len(params), PARAMS_AT_ONCE):
        client.log_batch(identifier, params=params[start : start + PARAMS_AT_ONCE])
    for start in range(0, len(metrics), METRICS_AT_ONCE):
        client.log_batch(identifier, metrics=metrics[start : start + METRICS_AT_ONCE])
    for path in run.artifacts:
        client.log_artifact(identifier, str(path))
    return identifier


def _metrics(run: Run) -> Iterable[tuple[str, float, int]]:
    for name, value in run.metrics.items():
        yield name, value, 0
    if run.history is not None:
        for row in run.history.to_dict("records"):
            step = int(row.pop("epoch"))
            yield from ((str(name), value, step) for name, value in row.items())


def _log_datasets(client: "MlflowClient", run: str, datasets: Mapping[str, str]) -> None:
    from mlflow.entities import Dataset, DatasetInput

    inputs = [
        DatasetInput(Dataset(name, digest[:DIGEST_LENGTH], "local", f'{{"name": "{name}"}}'))
        for name, digest in datasets.items()
    ]
    if inputs:
        client.log_inputs(run, datasets=inputs)


def _finish(client: "MlflowClient", run: str, content: str) -> None:
    """Mark a run as logged to its end, with the hash by which it is found again."""
    client.set_tag(run, CONTENT_TAG, content)
    client.set_terminated(run)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else canonical(value)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
