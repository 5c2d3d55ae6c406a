"""``radproof stats``: help, exit codes, missing values, bad tables and arguments."""

import gzip
import subprocess
import sys
import time
from pathlib import Path

import pytest
from radproof.provenance import PROJECT

from tests.contracts.stats_calls import PREDICTED, call, refusal, stats

COMMANDS = [
    *("auc", "icc", "logistic", "nomogram", "calibration", "netbenefit"),
    *("reclassification", "mcnemar", "agreement", "samplesize"),
]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(PREDICTED)
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: str) -> None:
    result = call(command, "--help")
    assert result.exit_code == 0
    assert f"radproof stats {command}" in " ".join(result.stdout.split())


def test_help_is_quick_and_needs_no_heavy_library() -> None:
    program = (
        "import sys\n"
        "from radproof.cli_stats import app\n"
        "try:\n    app(['auc', '--help'])\n"
        "except SystemExit:\n    pass\n"
        "heavy = {'tensorflow', 'pandas', 'numpy', 'scipy', 'SimpleITK'} & set(sys.modules)\n"
        "sys.exit(f'imports {heavy}' if heavy else 0)\n"
    )
    environment = {"PYTHONPATH": str(PROJECT / "workflow" / "scripts"), "PATH": "/usr/bin:/bin"}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "Example" in done.stdout
    assert time.perf_counter() - start < 10


def test_no_command_imports_tensorflow(table: Path) -> None:
    program = (
        "import sys\n"
        "from radproof.cli_stats import app\n"
        "try:\n"
        f"    app(['calibration', {str(table)!r}, '--outcome', 'y', '--probability', 'p'])\n"
        "except SystemExit:\n    pass\n"
        "sys.exit('tensorflow' in sys.modules)\n"
    )
    environment = {"PYTHONPATH": str(PROJECT / "workflow" / "scripts"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True)
    assert done.returncode == 0


def test_missing_values_are_refused_or_counted(table: Path) -> None:
    table.write_text(PREDICTED + "1,,0.5,1,1\n0,NA,0.5,1,\n")
    arguments = ("auc", table, "--outcome", "y", "--score", "p", "--score", "q")
    said = refusal(*arguments)
    assert "column p (found nothing in row 11, nothing in row 12, expected no missing" in said
    assert "--drop-missing" in said
    found = stats(*arguments, "--drop-missing")
    assert (found["n"], found["n_dropped"]) == (9, 2)
    q = found["scores"]["q"]
    assert q["n_cases"] + q["n_controls"] == 11
    assert found["pairs"]["p|q"]["n"] == 9
    # A column that is not used may lack values.
    assert stats("auc", table, "--outcome", "y", "--score", "q")["n_dropped"] == 0


def test_text_output_is_readable(table: Path) -> None:
    result = call("auc", table, "--outcome", "y", "--score", "p", "--score", "q")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["n", "9"]
    assert any(line.split()[:2] == ["auc", "variance"] for line in lines)


def test_tables_may_be_gzipped_quoted_and_marked(tmp_path: Path) -> None:
    text = '﻿"y";'.replace(";", ",") + '"the, score"\n' + "".join(f"{i % 2},{i}\n" for i in range(9))
    path = tmp_path / "table.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    found = stats("auc", path, "--outcome", "y", "--score", "the, score")
    assert found["scores"]["the, score"]["n_cases"] == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("y,s\n0,1\n1,high\n", "column s (found high in row 3, expected finite numbers)"),
        ("y,s\n0,1\n1,inf\n", "column s (found inf in row 3, expected finite numbers)"),
        ("y,s\n0,1\n1,1_0\n", "column s (found 1_0 in row 3, expected finite numbers)"),
        ("y,s\n0,1\n2,1\n", "column y (found 2 in row 3, expected 0 or 1)"),
        ("y,s\n0,1\nyes,1\n", "column y (found yes in row 3, expected 0 or 1)"),
        ("y,s\n1,1\n1,2\n", "only one class of the outcome (found 2 patients, all 1"),
        ("y,t\n1,1\n0,2\n", "no column s (expected one of y, t)"),
        (
            f"y,{','.join(f'f{n}' for n in range(30))},S\n",
            "no column s (expected one of S, y, f0, f1, f2, f3, f4, f5, f6, f7 and 22 more)",
        ),
        ("y,s,s\n1,1,1\n", "column s stands twice"),
        ("y,s\n1,1,1\n", "row 2 does not fit the header (found 3 cells, expected 2)"),
        ("y,s\n", "table has no rows"),
        ("", "table has no header"),
        ("y,s\n,\n1,\n", "column s (found nothing in row 2, nothing in row 3"),
    ],
)
def test_bad_tables(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    line = refusal("auc", path, "--outcome", "y", "--score", "s")
    assert said in line
    assert line.startswith("radproof: ")


def test_every_problem_of_a_table_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("y,s,t\n0,x,\n3,1,\n")
    said = refusal("auc", path, "--outcome", "y", "--score", "s", "--score", "t")
    assert len(said.splitlines()) == 3
    path.write_bytes(b"\xff\xfe\x00y,s\n")
    assert "cannot be read" in refusal("auc", path, "--outcome", "y", "--score", "s")
    absent = tmp_path / "absent.csv"
    assert "cannot be read" in refusal("auc", absent, "--outcome", "y", "--score", "s")


def test_nothing_left_after_dropping(tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text("y,s\n0,\n1,\n")
    said = refusal("auc", path, "--outcome", "y", "--score", "s", "--drop-missing")
    assert "no complete rows" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("calibration", "--probability", "score"), "outside 0 to 1"),
        (("netbenefit", "--probability", "p", "--thresholds", "0:1:0.1"), "out of range"),
        (("netbenefit", "--probability", "p", "--thresholds", "few"), "cannot be read"),
        (("reclassification", "--old", "p", "--new", "p", "--cut", "2"), "out of order or range"),
        (("auc", "--score", "p", "--margin", "0"), "margin (found 0, expected above 0)"),
        (("logistic", "--predictor", "y"), "outcome stands among the predictors"),
    ],
)
def test_bad_arguments(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text("y,p,score\n0,0.1,3\n1,0.4,5\n0,0.2,1\n1,0.3,2\n")
    command, *rest = arguments
    assert said in refusal(command, path, "--outcome", "y", *rest)
