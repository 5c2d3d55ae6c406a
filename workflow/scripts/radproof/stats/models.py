"""Commands on models: their coefficients, their nomogram and the patients they need."""

from typing import Annotated, Any

import typer

from radproof.cli_output import emit, exit_codes
from radproof.errors import BadInput, Problem
from radproof.stats.options import Categories, Drop, Json, Outcome, Predictors, Table


def logistic(
    table: Table,
    outcome: Outcome,
    predictor: Predictors,
    categorical: Categories = None,
    firth: Annotated[
        bool, typer.Option("--firth", help="Firth's penalised likelihood, separation or not.")
    ] = False,
    drop_missing: Drop = False,
    as_json: Json = False,
) -> None:
    """Logistic regression by maximum likelihood, with odds ratios and apparent indices.

    Where the classes separate there is no maximum; that is said, and Firth's penalised likelihood
    is used instead. Coefficients of levels are named as in R, variable and level.

    Example: radproof stats logistic table.csv --outcome y --predictor age --categorical stage
    """
    with exit_codes():
        from radproof.stats.regression import fit_table, logistic_report

        fitted = fit_table(table, outcome, predictor, categorical or [], drop_missing)
        emit(fitted.given.counts | logistic_report(fitted, firth), as_json)


def nomogram(
    table: Table,
    outcome: Outcome,
    predictor: Predictors,
    categorical: Categories = None,
    drop_missing: Drop = False,
    as_json: Json = False,
) -> None:
    """Points of a logistic model's predictors, and the probability of a total of points.

    Example: radproof stats nomogram table.csv --outcome y --predictor age --predictor depth
    """
    with exit_codes():
        from radproof.stats.regression import fit_table, nomogram_report

        fitted = fit_table(table, outcome, predictor, categorical or [], drop_missing)
        emit(fitted.given.counts | nomogram_report(fitted), as_json)


def samplesize(
    prevalence: Annotated[float, typer.Option(help="Expected share of events, above 0, below 1.")],
    parameters: Annotated[int, typer.Option(help="Candidate parameters of the model.")],
    c_index: Annotated[float, typer.Option(help="Expected C-index, above 0.5, below 1.")],
    n: Annotated[int | None, typer.Option("--n", help="Patients there are.")] = None,
    as_json: Json = False,
) -> None:
    """Least number of patients to develop a model of a binary outcome (Riley et al., criteria 1-3).

    Example: radproof stats samplesize --prevalence 0.45 --parameters 8 --c-index 0.8 --n 95
    """
    with exit_codes():
        from radproof.models.sample_size import minimum_sample_size

        result: dict[str, Any] = minimum_sample_size(prevalence, parameters, c_index)
        if n is not None:
            if n < 1:
                raise BadInput(Problem("number of patients", found=str(n), expected="at least 1"))
            result["given"] = {
                "n": n,
                "n_events": n * prevalence,
                "events_per_parameter": n * prevalence / parameters,
                "sufficient": n >= result["n"],
            }
        emit(result, as_json)
