"""Commands on outcomes and predictions."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from radproof.cli_output import emit, exit_codes
from radproof.errors import BadInput, Problem
from radproof.stats.options import Drop, Json, Outcome, Probability, Table


def auc(
    table: Table,
    outcome: Outcome,
    score: Annotated[
        list[str], typer.Option(help="Column of a score; higher speaks for the event.")
    ],
    margin: Annotated[
        list[float] | None, typer.Option(help="Margin of equivalence, above 0.")
    ] = None,
    group: Annotated[str, typer.Option(help="Column with two groups of patients.")] = "",
    drop_missing: Drop = False,
    as_json: Json = False,
) -> None:
    """Areas under ROC curves with DeLong's interval, and tests of every pair of scores.

    With --drop-missing each score is judged on the rows that have it, each pair on those that
    have both. With --group the score's areas in two groups of patients are compared, unpaired.

    Example: radproof stats auc table.csv --outcome y --score a --score b --margin 0.05
    """
    with exit_codes():
        from radproof.evaluation.auc_report import compare_groups, compare_scores
        from radproof.stats.tables import read_given_table

        if group and margin:
            raise BadInput(Problem("--margin is for scores of the same patients, not for groups"))
        texts = [group] if group else []
        given = read_given_table(table, score, [outcome], texts, drop_missing)
        rows, scores = given.rows, given.rows[list(dict.fromkeys(score))]
        if group:
            result = compare_groups(rows[outcome], scores, rows[group])
        else:
            result = compare_scores(rows[outcome], scores, margin or [])
        emit(given.counts | result, as_json)


def calibration(
    table: Table,
    outcome: Outcome,
    probability: Annotated[str, typer.Option(help="Column of the probability, 0 to 1.")],
    drop_missing: Drop = False,
    as_json: Json = False,
) -> None:
    """Brier score, calibration intercept and slope, E/O, ICI by loess, Hosmer-Lemeshow test.

    Example: radproof stats calibration table.csv --outcome y --probability p
    """
    with exit_codes():
        from radproof.evaluation.calibration import calibration as calibrate
        from radproof.stats.tables import read_given_table

        given = read_given_table(table, [probability], [outcome], [], drop_missing)
        result = calibrate(given.complete[outcome], given.complete[probability])
        parts = {
            name.removeprefix("hl_"): result.pop(name)
            for name in list(result)
            if name.startswith("hl_")
        }
        emit(given.counts | result | {"hosmer_lemeshow": parts}, as_json)


def netbenefit(
    table: Table,
    outcome: Outcome,
    probability: Probability,
    thresholds: Annotated[
        str, typer.Option(help="first:last:step, both ends included, or one threshold.")
    ] = "0.01:0.99:0.01",
    drop_missing: Drop = False,
    as_json: Json = False,
) -> None:
    """Net benefit of treating at or above a threshold, of each probability and of all and none.

    Example: radproof stats netbenefit table.csv --outcome y --probability p --thresholds 0.3
    """
    with exit_codes():
        from radproof.evaluation.net_benefit import (
            net_benefit,
            parse_thresholds,
            reference_strategies,
        )
        from radproof.stats.tables import read_given_table

        cuts = parse_thresholds(thresholds)
        strategies = {"all", "none"} & set(probability)
        if strategies:
            raise BadInput(Problem("column has the name of a strategy", found=min(strategies)))
        given = read_given_table(table, probability, [outcome], [], drop_missing)
        events = given.complete[outcome]
        tables = {name: net_benefit(events, given.complete[name], cuts) for name in probability}
        tables |= reference_strategies(events, cuts)
        rows = [
            {"model": name} | row for name, one in tables.items() for row in one.to_dict("records")
        ]
        emit(given.counts | {"rows": rows}, as_json)


def reclassification(
    table: Table,
    outcome: Outcome,
    old: Annotated[str, typer.Option(help="Column of the old model's probability.")],
    new: Annotated[str, typer.Option(help="Column of the new model's probability.")],
    cut: Annotated[
        list[float] | None, typer.Option(help="Limit between risk categories, 0 to 1.")
    ] = None,
    drop_missing: Drop = False,
    as_json: Json = False,
) -> None:
    """Net reclassification (continuous, and by categories) and integrated discrimination.

    Example: radproof stats reclassification table.csv --outcome y --old p --new q --cut 0.3
    """
    with exit_codes():
        from radproof.evaluation import reclassification as measures
        from radproof.stats.tables import read_given_table

        given = read_given_table(table, [old, new], [outcome], [], drop_missing)
        events, before, after = (given.complete[name] for name in (outcome, old, new))
        found: dict[str, Any] = {"continuous_nri": measures.continuous_nri(events, before, after)}
        if cut:
            found["category_nri"] = measures.category_nri(events, before, after, cut)
        found["idi"] = measures.integrated_discrimination(events, before, after)
        emit(given.counts | {name: _total_first(one) for name, one in found.items()}, as_json)


def _total_first(found: Any) -> dict[str, Any]:
    """Return the estimate of the whole with its note, if any, then its parts with theirs."""
    from radproof.evaluation.reclassification import Improvement

    parts = {
        name: asdict(part) | ({"note": part.note} if part.note else {})
        if isinstance(part, Improvement)
        else part
        for name, part in vars(found).items()
    }
    return parts.pop("total") | parts


def mcnemar(
    table: Table,
    outcome: Outcome,
    prediction: Annotated[list[str], typer.Option(help="Column of a classification: 0 or 1.")],
    drop_missing: Drop = False,
    as_json: Json = False,
) -> None:
    """McNemar's test of two classifications of the same patients.

    Example: radproof stats mcnemar table.csv --outcome y --prediction a --prediction b
    """
    with exit_codes():
        from radproof.evaluation.mcnemar import mcnemar as compare
        from radproof.stats.tables import read_given_table

        if len(prediction) != 2:
            what = "--prediction is to be given twice"
            raise BadInput(Problem(what, found=f"{len(prediction)} times"))
        given = read_given_table(table, [], [outcome, *prediction], [], drop_missing)
        compared = compare(*(given.complete[name] for name in (outcome, *prediction)))
        found, note = asdict(compared), compared.note or None
        counts = ("both_right", "a_right_b_wrong", "a_wrong_b_right", "both_wrong")
        result: dict[str, Any] = {"table": {name: found.pop(name) for name in counts}}
        for name in ("chi2", "chi2_corrected"):
            result[name] = {"statistic": found.pop(name), "p": found.pop(f"{name}_p")}
        emit(given.counts | result | found | {"note": note}, as_json)
