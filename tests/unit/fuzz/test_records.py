"""Whatever stands in the records of a results folder: they are followed, or refused by name."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from radproof.dossier.graph import as_svg
from radproof.dossier.lineage import as_dict, as_text, read_records, summary, trace
from radproof.dossier.record_form import record_fault
from radproof.dossier.verification import RECOMPUTE, recompute
from radproof.errors import BadInput
from radproof.tables import read_json

from tests.unit.dossier.results_folder import made_up_stability
from tests.unit.dossier.test_lineage import GONE, MASK, record
from tests.unit.fuzz.mutations import JUNK, TREES, bounded, spoilt_tree

CODE = {"sha256": "c" * 64, "files": {"workflow/scripts/x.py": "d" * 64}}
FILE = {"name": "masks", "path": MASK, "sha256": "e" * 64, "bytes": 3}
SOUND = {
    "rule": "draw",
    "label": "all",
    "inputs": [FILE | {"path": "dataset:sts/a.nii.gz"}, FILE | {"path": "project:/tmp/plan.yaml"}],
    "outputs": [FILE],
    "settings": {"seed": 1},
    "code": CODE,
    "lock_sha256": "d" * 64,
    "started": "2025-01-01T00:00:00+00:00",
    "ended": "2025-01-01T00:00:01+00:00",
    "seconds": 1.0,
}


@bounded(200)
@given(tree=spoilt_tree(SOUND) | TREES)
def test_any_record_is_followed_or_named(tmp_path: Path, tree: Any) -> None:
    record(tmp_path, "segment", {}, {"probabilities": GONE})
    (tmp_path / MASK).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / MASK).write_text("mask")
    place = tmp_path / "records" / "draw" / "all.json"
    place.parent.mkdir(exist_ok=True)
    place.write_text(json.dumps(tree))
    chain = trace([MASK], tmp_path, {}, tmp_path)
    assert chain.problems
    json.dumps([as_dict(chain), summary(chain)])
    assert as_text(chain) and as_svg(chain).startswith("<svg")


@pytest.mark.parametrize("junk", JUNK)
def test_statistics_of_a_record_of_another_form_are_one_message(tmp_path: Path, junk: Any) -> None:
    made_up_stability(tmp_path)
    (place,) = (tmp_path / "records" / "assess_stability").glob("*.json")
    honest = read_json(place)
    assert honest["rule"] in RECOMPUTE
    for spoilt in (
        honest | {"settings": junk},
        honest | {"settings": honest["settings"] | {"masks": junk}},
        honest | {"settings": honest["settings"] | {"stability": junk}},
    ):
        place.write_text(json.dumps(spoilt))
        with pytest.raises(BadInput, match="record"):
            for found in read_records(tmp_path):
                recompute(tmp_path, found)


@pytest.mark.parametrize(
    "path",
    [
        *("../../secret", "/etc/passwd", "figures/../../x.svg", "dataset:../x", "dataset:sts//x"),
        *("figures\\x.svg", "figures/{x}", "a\nb", "project:a\0b", "."),
    ],
)
def test_a_record_names_nothing_outside_the_study(path: str) -> None:
    assert record_fault(SOUND) == ""
    assert path in record_fault(SOUND | {"outputs": [FILE | {"path": path}]})


def test_a_chain_of_no_job_can_be_drawn(tmp_path: Path) -> None:
    (tmp_path / "lonely.tsv").touch()
    assert "PROBLEM" in as_svg(trace(["lonely.tsv"], tmp_path, {}))
