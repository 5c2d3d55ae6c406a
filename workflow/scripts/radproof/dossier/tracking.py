"""Tracking: a study run, its folds and its models as nested MLflow runs; one job writes them."""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pandas as pd

from radproof.dossier.logged_models import FrozenModel, Network
from radproof.dossier.tracking_client import open_client
from radproof.plan import leaves
from radproof.provenance import canonical, sha256_of

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import RunInfo

STUDY_TAG, CONTENT_TAG = "radproof.study", "radproof.content"
# MLflow's limits of one request.
PARAMS_AT_ONCE, METRICS_AT_ONCE = 100, 900
# The column of digests in MLflow's databases holds 36 characters.
DIGEST_LENGTH = 32


@dataclass(frozen=True)
class Run:
    """What is logged of a study, a fold or a model.

    ``params`` may be nested; ``history`` has a column ``epoch`` and one column a metric; files of
    ``artifacts`` are copied into the store, and ``texts`` (name of a file to what it says) with
    them; ``model`` is logged with its signature.
    """

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    history: pd.DataFrame | None = None
    artifacts: Sequence[Path] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    model: FrozenModel | Network | None = None

    def content(self) -> str:
        """Return a SHA-256 of everything that would be logged."""
        value = {
            "name": self.name,
            "params": self.params,
            "metrics": {name: repr(float(value)) for name, value in self.metrics.items()},
            "history": None if self.history is None else self.history.to_csv(index=False),
            "artifacts": {path.name: sha256_of(path) for path in self.artifacts},
            "tags": self.tags,
            "texts": self.texts,
            "model": None if self.model is None else self.model.content(),
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

    Runs that were begun and did not end are logged to their end.

    Parameters
    ----------
    tracking_uri
        ``sqlite:///…`` or the address of a server, which may hold a user and a password.
    artifact_root
        Folder of the files of a new experiment; None leaves it to the server.
    study
        Name of the experiment.
    run_key
        What sets this run of the study apart from others, such as a hash of its plan.
    parent, children
        The study, and its folds and models, which become nested runs.
    datasets
        File to SHA-256 of the data.

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
    contents = {child.name: child.content() for child in children}
    key = _hash(canonical([run_key, parent.content(), contents, dict(datasets)]))
    with open_client(tracking_uri) as client:
        place = _experiment(client, study, artifact_root)
        ended, begun = _known_runs(client, place, study)
        ids = {name: ended[one].run_id for name, one in contents.items() if one in ended}
        if key in ended and len(ids) == len(children):
            return {study: ended[key].run_id, **ids}
        known = ended | begun
        tags = {f"reused.{name}": run for name, run in ids.items()} | {"run_key": run_key}
        top = known.get(key) or _create(client, place, study, parent, key, tags)
        _log(client, top, parent)
        _log_datasets(client, top.run_id, datasets)
        for child in children:
            if child.name not in ids:
                content = contents[child.name]
                run = known.get(content) or _create(client, place, study, child, content, {})
                client.set_tag(run.run_id, "mlflow.parentRunId", top.run_id)
                _log(client, run, child)
                client.set_terminated(run.run_id)
                ids[child.name] = run.run_id
        client.set_terminated(top.run_id)
        for content in begun.keys() - {key, *contents.values()}:
            # Begun for what has changed since: nobody will end it.
            client.set_terminated(begun[content].run_id, status="KILLED")
        return {study: top.run_id, **{child.name: ids[child.name] for child in children}}


def _experiment(client: "MlflowClient", study: str, artifact_root: Path | None) -> str:
    """Return the id of the study's experiment, made where there is none.

    A local store that was copied keeps its runs, whose files lie where it was copied from, under
    another name; what is logged from now on has its files beside the copy.
    """
    found = client.get_experiment_by_name(study)
    place = None if artifact_root is None else artifact_root.resolve().as_uri()
    if found is not None and place not in (None, found.artifact_location):
        client.rename_experiment(found.experiment_id, f"{study} in {found.artifact_location}")
        found = None
    if found is not None and found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    if found is None:
        return str(client.create_experiment(study, artifact_location=place))
    return str(found.experiment_id)


def _known_runs(
    client: "MlflowClient", experiment: str, study: str
) -> tuple[dict[str, "RunInfo"], dict[str, "RunInfo"]]:
    """Return content to run: of what was logged to its end, and of what was only begun."""
    ended: dict[str, RunInfo] = {}
    begun: dict[str, RunInfo] = {}
    token = None
    while True:
        page = client.search_runs(
            [experiment],
            f"tags.`{STUDY_TAG}` = '{study}'",
            order_by=["attributes.start_time ASC"],
            page_token=token,
        )
        for run in page:
            runs = ended if run.info.status == "FINISHED" else begun
            runs.setdefault(run.data.tags.get(CONTENT_TAG, ""), run.info)
        token = page.token
        if not token:
            return ended, begun


def _create(
    client: "MlflowClient",
    experiment: str,
    study: str,
    run: Run,
    content: str,
    tags: Mapping[str, str],
) -> "RunInfo":
    """Create a run with the hash by which it is found again, even if the answer is lost."""
    known_by = {STUDY_TAG: study, CONTENT_TAG: content}
    tags = {**run.tags, **tags, **known_by}
    return client.create_run(experiment, tags=tags, run_name=run.name).info


def _log(client: "MlflowClient", info: "RunInfo", run: Run) -> None:
    """Log all of a run; what was logged before, a run cut short, stays as it is."""
    from mlflow.entities import Metric, Param

    params = [Param(place, _text(value)) for place, value in leaves(dict(run.params)) if place]
    # The time of the start for all: a value that is logged again is the same value.
    metrics = [
        Metric(name, float(value), info.start_time, step)
        for name, value, step in _metrics(run)
        if math.isfinite(value)
    ]
    for start in range(0, len(params), PARAMS_AT_ONCE):
        client.log_batch(info.run_id, params=params[start : start + PARAMS_AT_ONCE])
    for start in range(0, len(metrics), METRICS_AT_ONCE):
        client.log_batch(info.run_id, metrics=metrics[start : start + METRICS_AT_ONCE])
    for path in run.artifacts:
        client.log_artifact(info.run_id, str(path))
    for name, text in run.texts.items():
        client.log_text(info.run_id, text, name)
    if run.model is not None:
        _log_model(client, info, run.model)


def _log_model(client: "MlflowClient", info: "RunInfo", model: FrozenModel | Network) -> None:
    """Log a model with its signature, as MLflow's own ``log_model`` does, once a run."""
    from mlflow.entities import LoggedModelOutput

    found = client.search_logged_models(
        [info.experiment_id], filter_string=f"source_run_id = '{info.run_id}'"
    )
    logged = next(iter(found), None) or client.create_logged_model(
        info.experiment_id, name=model.name, source_run_id=info.run_id
    )
    # MLflow refuses to name an output twice.
    outputs = client.get_run(info.run_id).outputs
    if outputs is None or not outputs.model_outputs:
        client.log_outputs(info.run_id, [LoggedModelOutput(logged.model_id, step=0)])
    with TemporaryDirectory() as temporary:
        folder = Path(temporary, "model")
        model.write(folder)
        client.log_model_artifacts(logged.model_id, str(folder))
    client.finalize_logged_model(logged.model_id, "READY")


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
        DatasetInput(
            Dataset(
                name,
                digest[:DIGEST_LENGTH],
                "local",
                canonical({"uri": name, "sha256": digest}),
            )
        )
        for name, digest in datasets.items()
    ]
    if inputs:
        client.log_inputs(run, datasets=inputs)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else canonical(value)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
