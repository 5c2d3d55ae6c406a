"""Whatever a plan or a file of claims holds: it is read, or refused with a message."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from radproof.dossier.claims import read_claims
from radproof.errors import BadInput
from radproof.plan import load_plan
from radproof.provenance import PROJECT
from radproof.safety import visible
from radproof.schema import read_yaml

from tests.unit.fuzz.mutations import TREES, bounded, spoilt_tree

PLAN = read_yaml(PROJECT / "config/studies/otscc-simulated.yaml")
CLAIMS = read_yaml(PROJECT / "config/claims/otscc.yaml")
LAUGHS = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12))


def refused(read: Any, path: Path) -> str:
    """Return what is said of a file, nothing where it can be read; it can always be shown."""
    try:
        read(path)
    except BadInput as error:
        assert all(visible(str(problem)) == str(problem) for problem in error.problems)
        return str(error)
    return ""


@bounded(50)
@given(tree=spoilt_tree(PLAN) | TREES)
def test_any_tree_is_a_plan_or_is_refused(tmp_path: Path, tree: Any) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(yaml.safe_dump(tree))
    refused(load_plan, path)


@bounded(50)
@given(tree=spoilt_tree(CLAIMS) | TREES)
def test_any_tree_is_a_file_of_claims_or_is_refused(tmp_path: Path, tree: Any) -> None:
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump(tree))
    refused(read_claims, path)


@bounded(200)
@given(text=st.text(st.sampled_from("a1:-?&*[]{}!|>'\"\\ \n\t<=~.%@`,#\0"), max_size=30))
def test_any_text_is_yaml_or_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    refused(read_yaml, path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *((f"a: {value}", "cannot be read.*line 1") for value in ("2024-13-45", "!!int ''")),
        *((f"a: {value}", "cannot be read.*line 1") for value in ("!!bool x", "0x_", "1" * 5000)),
        ("a: !!python/object/apply:os.system [ls]", "could not determine a constructor"),
        ("a: &a [*a]", "nested more than"),
        (f"a0: &a0 [1]\n{LAUGHS}", "more than 200000 values"),
        ("[" * 3000, "recursion"),
        ("1: 2\nnull: 3\n2020-01-01: 4", "unknown setting at the top level"),
    ],
)
def test_yaml_that_crashed_or_hung_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    with pytest.raises(BadInput, match=f"(?s){said}"):
        load_plan(path)


def test_a_loss_of_no_kind_is_refused(tmp_path: Path) -> None:
    plan = read_yaml(PROJECT / "config/studies/otscc-simulated.yaml")
    plan["segmenters"]["unet"]["training"]["loss"] = 1.5
    path = tmp_path / "plan.yaml"
    path.write_text(yaml.safe_dump(plan))
    assert "segmenters.unet.training.loss is wrong" in refused(load_plan, path)
