"""What the tests of segmentation share."""

from pathlib import Path

import pytest

from tests.unit.segmentation.phantoms import ORIGIN, SETTINGS, write_phantoms


@pytest.fixture(scope="session")
def tensorflow_ready() -> None:
    """Fix TensorFlow's threads before the first computation, as each job does."""
    from radproof.segmentation.runtime import configure

    configure(threads=1, seed=0)


@pytest.fixture(scope="session")
def trained(tensorflow_ready, tmp_path_factory):
    """A segmenter trained on ten phantoms: the result, its log, its file and its patients."""
    from radproof.segmentation.model_files import save_model
    from radproof.segmentation.training import Trainer

    folder: Path = tmp_path_factory.mktemp("trained")
    patients = [f"p{number}" for number in range(10)]
    images, masks = write_phantoms(folder, patients)
    lines: list[str] = []
    result = Trainer(SETTINGS, 2, lines.append).train(patients, images, masks, 5)
    save_model(result.model, folder / "model.keras", ORIGIN)
    return result, lines, folder / "model.keras", patients
