"""Plans, data sets and results of strangers: nothing is run, nothing leads elsewhere."""

import copy
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from radproof.cohort.check import check_cohort
from radproof.cohort.sheet import read_sheet
from radproof.errors import BadInput, Problem
from radproof.plan import load_plan
from radproof.provenance import PROJECT
from radproof.safety import is_formula
from radproof.schema import read_yaml
from radproof.study import EXCLUDED_COLUMNS

from tests.unit.cohort.dataset import check, cohort_settings, image_path, make_dataset

PLAN = read_yaml(PROJECT / "config/studies/otscc-simulated.yaml")
FORBIDDEN = re.compile(
    r"\b(pickle|joblib|dill|shelve|marshal|torch)\b(?=\.\w)|^\s*(import|from) "
    r"(pickle|joblib|dill|shelve|marshal|torch)\b|(?<![.\w])(eval|exec)\(|shell=True|os\.(system|"
    r"popen)|\bsubprocess\b|yaml\.(unsafe_|full_)?load\((?!.*_UniqueKeyLoader)|allow_pickle=True|"
    r"safe_mode=False|custom_objects|extractall|read_pickle|\bshell:",
    re.MULTILINE,
)


def test_the_library_unpickles_nothing_and_starts_no_shell() -> None:
    files = [*PROJECT.glob("workflow/**/*.py"), *PROJECT.glob("workflow/**/*.smk")]
    found = [
        f"{file.relative_to(PROJECT)}: {match[0]}"
        for file in [*files, PROJECT / "Snakefile"]
        for match in FORBIDDEN.finditer(file.read_text(encoding="utf-8"))
    ]
    assert found == [] and len(files) > 200


@pytest.mark.parametrize(
    "bad", ["import pickle", "eval(text)", "run(x, shell=True)", "shell:", "import subprocess"]
)
def test_what_is_looked_for_would_be_found(bad: str) -> None:
    assert FORBIDDEN.search(bad)


def test_every_server_of_docs_and_tests_listens_on_this_machine_alone() -> None:
    makefile = (PROJECT / "Makefile").read_text()
    hosts = re.findall(r"mlflow (?:ui|server).*?--host (\S+)", makefile)
    assert hosts == ["127.0.0.1"]
    for file in [*PROJECT.glob("docs/**/*.md"), *PROJECT.glob("tests/**/*.py")]:
        for line in file.read_text(encoding="utf-8").splitlines():
            if re.search(r'"?mlflow"?,? "?(server|ui)', line) and "--host" in line:
                assert "127.0.0.1" in line, file


def said_of(plan: dict[str, Any], folder: Path) -> str:
    path = folder / "plan.yaml"
    path.write_text(yaml.safe_dump(plan))
    with pytest.raises(BadInput) as caught:
        load_plan(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("../other/sub-{patient}.nii.gz", "path has an empty part, . or .."),
        ("sub-{patient}/../../x.nii", "path has an empty part, . or .."),
        ("/etc/{patient}", "path is absolute"),
        ("sub-{patient}\\x.nii", "path has a backslash"),
        ("{patient}/{patient.__class__}.nii", "path has braces"),
        ("{patient}{patient:>999999999}", "path has braces"),
        ("{patient}/\u202egz.nii", "cannot be shown"),
        ("{patient}/\0.nii", "holds control characters"),
        ("{patient}/a\nb.nii", "cannot be shown"),
    ],
)
def test_a_path_of_a_plan_stays_in_its_data_set(tmp_path: Path, file: str, said: str) -> None:
    for section in ("sequences", "raters"):
        plan = copy.deepcopy(PLAN)
        plan[section][0]["file"] = file
        assert said in said_of(plan, tmp_path)


@pytest.mark.parametrize("name", ["x\n", "../x", "a/b", "", "x y"])
def test_the_name_of_a_study_is_the_name_of_a_folder(tmp_path: Path, name: str) -> None:
    assert "setting study is wrong" in said_of(PLAN | {"study": name}, tmp_path)


@pytest.mark.parametrize("title", ["=HYPERLINK(1)", "@SUM(A1)", "-2+cmd|'x'!A0", "a\x1b[2Jb"])
def test_settings_hold_no_formula_and_no_escape(tmp_path: Path, title: str) -> None:
    assert "setting title" in said_of(PLAN | {"title": title}, tmp_path)


def test_numbers_and_signs_are_no_formula() -> None:
    assert not any(map(is_formula, ["-1", "+2.5e-3", "+", "-", "+ve", "-ve", "=", "T1w"]))


@pytest.mark.parametrize("fold", ["../1", ".*", "a b", "1\u202e"])
def test_a_fold_is_a_plain_label_as_it_names_a_folder(tmp_path: Path, fold: str) -> None:
    table = pd.DataFrame({"patient": ["A", "B"], "dataset": "d", "center": "c", "set": "train"})
    path = tmp_path / "sheet.tsv"
    table.assign(fold=["1", fold]).to_csv(path, sep="\t", index=False)
    with pytest.raises(BadInput, match="fold is not a plain label"):
        read_sheet(path)


def test_a_centre_is_no_formula(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"patient": ["A", "B"], "dataset": "d", "set": "train", "fold": ["1", "2"]}
    )
    table.assign(center="=cmd|' /C x'!A0").to_csv(tmp_path / "s.tsv", sep="\t", index=False)
    with pytest.raises(BadInput, match="center begins like a formula"):
        read_sheet(tmp_path / "s.tsv")


def test_what_data_hold_stays_on_the_line_of_its_message() -> None:
    line = str(Problem("wrong", found="a\nradproof: all is fine\x1b[2J\u202e\ud800"))
    assert line.isprintable() and "\\nradproof" in line


def test_links_out_of_a_data_set_are_refused(tmp_path: Path) -> None:
    folder, outside = tmp_path / "tiny", tmp_path / "outside"
    sheet = make_dataset(folder)
    outside.mkdir()
    for path in (image_path(folder), folder / "participants.tsv"):
        kept = path.read_bytes()
        path.rename(outside / path.name)
        path.symlink_to(outside / path.name)
        with pytest.raises(BadInput, match="leads outside its data set by a link"):
            check(folder, sheet)
        path.unlink()
        path.write_bytes(kept)
    (folder / "features.tsv").symlink_to(outside / "participants.tsv")
    table = {"kind": "table", "tables": {"gtv": "features.tsv"}}
    settings = cohort_settings() | {"tables": [table]}
    with pytest.raises(BadInput, match=r"features.tsv: file leads outside"):
        nobody = pd.DataFrame(columns=EXCLUDED_COLUMNS)
        check_cohort(sheet, {"tiny": folder}, settings, nobody, content=False)
