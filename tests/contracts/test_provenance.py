"""Code closures, recorded paths and lineage."""

import json
from pathlib import Path
from typing import Any

import pytest
from radproof.dossier.lineage import results_folder, trace
from radproof.errors import BadInput
from radproof.kinds import available_kinds, kind_module
from radproof.provenance import PROJECT, SCRIPTS, code_closure, portable, resolve, sha256_of

RULE_SCRIPTS = sorted(path.stem for path in SCRIPTS.glob("*.py"))


@pytest.mark.parametrize("script", RULE_SCRIPTS)
def test_a_closure_holds_what_the_script_imports_and_no_more(script: str) -> None:
    closure = code_closure(script)
    assert SCRIPTS / f"{script}.py" in closure
    assert SCRIPTS / "radproof" / "job.py" in closure
    assert SCRIPTS / "radproof" / "cli.py" not in closure


def test_a_kind_is_in_the_closure_only_when_it_is_chosen() -> None:
    shell = SCRIPTS / "radproof" / "radiomics" / "regions" / "shell.py"
    assert shell not in code_closure("extract_features")
    assert shell in code_closure("extract_features", [kind_module("region", "shell")])


def test_unknown_kind_lists_those_there_are() -> None:
    with pytest.raises(BadInput, match=", ".join(available_kinds("region"))):
        kind_module("region", "ring")


@pytest.mark.parametrize(
    ("path", "recorded"),
    [
        ("results/s/cohort/flow.tsv", "cohort/flow.tsv"),
        ("/data/sts/sub-1/a.nii.gz", "dataset:sts/sub-1/a.nii.gz"),
        (str(PROJECT / "config/x.tsv"), "project:config/x.tsv"),
    ],
)
def test_recorded_paths_resolve_to_where_they_came_from(path: str, recorded: str) -> None:
    results, datasets = Path("results/s"), {"sts": "/data/sts"}
    assert portable(path, results, datasets) == recorded
    assert str(resolve(recorded, results, datasets, PROJECT)) == path


def write_record(results: Path, rule: str, inputs: dict[str, Path], outputs: list[str]) -> None:
    def entry(recorded: str, place: Path) -> dict[str, Any]:
        return {"name": "", "path": recorded, "bytes": 1, "sha256": sha256_of(place)}

    record = {
        "rule": rule,
        "label": "all",
        "inputs": [entry(recorded, place) for recorded, place in inputs.items()],
        "outputs": [entry(name, results / name) for name in outputs],
        "code": {"sha256": "c", "files": {}},
        "settings": {"seed": 1},
        "lock_sha256": "l",
        "started": "",
        "ended": "",
        "seconds": 0,
    }
    path = results / "records" / rule / "all.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(record))


@pytest.fixture
def chain(tmp_path: Path) -> Path:
    """scan → image → table, each made from the one before; returns the results folder."""
    results = tmp_path / "results"
    results.mkdir()
    (tmp_path / "data").mkdir()
    for path in (tmp_path / "data" / "scan", results / "image", results / "table"):
        path.write_text(path.name)
    scan = {"dataset:d/scan": tmp_path / "data" / "scan"}
    write_record(results, "prepare", scan, ["image"])
    write_record(results, "measure", {"image": results / "image"}, ["table"])
    return results


def test_a_chain_reaches_the_raw_file(chain: Path) -> None:
    lineage = trace(["table"], chain, {"d": str(chain.parent / "data")})
    assert [job["rule"] for job in lineage.jobs] == ["measure", "prepare"]
    assert list(lineage.sources) == ["dataset:d/scan"]
    assert not lineage.problems
    assert not lineage.absent


def test_raw_files_that_are_not_here_are_said_to_be_absent(chain: Path) -> None:
    lineage = trace(["table"], chain, {})
    assert lineage.absent == ["dataset:d/scan"]
    assert not lineage.problems


@pytest.mark.parametrize("name", ["data/scan", "results/image", "results/table"])
def test_tampering_is_found_and_named(chain: Path, name: str) -> None:
    path = chain.parent / name
    path.write_text("tampered")
    lineage = trace(["table"], chain, {"d": str(chain.parent / "data")})
    assert [problem.file.split("/")[-1] for problem in lineage.problems] == [path.name]


def test_a_missing_record_is_found(chain: Path) -> None:
    (chain / "records" / "prepare" / "all.json").unlink()
    lineage = trace(["table"], chain, {})
    assert [problem.file for problem in lineage.problems] == ["image"]


def test_a_file_outside_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        results_folder(tmp_path / "nothing.svg")
    (tmp_path / "figure.svg").write_text("")
    with pytest.raises(BadInput, match="no results folder"):
        results_folder(tmp_path / "figure.svg")


def test_files_are_shared_out_among_patients_or_refused() -> None:
    from radproof.job import of_patients

    assert of_patients(["a", "b"], ["1", "2", "3", "4"]) == {"a": ["1", "2"], "b": ["3", "4"]}
    with pytest.raises(ValueError, match="3 files of 2 patients"):
        of_patients(["a", "b"], ["1", "2", "3"])
