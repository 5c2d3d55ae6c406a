"""Published claims, each with a verdict from our tables or from arithmetic alone."""

from collections.abc import Mapping
from math import sqrt
from pathlib import Path
from typing import Any

import pandas as pd
from scipy.stats import chi2, t

from radproof.dossier.arithmetic_checks import compute
from radproof.dossier.recomputed import of_this_version
from radproof.dossier.verdicts import (
    NOT_TESTABLE,
    Estimate,
    equivalence_verdict,
    value_verdict,
)
from radproof.errors import BadInput, Problem
from radproof.schema import read_schema, read_yaml, validate
from radproof.tables import as_level, read_json, read_table

COLUMNS = ["id", "statement", "published", "ours", "ci_low", "ci_high", "n"]
COLUMNS += ["verdict", "reason", "check", "mark"]
SIMULATED = "simulated cohort: our value is simulated and says nothing about real patients"

NO_VALUE = "our tables hold no such value"

Tables = Mapping[str, pd.DataFrame]


def read_claims(path: str | Path) -> dict[str, Any]:
    """Read and validate a claims file.

    Raises
    ------
    BadInput
        With every way in which the file breaks the schema, and every id that stands twice.
    """
    claims = read_yaml(path)
    problems = validate(claims, read_schema("claims"), str(path))
    if problems:
        raise BadInput(problems)
    names = [entry["id"] for entry in claims["claims"] + claims.get("arithmetic", [])]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadInput(Problem("id stands twice", file=str(path), found=", ".join(twice)))
    return claims


def judge(path: Path, results: Path | None) -> pd.DataFrame:
    """Judge a claims file by a results folder; without one, do the arithmetic alone.

    Raises
    ------
    BadInput
        If the claims or the tables cannot be read.
    """
    claims = read_claims(path)
    if results is None:
        return check_claims(claims, None, simulated=False)
    tables = {
        name: read_table(results / "evaluation" / f"{name}.tsv")
        for name in ("discrimination", "comparisons")
    }
    summaries = sorted((results / "segmentation").glob("*/summary.tsv"))
    if summaries:
        tables["segmentation"] = pd.concat([read_table(file) for file in summaries])
    tables["patients"] = read_table(results / "cohort" / "patients.tsv")
    record = results / "records" / "check_claims" / "all.json"
    if not record.is_file():
        raise BadInput(
            Problem(
                "nothing says whether these patients are simulated",
                file=str(record),
                remedy="give a whole results folder, with its records",
            )
        )
    with of_this_version(record):
        simulated = bool(read_json(record)["settings"]["simulated"])
        return check_claims(claims, tables, simulated)


def check_claims(claims: dict[str, Any], tables: Tables | None, simulated: bool) -> pd.DataFrame:
    """Give a verdict on each claim.

    Parameters
    ----------
    claims
        A claims file, as `read_claims` returns it.
    tables
        ``discrimination``, ``comparisons``, ``segmentation`` (summary) and ``patients``; None
        leaves out every claim that needs data.
    simulated
        Whether the patients are simulated: then no claim about patients can be tested.

    Returns
    -------
    pandas.DataFrame
        ``id statement published ours ci_low ci_high n verdict reason check mark``. ``check`` is
        ``data``, with the verdicts reproduced, not reproduced, inconclusive, not testable here; or
        ``arithmetic``, with the verdicts consistent, inconsistent, implied, inconclusive.
    """
    rows = []
    if tables is not None:
        rows += [_judge_claim(claim, tables, simulated) for claim in claims["claims"]]
    rows += [_judge_arithmetic(claim) for claim in claims.get("arithmetic", [])]
    return pd.DataFrame(rows, columns=COLUMNS)


def _judge_arithmetic(claim: dict[str, Any]) -> dict[str, Any]:
    finding = compute(claim["check"])
    return {
        "id": claim["id"],
        "statement": claim["statement"],
        "published": finding.published,
        "ours": finding.value,
        "ci_low": finding.low,
        "ci_high": finding.high,
        "n": finding.n,
        "verdict": finding.verdict,
        "reason": finding.reason,
        "check": "arithmetic",
        "mark": claim["mark"],
    }


def _judge_claim(claim: dict[str, Any], tables: Tables, simulated: bool) -> dict[str, Any]:
    check = claim["check"]
    row = {"id": claim["id"], "statement": claim["statement"], "mark": claim["mark"]}
    row |= {"check": "data", "published": _published(check)}
    if check["kind"] == "none":
        return row | {"verdict": NOT_TESTABLE, "reason": check["reason"]}
    estimate = ESTIMATES[check["kind"]](check, tables)
    if isinstance(estimate, str):
        return row | {"verdict": NOT_TESTABLE, "reason": estimate}
    row |= vars(estimate) | {"ours": estimate.value}
    if simulated:
        return row | {"verdict": NOT_TESTABLE, "reason": SIMULATED}
    verdict, reason = (
        equivalence_verdict(estimate, check["margin"])
        if check["kind"] == "equivalence"
        else value_verdict(estimate, check["published"], check["decimals"], check["margin"])
    )
    return row | {"verdict": verdict, "reason": reason}


def _published(check: dict[str, Any]) -> str:
    if check["kind"] == "equivalence":
        return f"difference within ±{check['margin']:g} (margin: our choice)"
    if check["kind"] == "none":
        return str(check.get("published", ""))
    return f"{check['published']:.{check['decimals']}f}"


def _row(table: pd.DataFrame | None, **values: str) -> pd.Series | None:
    """Return the one row with these values; None where there is none."""
    if table is None:
        return None
    for column, value in values.items():
        table = table[table[column].astype(str) == value]
    return None if table.empty else table.iloc[0]


def _estimate(row: pd.Series | None, column: str) -> Estimate | str:
    """Return the estimate of a row, or in words why there is none."""
    if row is None:
        return NO_VALUE
    if row[[column, "ci_low", "ci_high"]].isna().any():
        note = row.get("note")
        return f"{NO_VALUE} with an interval" + (f": {note}" if pd.notna(note) else "")
    value, low, high = (float(row[name]) for name in (column, "ci_low", "ci_high"))
    rate = 1.0 if row.get("ci_method") == "Clopper-Pearson" else 0.5
    return Estimate(value, low, high, int(row["n"]), rate)


def _auc(check: dict[str, Any], tables: Tables) -> Estimate | str:
    where = {"model": check["model"], "set": check["set"], "kind": check["predictions"]}
    return _estimate(_row(tables.get("discrimination"), **where), "auc")


def _segmentation(check: dict[str, Any], tables: Tables) -> Estimate | str:
    where = {name: check[name] for name in ("metric", "set", "reference", "candidate")}
    return _estimate(_row(tables.get("segmentation"), **where), "mean")


def _equivalence(check: dict[str, Any], tables: Tables) -> Estimate | str:
    where = {name: check[name] for name in ("first", "second", "set")}
    where["kind"] = check["predictions"]
    return _estimate(_row(tables.get("comparisons"), **where), "difference")


def _patients(check: dict[str, Any], tables: Tables) -> Estimate | str:
    """Return a count, or a mean or standard deviation with its interval under normality."""
    table = tables.get("patients")
    column = check.get("column")
    if table is None or (column and column not in table):
        return NO_VALUE
    if check["statistic"] == "count":
        chosen = table if column is None else table[table[column].map(as_level) == check["level"]]
        count = len(chosen)
        return Estimate(count, count, count, len(table))
    values = table[column].astype(float).dropna()
    n, mean, sd = len(values), float(values.mean()), float(values.std(ddof=1))
    if n < 2:
        return f"{NO_VALUE}: fewer than two patients have it"
    if check["statistic"] == "mean":
        half = float(t.ppf(0.975, n - 1)) * sd / sqrt(n)
        return Estimate(mean, mean - half, mean + half, n)
    low, high = (sd * sqrt((n - 1) / float(chi2.ppf(level, n - 1))) for level in (0.975, 0.025))
    return Estimate(sd, low, high, n)


ESTIMATES = {
    "auc": _auc,
    "segmentation": _segmentation,
    "equivalence": _equivalence,
    "patients": _patients,
}
