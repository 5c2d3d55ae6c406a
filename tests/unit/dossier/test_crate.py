"""A study as a research object: complete, of nobody's name, and the same bytes each time."""

import os
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from radproof.dossier.crate import Run, describe
from radproof.dossier.held_files import code_of, files_of, held_in_place
from radproof.dossier.lineage import trace
from radproof.dossier.pseudonyms import pseudonyms
from radproof.provenance import PROJECT, sha256_of
from radproof.tables import as_json, write_json

from tests.unit.dossier.small_project import DESCRIBED, JOBS, PATIENTS, datasets, make_project

USED = {name: DESCRIBED[name] for name in ("plan", "sheet", "lock")}
OWN = ["project:Snakefile", "project:LICENSE"]
ENDS = ["dossier/report.html", "dossier/lineage.json"]


def crate_of(results: Path) -> dict[str, Any]:
    chain = trace(ENDS, results, datasets(results), results.parents[1])
    assert chain.problems == []
    key = pseudonyms(PATIENTS, {})
    paths = {*files_of(chain.jobs), *code_of(chain.jobs), *OWN, *USED.values()}
    held = held_in_place(paths, results, results.parents[1], key)
    return describe(Run("A study", chain.jobs, USED, OWN[0], ENDS, key), held)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")


@pytest.fixture
def entities(results: Path) -> dict[str, dict[str, Any]]:
    return {entity["@id"]: entity for entity in crate_of(results)["@graph"]}


def test_every_job_says_by_what_from_what_to_what_and_when(entities: dict[str, Any]) -> None:
    for number, rule in enumerate(JOBS):
        job = entities[f"#job-{rule}-all"]
        assert job["@type"] == "CreateAction"
        assert job["instrument"] == {"@id": f"../../../workflow/scripts/{rule}.py"}
        assert f"code {number:064}" in job["description"] and "seed 1" in job["description"]
        assert job["startTime"] < job["endTime"]
    drawn = entities["#job-plot_roc-all"]
    assert drawn["object"] == {"@id": "../models/m/predictions.tsv"}
    assert {"@id": "../figures/roc.svg"} in drawn["result"]


def test_the_workflow_has_its_language_tools_steps_and_parameters(entities: dict[str, Any]) -> None:
    workflow = entities[entities["./"]["mainEntity"]["@id"]]
    assert {"ComputationalWorkflow", "HowTo"} <= set(workflow["@type"])
    assert entities[workflow["programmingLanguage"]["@id"]]["name"] == "Snakemake"
    steps = [entities[step["@id"]] for step in workflow["step"]]
    assert [step["name"] for step in steps] == list(JOBS)
    assert [entities[part["@id"]]["workExample"]["@id"] for part in workflow["input"]] == [
        f"../../../{path.removeprefix('project:')}" for path in USED.values()
    ]
    libraries = {entities[ref["@id"]]["name"] for ref in workflow["softwareRequirements"]}
    assert libraries == {"Python", "numpy", "snakemake"}


def test_files_that_are_held_have_their_size_and_hash(
    results: Path, entities: dict[str, Any]
) -> None:
    held = [entity for entity in entities.values() if "File" in entity["@type"]]
    assert len(held) > 15
    for entity in held:
        file = results / "dossier" / entity["@id"]
        assert (entity["sha256"], entity["contentSize"]) == (
            sha256_of(file),
            str(file.stat().st_size),
        )


def test_scans_are_named_by_hash_and_place_and_are_no_part(
    results: Path, entities: dict[str, Any]
) -> None:
    scan = entities["#dataset%3Ad/sub-P001/anat/sub-P001_T1w.nii.gz"]
    raw = Path(datasets(results)["d"]) / "sub-ANNA7" / "anat" / "sub-ANNA7_T1w.nii.gz"
    assert (scan["@type"], scan["sha256"]) == ("CreativeWork", sha256_of(raw))
    assert scan["@id"] not in {part["@id"] for part in entities["./"]["hasPart"]}
    assert {"@id": "#images/P002/T1w.nii.gz"} in entities["#job-prepare_images-all"]["result"]


def test_nobody_is_named(results: Path) -> None:
    text = as_json(crate_of(results))
    assert not [name for name in PATIENTS if name in text]


def test_dates_and_ids_are_of_the_records(results: Path, entities: dict[str, Any]) -> None:
    assert as_json(crate_of(results)) == as_json(crate_of(results))
    assert entities["./"]["datePublished"] == entities["#run"]["endTime"]
    assert all(not key.startswith("#") or key.count("-") < 5 for key in entities)


def validator() -> list[str]:
    """The interpreter of an environment that has roc-validator, or nothing."""
    command = os.environ.get("ROCRATE_VALIDATOR") or shutil.which("rocrate-validator")
    return [str(Path(command).with_name("python"))] if command else []


def test_the_crate_is_valid(results: Path) -> None:
    if not validator():
        pytest.skip(
            "rocrate-validator is not on the PATH (install roc-validator into an environment of its"
            " own, and name its command in ROCRATE_VALIDATOR)"
        )
    write_json(crate_of(results), results / "dossier" / "ro-crate-metadata.json")
    context = files("rocrate") / "data" / "ro-crate.jsonld"
    script = PROJECT / "tests" / "contracts" / "validate_crate.py"
    command = [*validator(), str(script), str(results / "dossier"), str(context), "REQUIRED"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
