"""Published claims, each with a verdict from our tables or from arithmetic alone."""

from collections.abc import Iterable, Mapping
from math import sqrt
from pathlib import Path
from typing import Any

import pandas as pd
from scipy.stats import chi2, t

from radproof.dossier.arithmetic_checks import compute
from radproof.dossier.recomputed import of_this_version
from radproof.dossier.recorded_files import sealed_record
from radproof.dossier.verdicts import (
    INCONCLUSIVE,
    NOT_TESTABLE,
    Estimate,
    equivalence_verdict,
    value_verdict,
)
from radproof.errors import BadInput, Problem
from radproof.schema import read_schema, read_yaml, validate
from radproof.tables import as_level, read_table

COLUMNS = ["id", "statement", "published", "ours", "ci_low", "ci_high", "n"]
COLUMNS += ["verdict", "reason", "check", "mark"]
SIMULATED = "simulated cohort: our value is simulated and says nothing about real patients"

OUT_OF_FOLD = (
    "ours is out of fold; whether the published value is of patients that the network was fitted on"
    " is not stated, so that the two may be different quantities"
)
NO_VALUE = "our tables hold no such value"

Tables = Mapping[str, pd.DataFrame]


def read_claims(path: str | Path) -> dict[str, Any]:
    """Read and validate a claims file.

    Raises
    ------
    BadInput
        With every way in which the file breaks the schema, every interval that does not rise or
        does not hold its area, and every id that stands twice.
    """
    claims = read_yaml(path)
    problems = validate(claims, read_schema("claims"), str(path))
    if problems:
        raise BadInput(problems)
    problems = _impossible_intervals(claims.get("arithmetic", []), str(path))
    if problems:
        raise BadInput(problems)
    names = [entry["id"] for entry in claims["claims"] + claims.get("arithmetic", [])]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadInput(Problem("id stands twice", file=str(path), found=", ".join(twice)))
    return claims


def _impossible_intervals(entries: list[dict[str, Any]], file: str) -> list[Problem]:
    return [
        Problem(
            "an area lies outside its interval, or the limits do not rise",
            file=file,
            found=f"{entry['id']}: {check['auc']} ({check['low']} to {check['high']})",
            expected="low ≤ auc ≤ high, low < high",
            remedy="correct auc, low and high",
        )
        for entry in entries
        if (check := entry["check"])["kind"] == "auc_width"
        if not check["low"] <= check["auc"] <= check["high"] or check["low"] == check["high"]
    ]


def segmentation_summaries(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Return the summaries of scores of all segmenters, each row with its ``segmenter``."""
    return pd.concat([read_table(path).assign(segmenter=Path(path).parent.name) for path in paths])


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
        tables["segmentation"] = segmentation_summaries(summaries)
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
        simulated = bool(sealed_record(record)["settings"]["simulated"])
        return check_claims(claims, tables, simulated)


def check_claims(claims: dict[str, Any], tables: Tables | None, simulated: bool) -> pd.DataFrame:
    """Give a verdict on each claim.

    Parameters
    ----------
    claims
        A claims file, as `read_claims` returns it.
    tables
        ``discrimination``, ``comparisons``, ``segmentation`` (as `segmentation_summaries` returns
        it) and ``patients``; None
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
    if check["kind"] == "segmentation" and _another_quantity(check, tables):
        return row | {"verdict": INCONCLUSIVE, "reason": OUT_OF_FOLD}
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


def _another_quantity(check: dict[str, Any], tables: Tables) -> bool:
    """Say whether ours is of masks out of fold, and the published one of a kind not stated."""
    automated = check["candidate"] in set(tables["segmentation"]["segmenter"])
    return automated and check["set"] == "train" and "predictions" not in check


def _segmentation(check: dict[str, Any], tables: Tables) -> Estimate | str:
    if check.get("predictions") == "apparent":
        return f"{NO_VALUE}: masks of training patients are drawn out of fold"
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
