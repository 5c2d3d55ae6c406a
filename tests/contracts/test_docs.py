"""The documentation is true of the code."""

from radproof.provenance import PROJECT
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
