"""The sub-commands ``radproof stats``: one statistic on any table."""

import typer

from radproof.stats import models, predictions, raters

app = typer.Typer(
    help="One statistic on any table, CSV or TSV with a header. In JSON a number that is not "
    'finite is the string "NaN", "Inf" or "-Inf".',
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

for command in (
    predictions.auc,
    raters.icc,
    models.logistic,
    models.nomogram,
    predictions.calibration,
    predictions.netbenefit,
    predictions.reclassification,
    predictions.mcnemar,
    raters.agreement,
    models.samplesize,
):
    app.command()(command)
