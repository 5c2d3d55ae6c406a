"""The documentation is true of the code."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from radproof.provenance import PROJECT
from radproof.radiomics.dictionary import DEPARTURES
from radproof.radiomics.features import read_dictionary
from radproof.schema_docs import configuration_reference


def test_the_configuration_reference_is_current() -> None:
    written = (PROJECT / "config" / "README.md").read_text()
    assert written == configuration_reference(), "run `make docs`"


def test_every_result_folder_is_described() -> None:
    described = (PROJECT / "results" / "README.md").read_text()
    for stage in [
        "cohort",
        "images",
        "segmentation",
        "radiomics",
        "models",
        "evaluation",
        "figures",
        "dossier",
    ]:
        assert f"{stage}/" in described


def messages_of(path: Path) -> Iterator[str]:
    """Yield the fixed parts of what a module says is wrong."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", "")
            values = [node.args[0]] if name in ("Problem", "problem", "wrong") else []
        elif isinstance(node, ast.Assign):
            values = list(said_by(node))
        else:
            continue
        for value in values:
            for part in ast.walk(value):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value.strip()


def said_by(node: ast.Assign) -> Iterator[ast.expr]:
    """Yield what is assigned to ``what``, alone or among others."""
    target = node.targets[0]
    if isinstance(target, ast.Name) and target.id == "what":
        yield node.value
    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
        for name, value in zip(target.elts, node.value.elts, strict=True):
            if isinstance(name, ast.Name) and name.id == "what":
                yield value


@pytest.mark.parametrize(
    ("folder", "least"),
    [
        *(("cohort", 5), ("images", 5), ("segmentation", 5), ("radiomics", 5)),
        *(("models", 30), ("evaluation", 20), ("figures", 1), ("stats", 15)),
        ("new_patient", 15),
    ],
)
def test_every_message_is_explained(folder: str, least: int) -> None:
    explained = (PROJECT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    modules = (PROJECT / "workflow" / "scripts" / "radproof" / folder).rglob("*.py")
    said = {text for path in modules for text in messages_of(path) if text}
    assert len(said) > least
    assert [text for text in sorted(said) if text not in explained] == []


def test_every_deviation_from_ibsi_is_explained() -> None:
    explained = (PROJECT / "docs" / "explanation" / "radiomics.md").read_text(encoding="utf-8")
    table = read_dictionary()
    other = table[table["standardised"] != "yes"]
    grouped = other.groupby(["class", "standardised", "why"], sort=False)["feature"]
    lines = [
        f"| {family} | {', '.join(features)} | {standing} | {why} |"
        for (family, standing, why), features in grouped
    ]
    lines += [f"| {departure.why} |" for departure in DEPARTURES]
    assert [line for line in lines if line not in explained] == []
    shared = table[table["ibsi_tag"] != ""]["standardised"].value_counts()
    counts = f"Of {shared.sum()} features {shared['yes']} agree and {shared['deviates']} deviate"
    assert counts in explained
