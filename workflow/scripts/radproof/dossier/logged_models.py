"""Models as MLflow keeps them: a folder with its signature, and nothing pickled in it."""

import json
import shutil
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from radproof.kinds import kind_module
from radproof.models.served import MODEL, SETTINGS, input_columns
from radproof.provenance import SCRIPTS, code_closure, sha256_of
from radproof.tables import read_json, write_json

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

SERVED = "radproof.models.served"
# What the code of a frozen model imports, at the versions it was made with.
REQUIRED = ["mlflow", "numpy", "pandas", "scipy", "scikit-learn", "numba"]


@dataclass(frozen=True)
class FrozenModel:
    """A fitted model with its plan's entry, which ``mlflow.pyfunc.load_model`` can load."""

    name: str
    path: Path
    settings: Mapping[str, Any]

    def content(self) -> dict[str, Any]:
        """Return what the model is."""
        return {"model": sha256_of(self.path), "settings": dict(self.settings)}

    def write(self, folder: Path) -> None:
        """Write the model, its signature and the code that predicts from it to a new folder."""
        import mlflow.pyfunc

        settings, model = dict(self.settings), read_json(self.path)
        with TemporaryDirectory() as temporary:
            data, code = Path(temporary, "frozen"), Path(temporary, "code")
            write_json(settings, data / SETTINGS)
            shutil.copy(self.path, data / MODEL)
            for path in _code_of(model, settings):
                target = code / path.relative_to(SCRIPTS)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)
            with warnings.catch_warnings():
                # MLflow asks for an example of the input: that would be a patient.
                warnings.filterwarnings("ignore", message=".*input example")
                mlflow.pyfunc.save_model(
                    folder,
                    loader_module=SERVED,
                    data_path=str(data),
                    code_paths=[str(code / "radproof")],
                    signature=_table_signature(model, settings),
                    # Given, so that MLflow does not load the model to find them out.
                    pip_requirements=[f"{name}=={version(name)}" for name in REQUIRED],
                )


@dataclass(frozen=True)
class Network:
    """A network of a fold, as Keras wrote it."""

    name: str
    path: Path

    def content(self) -> dict[str, Any]:
        """Return what the network is."""
        return {"network": sha256_of(self.path)}

    def write(self, folder: Path) -> None:
        """Write the network with its signature to a new folder; TensorFlow is not needed."""
        from mlflow.models import Model

        folder.mkdir(parents=True)
        shutil.copy(self.path, folder / self.path.name)
        model = Model(signature=_network_signature(self.path))
        model.add_flavor("keras_file", data=self.path.name, sha256=sha256_of(self.path))
        model.save(str(folder / "MLmodel"))


def _code_of(model: Mapping[str, Any], settings: Mapping[str, Any]) -> list[Path]:
    modules = [SERVED, kind_module("model", settings["kind"])]
    if "harmonisation" in model:
        modules.append(kind_module("harmonisation", model["harmonisation"]["kind"]))
    return code_closure(SERVED.replace(".", "/"), modules)


def _table_signature(model: dict[str, Any], settings: dict[str, Any]) -> "ModelSignature":
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema, TensorSpec

    inputs: list[ColSpec | TensorSpec] = [
        ColSpec(kind, name) for name, kind in input_columns(model, settings).items()
    ]
    # MLflow has no schema of no columns: a model that selected nothing takes any table.
    given = Schema(inputs) if inputs else None
    return ModelSignature(given, Schema([ColSpec("double", "probability")]))


def _network_signature(path: Path) -> "ModelSignature":
    """Return shapes and types of a network's inputs, as its file says them, and its output."""
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema, TensorSpec

    with zipfile.ZipFile(path) as archive:
        layers = json.loads(archive.read("config.json"))["config"]["layers"]
    inputs = [layer["config"] for layer in layers if layer["class_name"] == "InputLayer"]
    specs: list[ColSpec | TensorSpec] = [
        TensorSpec(
            np.dtype(layer["dtype"]),
            tuple(-1 if size is None else size for size in layer["batch_shape"]),
            layer["name"],
        )
        for layer in inputs
    ]
    output = TensorSpec(np.dtype("float32"), (-1, -1, -1, 1), "probability")
    return ModelSignature(Schema(specs), Schema([output]))
