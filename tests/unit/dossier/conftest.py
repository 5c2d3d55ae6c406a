"""A results folder for verification, made once and copied for each test that changes it."""

import shutil
from pathlib import Path

import pytest

from tests.unit.dossier.results_folder import results_folder


@pytest.fixture(scope="session")
def made_results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return results_folder(tmp_path_factory.mktemp("made"))


@pytest.fixture
def results(made_results: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made_results, tmp_path / "results"))
