"""A package for a journal: no scan, mask, network or name, the same bytes each time."""

import json
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
from radproof.dossier.bundle import write_bundle
from radproof.errors import BadInput, CheckFailed
from radproof.provenance import seal_of, sha256_of

from tests.unit.dossier.small_project import PATIENTS, datasets, make_project


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")


@pytest.fixture
def contents(results: Path, tmp_path: Path) -> dict[str, str]:
    write_bundle(results, tmp_path / "s.zip", datasets(results), results.parents[1])
    with zipfile.ZipFile(tmp_path / "s.zip") as package:
        return {name: package.read(name).decode() for name in package.namelist()}


def test_it_holds_report_figures_tables_code_and_description(contents: dict[str, str]) -> None:
    results = "results/s"
    for name in [
        *("README.md", "ro-crate-metadata.json", "Snakefile", "LICENSE", "envs/cpu.lock"),
        *("config/studies/s.yaml", "workflow/scripts/plot_roc.py"),
        *(f"{results}/dossier/report.html", f"{results}/figures/roc.svg"),
        *(f"{results}/figures/roc.png", f"{results}/figures/roc.tsv"),
    ]:
        assert name in contents


def test_it_holds_no_scan_mask_network_or_drawing_of_one(contents: dict[str, str]) -> None:
    assert not [name for name in contents if name.endswith((".nii.gz", ".keras"))]
    assert not [name for name in contents if "overlays" in name]
    report = contents["results/s/dossier/report.html"]
    assert "figure-overlays-unet" in report and "ANNA7==" not in report
    assert "base64,BERT3==" in report, "an embedded picture is left as it is"


def test_nobody_is_named(contents: dict[str, str]) -> None:
    texts = dict(contents)
    report = texts.pop("results/s/dossier/report.html").replace("base64,BERT3==", "")
    assert not [n for name in PATIENTS for n, text in texts.items() if name in text + n]
    assert not [name for name in PATIENTS if name in report]
    assert "<td>P001</td><td>dark</td>" in report
    assert contents["results/s/models/m/predictions.tsv"].splitlines()[1] == "P001\t0.25\tn/a"
    assert contents["config/cohorts/s.tsv"].splitlines()[2].startswith("P002\td")


def test_records_are_in_it_and_say_what_it_holds(contents: dict[str, str]) -> None:
    record = json.loads(contents["results/s/records/predict/all.json"])
    assert record["inputs"][0]["path"] == "segmentation/unet/masks/P001.nii.gz"
    (table,) = record["outputs"]
    given = contents["results/s/models/m/predictions.tsv"].encode()
    assert table["sha256"] == sha256(given).hexdigest()
    assert record["sha256"] == seal_of(record)


def test_the_description_says_what_was_left_out_and_what_renamed(contents: dict[str, str]) -> None:
    graph = json.loads(contents["ro-crate-metadata.json"])["@graph"]
    entities = {entity["@id"]: entity for entity in graph}
    text = entities["./"]["description"]
    assert "automated masks, probabilities and networks (2 files)" in text
    assert "models/m/predictions.tsv" in text
    table = entities["results/s/models/m/predictions.tsv"]
    original = entities[table["isBasedOn"]["@id"]]
    assert "P001" in table["description"] and original["sha256"] != table["sha256"]
    assert entities["#job-predict-all"]["result"] == {"@id": original["@id"]}


def test_every_file_but_the_metadata_is_described(contents: dict[str, str]) -> None:
    graph = json.loads(contents["ro-crate-metadata.json"])["@graph"]
    held = {entity["@id"] for entity in graph if "File" in entity["@type"]}
    assert held == set(contents) - {"ro-crate-metadata.json"}


def test_the_same_results_give_the_same_bytes(results: Path, tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        write_bundle(results, tmp_path / name, {}, results.parents[1])
    assert sha256_of(tmp_path / "one.zip") == sha256_of(tmp_path / "two.zip")


def test_what_was_changed_is_not_packed(results: Path, tmp_path: Path) -> None:
    (results / "figures" / "roc.tsv").write_text("threshold\n0.6\n")
    with pytest.raises(CheckFailed, match=r"figures/roc\.tsv"):
        write_bundle(results, tmp_path / "s.zip", {}, results.parents[1])
    assert not (tmp_path / "s.zip").exists()


def test_a_study_that_did_not_end_is_refused(results: Path, tmp_path: Path) -> None:
    (results / "records" / "describe_crate" / "all.json").unlink()
    with pytest.raises(BadInput, match="not described as a research object"):
        write_bundle(results, tmp_path / "s.zip", {}, results.parents[1])
