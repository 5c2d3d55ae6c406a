"""The command that makes a data set of a table."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from radproof.cli_output import exit_codes


def table_dataset(
    table: Annotated[Path, typer.Argument(help="CSV or TSV, one row a patient; .gz as well.")],
    outcome: Annotated[str, typer.Option(help="Column of the outcome, 0 or 1.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to make.")],
    patient: Annotated[
        str | None, typer.Option(help="Column of the patients; rows are numbered without one.")
    ] = None,
    clinical: Annotated[
        list[str] | None, typer.Option(help="A clinical column; all others are features.")
    ] = None,
) -> None:
    """Make a data set of a table of features: participants.tsv and features.tsv.

    Example: radproof table-dataset HNSCC.csv.gz --outcome Target --patient ID -o hnscc
    """
    from radproof.cohort.table_dataset import make_dataset

    with exit_codes():
        count = make_dataset(table, output, outcome, patient, clinical or [])
        print(f"{count} patients in {output}", file=sys.stderr)
