"""A chain is followed past temporary files that are gone; where they are, their bytes count."""

from pathlib import Path
from typing import Any

import pytest
from radproof.dossier.lineage import as_dict, as_text, trace
from radproof.provenance import file_entries
from radproof.tables import write_json

GONE = "segmentation/unet/probabilities/P1.nii.gz"
MASK = "segmentation/unet/masks/P1.nii.gz"


def record(
    results: Path, rule: str, inputs: dict[str, str], outputs: dict[str, str], **more: Any
) -> None:
    """Write the files and the record of a job, given names and paths of its files."""
    for path in (results / path for path in [*inputs.values(), *outputs.values()]):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name)

    def entries(files: dict[str, str]) -> list[dict[str, Any]]:
        return file_entries([(name, str(results / at)) for name, at in files.items()], results, {})

    job = {"rule": rule, "label": "all", "inputs": entries(inputs), "outputs": entries(outputs)}
    job |= {"settings": {"seed": 1}, "code": {"sha256": "c" * 64, "files": {}}}
    job |= {"lock_sha256": "d" * 64, "started": "2025-01-01T00:00:00+00:00", "seconds": 1.0}
    job |= {"ended": "2025-01-01T00:00:01+00:00", **more}
    write_json(job, results / "records" / rule / f"{job['label']}.json")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    record(tmp_path, "segment", {}, {"probabilities": GONE}, temporary=["probabilities"])
    record(tmp_path, "draw", {"probabilities": GONE}, {"masks": MASK})
    return tmp_path


def test_a_temporary_file_that_is_gone_is_fine(results: Path) -> None:
    (results / GONE).unlink()
    chain = trace([MASK], results, {})
    assert chain.problems == []
    assert [job["rule"] for job in chain.jobs] == ["draw", "segment"]
    assert as_dict(chain)["not_kept"] == [GONE]
    assert f"not kept: {GONE}" in as_text(chain)


def test_the_job_that_ended_last_made_a_file_whatever_its_label(results: Path) -> None:
    (results / MASK).write_text("drawn in another grouping")
    newer = {"label": "a", "ended": "2025-01-02T00:00:00+00:00"}
    record(results, "draw", {"probabilities": GONE}, {"masks": MASK}, **newer)
    chain = trace([MASK], results, {})
    assert chain.problems == []
    assert chain.jobs[0]["label"] == "a"


def test_a_temporary_file_that_is_there_is_checked(results: Path) -> None:
    chain = trace([MASK], results, {})
    assert (chain.problems, chain.not_kept) == ([], [])
    (results / GONE).write_text("other")
    (problem,) = trace([MASK], results, {}).problems
    assert problem.file == GONE
    assert problem.what == "file is not what draw all recorded"


def test_any_other_file_that_is_gone_is_a_problem(results: Path) -> None:
    (results / MASK).unlink()
    (problem,) = trace([MASK], results, {}).problems
    assert (problem.file, problem.what) == (MASK, "file is missing")


def test_who_reads_a_file_does_not_make_it_temporary(results: Path) -> None:
    record(results, "segment", {}, {"probabilities": GONE})
    record(results, "draw", {"probabilities": GONE}, {"masks": MASK}, temporary=["probabilities"])
    (results / GONE).unlink()
    (problem,) = trace([MASK], results, {}).problems
    assert problem.file == GONE
