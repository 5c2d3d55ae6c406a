"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Table = Annotated[Path, typer.Argument(help="CSV or TSV with a header; may be gzipped.")]
Outcome = Annotated[str, typer.Option(help="Column of the outcome: 0, or 1 for an event.")]
Probability = Annotated[list[str], typer.Option(help="Column of a probability, 0 to 1.")]
Predictors = Annotated[list[str], typer.Option("--predictor", help="Column of a predictor.")]
Categories = Annotated[
    list[str] | None,
    typer.Option(
        "--categorical",
        help="Column of a predictor with levels: NAME, or NAME=first,second,... to order them; "
        "the first level is the reference.",
    ),
]
Drop = Annotated[
    bool, typer.Option("--drop-missing", help="Set aside rows with a missing value; count them.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
