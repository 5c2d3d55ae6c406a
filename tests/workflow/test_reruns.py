"""What changes rerun what: content decides, and only what a rule uses."""

import os
from pathlib import Path
from typing import Any

import pytest
from radproof.dossier.captions import caption_of
from radproof.provenance import sha256_of
from radproof.schema import read_yaml

from tests.workflow.conftest import PATIENTS, Project

pytestmark = pytest.mark.study

PAGE = {"write_report": 1, "describe_crate": 1}
GROUPS = ["fold-1", "fold-2", "fold-3", "test"]


def replan(project: Project, **changes: Any) -> None:
    plan = read_yaml(project.plan_path)
    for path, value in changes.items():
        *parents, last = path.split("__")
        holder = plan
        for parent in parents:
            holder = holder[parent]
        holder[last] = value
    project.write_plan(plan)


def edit(path: Path) -> None:
    path.write_text(path.read_text() + "\n# edited\n")


def test_touching_everything_runs_nothing(study_copy: Project) -> None:
    for path in study_copy.folder.rglob("*"):
        if path.is_file() and ".snakemake" not in path.parts:
            os.utime(path)
    assert study_copy.planned() == {}


def test_a_mark_or_the_order_of_keys_runs_only_what_prints_it(study_copy: Project) -> None:
    plan = read_yaml(study_copy.plan_path)
    study_copy.write_plan(dict(reversed(plan.items())))
    # The report and the research object name the plan by its bytes.
    assert study_copy.planned() == PAGE


def test_the_threshold_of_masks_trains_nothing(study_copy: Project) -> None:
    replan(study_copy, segmenters__unet__inference__threshold=0.4)
    jobs = study_copy.planned()
    assert "train_segmenter" not in jobs
    assert "prepare_images" not in jobs
    assert jobs["choose_threshold"] == 1
    # Probabilities were not kept, and are made anew.
    assert jobs["segment_patients"] == jobs["draw_masks"] == 4


def test_kept_probabilities_make_new_masks_cheap(study_copy: Project) -> None:
    keep = {"segmenters__unet__inference__keep_probabilities": True}
    replan(study_copy, **keep)
    segmentation = study_copy.results / "segmentation" / "unet"
    tables = [f"results/small/segmentation/unet/masks-{group}.tsv" for group in GROUPS]
    masks = {path: sha256_of(path) for path in (segmentation / "masks").iterdir()}
    assert not list(segmentation.glob("probabilities/*"))
    study_copy.run(2, *tables)
    assert len(list(segmentation.glob("probabilities/*"))) == len(PATIENTS)
    assert {path: sha256_of(path) for path in masks} == masks
    replan(study_copy, segmenters__unet__inference__components=2)
    jobs = study_copy.planned(*tables)
    assert jobs == {"draw_masks": 4}


def test_what_networks_are_shown_is_shown_again(study_copy: Project) -> None:
    replan(study_copy, segmenters__unet__inference__flips=["x"])
    jobs = study_copy.planned()
    assert jobs["segment_patients"] == jobs["draw_masks"] == 4
    assert "train_segmenter" not in jobs


def test_editing_what_draws_masks_trains_nothing(study_copy: Project) -> None:
    library = study_copy.folder / "workflow" / "scripts" / "radproof"
    edit(library / "segmentation" / "masks.py")
    jobs = study_copy.planned()
    assert jobs["draw_masks"] == 4
    assert "train_segmenter" not in jobs


def test_the_margin_of_a_comparison_fits_nothing(study_copy: Project) -> None:
    plan = read_yaml(study_copy.plan_path)
    plan["comparisons"][0]["margin"] = 0.1
    study_copy.write_plan(plan)
    jobs = study_copy.planned()
    assert "compare_models" in jobs
    assert "fit_model" not in jobs
    assert "evaluate_models" not in jobs


def test_a_new_region_runs_only_its_own_targets(study_copy: Project) -> None:
    plan = read_yaml(study_copy.plan_path)
    plan["regions"]["ring"] = {"kind": "shell", "inner_mm": 0.0, "outer_mm": 5.0}
    plan["models"]["radiomics_ring"] = plan["models"]["radiomics_auto"] | {
        "radiomics": plan["models"]["radiomics_auto"]["radiomics"] | {"region": "ring"}
    }
    plan["marks"]["our choice"].append("models.radiomics_ring")
    study_copy.write_plan(plan)
    jobs = study_copy.planned()
    batches = list((study_copy.results / "records" / "extract_features").glob("*.whole.json"))
    assert jobs["extract_features"] == len(batches)
    assert "train_segmenter" not in jobs
    assert jobs["fit_model"] == jobs["predict"] == jobs["assess_stability"] == 1


def test_editing_a_kind_runs_that_kind_again(study_copy: Project) -> None:
    library = study_copy.folder / "workflow" / "scripts" / "radproof"
    edit(library / "radiomics" / "regions" / "shell.py")
    assert study_copy.planned() == {}
    edit(library / "radiomics" / "regions" / "whole.py")
    jobs = study_copy.planned()
    assert "extract_features" in jobs
    assert "segment_patients" not in jobs


def test_editing_a_figure_draws_that_figure_again(study_copy: Project) -> None:
    edit(study_copy.folder / "workflow" / "scripts" / "radproof" / "figures" / "roc.py")
    jobs = study_copy.planned()
    assert "plot_roc" in jobs
    assert "plot_calibration" not in jobs
    assert "evaluate_models" not in jobs


def test_editing_a_module_that_a_script_imports_runs_the_rule(study_copy: Project) -> None:
    edit(study_copy.folder / "workflow" / "scripts" / "radproof" / "evaluation" / "delong.py")
    jobs = study_copy.planned()
    assert "evaluate_models" in jobs
    assert "fit_model" not in jobs


def test_what_the_check_and_preparation_share_runs_both_at_once(study_copy: Project) -> None:
    """A job that waits for another's output must not lose its own reasons to run."""
    edit(study_copy.folder / "workflow" / "scripts" / "radproof" / "volumes.py")
    jobs = study_copy.planned()
    assert {"check_cohort", "prepare_images", "extract_features"} <= set(jobs)


@pytest.mark.parametrize(
    "words",
    [
        "scripts/radproof/dossier/methods/region/whole.j2",
        "scripts/radproof/dossier/methods/cohort.j2",
        "scripts/radproof/dossier/methods.html.j2",
        "report/evaluation/roc.rst",
    ],
)
def test_editing_words_writes_the_report_alone(study_copy: Project, words: str) -> None:
    edit(study_copy.folder / "workflow" / words)
    assert study_copy.planned() == PAGE


def test_snakemakes_own_report_has_every_figure_with_its_caption(study_copy: Project) -> None:
    study_copy.run(1, "--report", "report.html")
    # Captions stand in it as JSON, with the line breaks of their files.
    page = (study_copy.folder / "report.html").read_text().replace("\\n", " ")
    for figure in (study_copy.results / "figures").glob("*.png"):
        caption = caption_of(figure.stem)
        assert f'"file": "{figure.name}"' in page
        assert caption.text.split(".")[0].split("'")[0] in page
    assert study_copy.planned() == {}
