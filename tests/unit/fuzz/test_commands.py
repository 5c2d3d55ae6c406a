"""Whatever a command is given: it ends with 0, 1 or 2 (4 is the disk's), and says why in words."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from radproof.cli import app
from radproof.provenance import PROJECT
from typer.testing import CliRunner

from tests.unit.fuzz.mutations import bounded, spoilt_bytes

TABLE = b"s,r,y,p,q,a,b,g\n" + b"".join(
    f"{subject},{rater},{subject % 2},0.{subject}{rater},0.{9 - subject}5,{subject % 2},"
    f"{(subject + rater) % 2},{'xy'[subject % 2]}\n".encode()
    for subject in range(1, 9)
    for rater in (1, 2)
)
OUTCOME = ["--outcome", "y"]
CALLS = [
    ["stats", "auc", "FILE", *OUTCOME, "--score", "p", "--score", "q", "--margin", "0.05"],
    ["stats", "auc", "FILE", *OUTCOME, "--score", "p", "--group", "g"],
    ["stats", "icc", "FILE", "--subject", "s", "--rater", "r", "--value", "p"],
    ["stats", "logistic", "FILE", *OUTCOME, "--predictor", "p", "--predictor", "a", "--firth"],
    ["stats", "nomogram", "FILE", *OUTCOME, "--predictor", "p", "--at", "p=0.5"],
    ["stats", "calibration", "FILE", *OUTCOME, "--probability", "p"],
    ["stats", "netbenefit", "FILE", *OUTCOME, "--probability", "p", "--thresholds", "0.1:0.5:0.1"],
    ["stats", "reclassification", "FILE", *OUTCOME, "--old", "p", "--new", "q", "--cut", "0.3"],
    ["stats", "mcnemar", "FILE", *OUTCOME, "--prediction", "a", "--prediction", "b"],
    ["stats", "samplesize", "--prevalence", "0.45", "--parameters", "8", "--c-index", "0.8"],
    ["stability", "FILE", "--subject", "s", "--rater", "r", "-o", "OUT"],
    ["split", "FILE", *OUTCOME, "--test", "0.3", "--folds", "3", "-o", "OUT"],
    ["table-dataset", "FILE", "--outcome", "y", "--patient", "s", "-o", "OUT"],
    ["claims", "FILE"],
    ["check", "FILE"],
    ["trace", "FILE"],
    ["verify", "FOLDER"],
    ["bundle", "FOLDER", "-o", "OUT"],
]
WORDS = ["", " ", "-1", "0", "1", "1e999", "nan", "inf", "x", "y", "=", "a=", "=b", "0.1:0.5:0"]
SOUND = {"claims": (PROJECT / "config/claims/otscc.yaml").read_bytes()}


def ended(arguments: list[str], tmp_path: Path) -> None:
    """Run a command in this process and see that it ended in one of the three ways."""
    places = {"FILE": "t.csv", "OUT": "out", "FOLDER": "."}
    said = [str(tmp_path / places[each]) if each in places else each for each in arguments]
    result = CliRunner().invoke(app, said)
    assert isinstance(result.exception, SystemExit | None), (said, result.exception)
    assert result.exit_code in (0, 1, 2)
    assert result.exit_code == 0 or result.stderr.strip()


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a command writes under a spoilt name stays out of the project."""
    monkeypatch.chdir(tmp_path)


OF_FILES = [call for call in CALLS if "FILE" in call]


@pytest.mark.parametrize("call", OF_FILES, ids=lambda call: " ".join(call[:2]))
@bounded(25)
@given(data=st.data())
def test_any_file(call: list[str], tmp_path: Path, data: st.DataObject) -> None:
    sound = SOUND.get(call[0], TABLE)
    (tmp_path / "t.csv").write_bytes(data.draw(spoilt_bytes(sound)))
    ended(call, tmp_path)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: " ".join(call[:2]))
@bounded(25)
@given(data=st.data())
def test_any_option(call: list[str], tmp_path: Path, data: st.DataObject) -> None:
    (tmp_path / "t.csv").write_bytes(SOUND.get(call[0], TABLE))
    changed = list(call)
    for _ in range(data.draw(st.integers(1, 2))):
        changed[data.draw(st.integers(1, len(call) - 1))] = data.draw(st.sampled_from(WORDS))
    ended(changed, tmp_path)
