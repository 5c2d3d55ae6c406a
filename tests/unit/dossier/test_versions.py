import platform

from radproof.dossier.versions import versions
from radproof.provenance import PROJECT, package_versions


def test_a_report_names_code_python_libraries_and_the_bytes_that_fix_the_study(tmp_path):
    plan = tmp_path / "plan.yaml"
    plan.write_bytes(b"abc")
    found = versions(PROJECT / "pyproject.toml", {"plan": plan})
    assert found["Python"] == platform.python_version()
    assert found["radproof"].count(".") == 2
    sha256_of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert found["plan (SHA-256)"] == sha256_of_abc
    assert package_versions().items() <= found.items()


def test_nothing_tells_machines_apart(tmp_path):
    plan = tmp_path / "plan.yaml"
    plan.write_text("study: x")
    text = " ".join(
        f"{key} {value}"
        for key, value in versions(PROJECT / "pyproject.toml", {"plan": plan}).items()
    )
    assert platform.node() not in text.split() and str(tmp_path) not in text
