"""Where data sets lie on this machine."""

from pathlib import PurePath

from radproof.errors import BadInput, Problem
from radproof.provenance import PROJECT
from radproof.schema import read_yaml


def machine_datasets(given: str | list[str] | dict[str, str] | None) -> dict[str, str]:
    """Return where data sets lie on this machine: those of config/config.yaml, then those given."""
    config = PROJECT / "config" / "config.yaml"
    known = parse_datasets(read_yaml(config)["datasets"]) if config.is_file() else {}
    return known | parse_datasets(given)


def parse_datasets(datasets: str | list[str] | dict[str, str] | None) -> dict[str, str]:
    """Return data sets as name to folder, from a mapping, a list or text like ``sts=/data/sts``.

    Raises
    ------
    BadInput
        If an entry is not NAME=PATH.
    """
    if isinstance(datasets, dict):
        return {name: str(path) for name, path in datasets.items()}
    entries = datasets.split() if isinstance(datasets, str) else datasets or []
    wrong = [entry for entry in entries if "=" not in entry]
    if wrong:
        raise BadInput(
            Problem("data set is not given as NAME=PATH", found=wrong[0], expected="sts=/data/sts")
        )
    return dict(entry.split("=", 1) for entry in entries)


def check_staged(datasets: dict[str, str]) -> None:
    """Refuse data sets that a staged job cannot be given by a path: those above the project.

    Raises
    ------
    BadInput
        If a path begins in a folder above.
    """
    for name, path in datasets.items():
        if ".." in PurePath(path).parts:
            raise BadInput(
                Problem(
                    f"data set {name} lies above the folder of the project, where no staged job"
                    " reaches it",
                    found=path,
                    remedy="give its whole path, which begins with /",
                )
            )
