"""The chain is drawn by rule and stage, and what was changed is marked."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from radproof.cli import app
from radproof.dossier.graph import as_svg, collapse, needed, rule_order
from radproof.dossier.lineage import trace
from typer.testing import CliRunner

from tests.unit.dossier.small_project import JOBS, datasets, make_project


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")


def drawn(results: Path) -> list[str]:
    chain = trace(["figures/roc.svg"], results, datasets(results), results.parents[1])
    return [text.text or "" for text in ET.fromstring(as_svg(chain)).iter() if text.text]


def test_a_box_a_rule_and_a_column_a_stage(results: Path) -> None:
    texts = drawn(results)
    for text in ["raw files", "images", "segmentation", "models", "figures", "prepare_images"]:
        assert text in texts
    assert "2 files" in texts and "1 job, code 00000000" in texts
    assert "every hash that could be checked is as recorded" in texts


def test_what_was_changed_is_marked_and_said(results: Path) -> None:
    (results / "segmentation" / "unet" / "masks" / "ANNA7.nii.gz").write_text("other")
    texts = drawn(results)
    assert "1 job, code 00000000, CHANGED" in texts
    assert any(text.startswith("PROBLEM: segmentation/unet/masks/ANNA7") for text in texts)


def test_lines_that_follow_from_others_are_left_out(results: Path) -> None:
    chain = trace(["figures/roc.svg"], results, datasets(results), results.parents[1])
    nodes, edges = collapse(chain)
    assert edges["prepare_images", "segment_patients"] == 1
    shown = needed(nodes, edges)
    assert ("prepare_images", "segment_patients") not in shown
    assert ("prepare_images", "train_segmenter") in shown


def test_rules_come_in_an_order_in_which_they_can_run(results: Path) -> None:
    chain = trace(["dossier/report.html"], results, {}, results.parents[1])
    assert rule_order(chain.jobs) == list(JOBS)


def test_the_same_chain_gives_the_same_bytes(results: Path) -> None:
    chains = [trace(["figures/roc.svg"], results, {}, results.parents[1]) for _ in range(2)]
    assert as_svg(chains[0]) == as_svg(chains[1])


def test_trace_draws_on_request(results: Path, tmp_path: Path) -> None:
    drawing = tmp_path / "drawn" / "chain.svg"
    command = ["trace", str(results / "figures" / "roc.tsv"), "--graph", str(drawing)]
    done = CliRunner().invoke(app, command)
    # The sheet of this made-up project is not in the one that runs the test.
    assert done.exit_code == 1 and "project:config/cohorts/s.tsv: file is missing" in done.stdout
    assert ET.parse(drawing).getroot().tag.endswith("svg")
