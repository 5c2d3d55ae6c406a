"""Models in MLflow: signature, the same probabilities, loadable by itself, and no pickle."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from radproof.dossier.logged_models import FrozenModel, Network
from radproof.models.fitting import Fitted, fit_model
from radproof.models.predicting import APPARENT, HELD_OUT, predict_model
from radproof.tables import write_json

from tests.unit.dossier.network_file import write_network
from tests.unit.models.cohort import CLASSIFIERS, CLINICAL, LASSO, LOGISTIC, MIXED, NOMOGRAM
from tests.unit.models.test_harmonising import COMBAT, make_centers

COHORT = make_centers()
FOREST = {"kind": "random_forest", **CLASSIFIERS["random_forest"], **MIXED}
SMALL = LASSO | {"lambdas": 15, "inner_folds": 3}


def fit(settings: dict[str, Any], upstream: dict[str, pd.DataFrame], combat: bool) -> Fitted:
    features = (COHORT.features, COHORT.stability) if "radiomics" in settings else (None, None)
    harmonisation = COMBAT if combat else None
    training = COHORT.training
    return fit_model("one", settings, training, CLINICAL, *features, upstream, 11, harmonisation)


def predictions(fitted: Fitted, settings: dict[str, Any], upstream: dict[str, pd.DataFrame]):
    features = COHORT.features if "radiomics" in settings else None
    table = predict_model(
        fitted.model, settings, COHORT.patients, features, upstream, fitted.out_of_fold
    )
    return table[table["kind"].isin([APPARENT, HELD_OUT])]


@pytest.fixture(autouse=True)
def own_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the code of a loaded model, which MLflow puts on the path, off it again."""
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.fixture(scope="module")
def upstream() -> tuple[Fitted, pd.DataFrame]:
    fitted = fit(SMALL, {}, False)
    return fitted, predictions(fitted, SMALL, {})


@pytest.fixture(scope="module")
def patients(upstream: tuple[Fitted, pd.DataFrame]) -> pd.DataFrame:
    """All that is known of each patient, with the score of the model upstream."""
    scored = upstream[1].set_index("patient")
    table = COHORT.patients.set_index("patient").join(COHORT.features)
    return table.assign(radiomics=scored["score"] - scored["score_mean"])


@pytest.mark.parametrize(
    ("settings", "combat", "asked"),
    [
        (LOGISTIC, False, {"age": "double", "stage": "string"}),
        (NOMOGRAM, False, {"stage": "string", "radiomics": "double"}),
        (SMALL, True, {"center": "string", "age": "double", "stage": "string"}),
        (FOREST, False, {"age": "double", "stage": "string"}),
    ],
    ids=["clinical", "nomogram", "harmonised", "forest"],
)
def test_a_logged_model_gives_the_probabilities_of_the_study(
    settings, combat, asked, upstream, patients, tmp_path: Path
) -> None:
    import mlflow.pyfunc

    scores = settings.get("scores", [])
    fitted = fit(settings, {"radiomics": upstream[0].out_of_fold} if scores else {}, combat)
    expected = predictions(fitted, settings, {"radiomics": upstream[1]} if scores else {})
    write_json(fitted.model, tmp_path / "model.json")
    folder = tmp_path / "logged"
    FrozenModel("one", tmp_path / "model.json", settings).write(folder)
    assert pickled(folder) == []
    loaded = mlflow.pyfunc.load_model(str(folder))
    features = fitted.model["features"] if "radiomics" in settings else []
    inputs = {column.name: column.type.name for column in loaded.metadata.signature.inputs}
    assert inputs == asked | dict.fromkeys(features, "double")
    assert [(one.name, one.type.name) for one in loaded.metadata.signature.outputs] == [
        ("probability", "double")
    ]
    given = patients.loc[expected["patient"], list(inputs)]
    given = given.assign(**{name: given[name].astype(float) for name in inputs if name == "age"})
    got = loaded.predict(given)
    assert list(got.index) == list(expected["patient"])
    assert list(got["probability"]) == list(expected["probability"])


def test_a_model_that_selected_nothing_is_logged_too(patients, tmp_path: Path) -> None:
    import mlflow.pyfunc

    nothing = {"name": "one", "kind": "lasso", "features": [], "terms": [], "clinical": []}
    write_json(nothing | {"intercept": 0.0, "score_mean": 0.0}, tmp_path / "model.json")
    FrozenModel("one", tmp_path / "model.json", SMALL).write(tmp_path / "logged")
    got = mlflow.pyfunc.load_model(str(tmp_path / "logged")).predict(patients)
    assert list(got["probability"]) == [0.5] * len(patients)


def pickled(folder: Path) -> list[str]:
    """Files of a logged model that are anything but text, or that a loader may unpickle."""
    flavor = yaml.safe_load((folder / "MLmodel").read_text())["flavors"]["python_function"]
    odd = [path.name for path in folder.rglob("*") if path.suffix in (".pkl", ".pickle", ".joblib")]
    for path in folder.rglob("*"):
        if path.is_file() and b"\0" in path.read_bytes():
            odd.append(path.name)
    return odd + [name for name in flavor if "cloudpickle" in name or name == "python_model"]


def test_a_logged_model_brings_its_code_along(tmp_path: Path) -> None:
    write_json(fit(LOGISTIC, {}, False).model, tmp_path / "model.json")
    FrozenModel("one", tmp_path / "model.json", LOGISTIC).write(tmp_path / "logged")
    code = (
        "import sys, json; sys.path[:] = [p for p in sys.path if 'workflow' not in p];"
        " import pandas as pd, mlflow.pyfunc; m = mlflow.pyfunc.load_model(sys.argv[1]);"
        " t = pd.DataFrame({'age': [61.5], 'stage': [None]});"
        " print(json.dumps(m.predict(t)['probability'].tolist()));"
        " import radproof; assert radproof.__file__.startswith(sys.argv[1])"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, str(tmp_path / "logged")],
        cwd=tmp_path,
        env={"MLFLOW_DISABLE_TELEMETRY": "true", "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    [probability] = json.loads(done.stdout)
    assert 0 < probability < 1


def test_a_network_is_logged_as_it_is_with_its_signature(tmp_path: Path) -> None:
    from mlflow.models import Model

    path = write_network(tmp_path / "model.keras")
    Network("unet-fold-1", path).write(tmp_path / "logged")
    assert (tmp_path / "logged" / "model.keras").read_bytes() == path.read_bytes()
    signature = Model.load(tmp_path / "logged").signature
    assert [(one.name, one.shape) for one in signature.inputs] == [("image", (-1, -1, -1, 3))]
    assert [(one.name, one.shape) for one in signature.outputs] == [
        ("probability", (-1, -1, -1, 1))
    ]
