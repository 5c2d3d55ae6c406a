"""The commands on a dossier: the chain of a result, and a package for a journal."""

from pathlib import Path
from typing import Annotated

import typer

from radproof.cli_output import as_text, emit, exit_codes
from radproof.errors import CheckFailed

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Datasets = Annotated[
    list[str] | None, typer.Option("--dataset", help="NAME=PATH; may be given several times.")
]


def trace(
    file: Annotated[Path, typer.Argument(help="A figure or a table of a study.")],
    dataset: Datasets = None,
    graph: Annotated[
        Path | None, typer.Option(help="Draw the chain as well: the SVG to write.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Follow a result back to raw scans, checking each hash against the file on the way.

    Example: radproof trace results/otscc-simulated/figures/roc.svg --graph chain.svg
    """
    from radproof.datasets import machine_datasets
    from radproof.dossier import lineage
    from radproof.dossier.graph import as_svg
    from radproof.tables import put_in_place

    with exit_codes():
        results = lineage.results_folder(file)
        name = file.resolve().relative_to(results).as_posix()
        chain = lineage.trace([name], results, machine_datasets(dataset))
        chain.problems += lineage.study_problems(results)
        if graph:
            with put_in_place(graph) as unfinished:
                unfinished.write_text(as_svg(chain), encoding="utf-8")
        emit(lineage.as_dict(chain), as_json, lineage.as_text(chain))
        if chain.problems:
            raise CheckFailed("\n".join(map(str, chain.problems)))


def bundle(
    results: Annotated[Path, typer.Argument(help="A study's results folder, run to its end.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The zip file to write.")],
    dataset: Datasets = None,
    as_json: Json = False,
) -> None:
    """Pack report, figures, tables, code and record of a study: no scan, mask, network or name.

    Example: radproof bundle results/otscc-simulated -o otscc-simulated.zip
    """
    from radproof.datasets import machine_datasets
    from radproof.dossier.bundle import write_bundle

    with exit_codes():
        found = write_bundle(results, output, machine_datasets(dataset))
        emit(found, as_json, as_text(found))
