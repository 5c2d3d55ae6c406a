"""One changed byte anywhere in a chain is found, and the file is named."""

from pathlib import Path

import pytest
from radproof.dossier.lineage import study_problems, trace
from radproof.provenance import resolve

from tests.unit.dossier.small_project import datasets, make_project


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")


def problems_of(results: Path) -> list[str]:
    project = results.parents[1]
    chain = trace(["dossier/report.html"], results, datasets(results), project)
    return [problem.file for problem in chain.problems + study_problems(results, project)]


def change_a_byte(path: Path, place: int = -1) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(bytes(content))


@pytest.mark.parametrize(
    "name",
    [
        "models/m/predictions.tsv",
        "images/ANNA7/T1w.nii.gz",
        "segmentation/unet/masks/ANNA7.nii.gz",
        "segmentation/unet/fold-1/model.keras",
        "figures/roc.svg",
        "figures/roc.png",
        "dossier/lineage.json",
        "dossier/report.html",
        "project:config/cohorts/s.tsv",
        "project:config/studies/s.yaml",
        "project:envs/cpu.lock",
        "project:Snakefile",
        "dataset:d/sub-BERT3/anat/sub-BERT3_T1w.nii.gz",
    ],
)
def test_a_changed_byte_of_a_file_is_found(results: Path, name: str) -> None:
    assert problems_of(results) == []
    file = resolve(name, results, datasets(results), results.parents[1])
    assert file
    change_a_byte(file)
    assert set(problems_of(results)) == {name}


def test_changed_code_is_a_problem_here_and_a_note_elsewhere(results: Path, tmp_path: Path) -> None:
    script = "workflow/scripts/plot_roc.py"
    change_a_byte(results.parents[1] / script)
    assert problems_of(results) == [script]
    elsewhere = trace(["figures/roc.svg"], results, {}, tmp_path / "another")
    assert script in " ".join(elsewhere.notes)


@pytest.mark.parametrize(
    "text",
    [b'"seed": 1', b'"numpy": "2', b'"threads": 1', b'"started": "2025', b'"lock_sha256": "d'],
)
def test_a_changed_byte_of_a_record_is_found(results: Path, text: bytes) -> None:
    record = results / "records" / "plot_roc" / "all.json"
    content = record.read_bytes()
    change_a_byte(record, content.index(text) + len(text) - 1)
    assert problems_of(results) == ["records/plot_roc/all.json"]


def test_a_record_that_is_no_json_or_gone_is_found(results: Path) -> None:
    record = results / "records" / "plot_roc" / "all.json"
    content = record.read_bytes()
    record.write_bytes(content[:-3])
    lost = {"figures/roc.tsv", "figures/roc.png"}
    assert set(problems_of(results)) == lost | {str(record)}
    record.write_bytes(content.replace(b'"ended"', b'"endee"'))
    assert set(problems_of(results)) == lost
    record.unlink()
    assert set(problems_of(results)) == lost
