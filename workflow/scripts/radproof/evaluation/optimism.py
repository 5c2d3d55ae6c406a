"""Optimism: how much better a model looks on the patients it was fitted on, by bootstrap.

Models are fitted again on each resample of training patients, from imputation to the last
coefficient, and judged on the resample and on all training patients; the mean difference is taken
off the apparent value (Harrell, Lee & Mark 1996, Stat Med 15:361; R's ``rms::validate``). Masks and
the choice of stable features are not made again.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from radproof.evaluation.calibration import brier_score, recalibrate
from radproof.evaluation.delong import auc
from radproof.evaluation.many_samples import measures
from radproof.seeds import derive_seed

MEASURES = ["c_index", "brier", "slope", "intercept", "citl"]
RESAMPLES = [
    "resample",
    *(f"{name}_{on}" for name in MEASURES for on in ("train", "test", "outside")),
    "note",
]
COLUMNS = [
    *("model", "measure", "n", "n_events", "apparent", "train", "test", "optimism", "corrected"),
    *("monte_carlo_se", "outside", "n_resamples", "n_used", "note"),
]


@dataclass(frozen=True)
class Refits:
    """Fits on resamples: what each predicts for every original patient, or why there is none.

    ``probability`` (b, n), NaN where a fit failed; ``failures`` (b), None where it did not. A copy
    of a patient in a resample has the patient's own prediction.
    """

    probability: np.ndarray
    failures: list[str | None]


def draw_resamples(patients: int, resamples: int, seed: int) -> np.ndarray:
    """Return places of patients drawn with replacement, shape (resamples, patients).

    Each resample has its own seed, so that more of them change none of those there were.
    """
    return np.array(
        [
            np.random.default_rng(derive_seed(seed, "resample", str(number))).integers(
                0, patients, patients
            )
            for number in range(1, resamples + 1)
        ]
    )


def judge(outcome: np.ndarray, probability: np.ndarray) -> tuple[dict[str, float], str]:
    """Return ``c_index brier slope intercept citl`` and why some of them are missing."""
    if np.unique(outcome).size < 2:
        return dict.fromkeys(MEASURES, np.nan), "one class of the outcome"
    fitted = recalibrate(outcome, probability)
    values = {
        "c_index": float(auc(outcome, probability).auc[0]),
        "brier": brier_score(outcome, probability),
        "slope": fitted.slope[0],
        "intercept": fitted.intercept[0],
        "citl": fitted.citl[0],
    }
    return values, fitted.note


def resample_table(outcome: np.ndarray, draws: np.ndarray, refits: Refits) -> pd.DataFrame:
    """Judge the fit on every resample, on its own patients and on the original ones.

    Parameters
    ----------
    outcome
        0 or 1 of the original patients, shape (n,).
    draws
        Places of the patients of each resample, shape (b, n).
    refits
        What the fits on the resamples predict.

    Returns
    -------
    pandas.DataFrame
        ``resample``, from 1; ``c_index brier slope intercept citl``, each ``_train`` (the
        resample), ``_test`` (the original patients) and ``_outside`` (those of them who were not
        drawn); ``note``: why a fit failed or a number is missing.
    """
    drawn = times_drawn(draws)
    samples = {"train": drawn, "test": np.ones_like(drawn), "outside": 1 * (drawn == 0)}
    table = pd.DataFrame({"resample": np.arange(1, len(draws) + 1)})
    fitted = [place for place, failure in enumerate(refits.failures) if failure is None]
    notes: list[list[str]] = [
        [] if one is None else [f"not fitted: {one}"] for one in refits.failures
    ]
    for on, times in samples.items():
        values, said = judge_all(outcome, refits.probability[fitted], times[fitted])
        for name in MEASURES:
            table.loc[fitted, f"{name}_{on}"] = values[name]
        for place, note in zip(fitted, said, strict=True):
            notes[place] += [f"{on}: {note}"] if note else []
    table["note"] = pd.Series(["; ".join(own) or None for own in notes], dtype=object)
    return table.reindex(columns=RESAMPLES)


def times_drawn(draws: np.ndarray) -> np.ndarray:
    """Return how often each resample drew each patient, shape (b, n)."""
    return np.array([np.bincount(places, minlength=draws.shape[1]) for places in draws])


def judge_all(
    outcome: np.ndarray, probability: np.ndarray, times: np.ndarray
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return the measures of many samples, (b,) each, and why some of a sample are missing.

    Samples are judged side by side; where that finds nothing, alone by :func:`judge`, which says
    why.

    Parameters
    ----------
    outcome
        0 or 1, shape (n,).
    probability, times
        By sample, shape (b, n): the prediction, and how often the patient is in the sample.
    """
    values, notes = measures(outcome, probability, times), [""] * len(times)
    for place in np.flatnonzero(np.isnan(values["c_index"])):
        own, notes[place] = judge(
            np.repeat(outcome, times[place]), np.repeat(probability[place], times[place])
        )
        for name, value in own.items():
            values[name][place] = value
    return values, notes


def summarise_optimism(
    model: str, outcome: np.ndarray, apparent: np.ndarray, resamples: pd.DataFrame
) -> pd.DataFrame:
    """Return one row a measure: the apparent value, its optimism, and what is left without it.

    Parameters
    ----------
    model
        Name of the model.
    outcome, apparent
        Of the training patients: 0 or 1, and the probability of the model fitted on them.
    resamples
        As :func:`resample_table` returns.

    Returns
    -------
    pandas.DataFrame
        ``model measure n n_events apparent``; ``train`` and ``test``: means over the resamples;
        ``optimism = train - test`` and ``corrected = apparent - optimism``; ``monte_carlo_se`` of
        both; ``outside``: the mean over patients who were not drawn, which is too low, where
        ``corrected`` is too high with many more features than patients; ``n_resamples`` and
        ``n_used``, those with train and test; ``note`` says why others are missing.
    """
    values, reason = judge(np.asarray(outcome), np.asarray(apparent))
    rows = []
    for name in MEASURES:
        pair = resamples[[f"{name}_train", f"{name}_test"]].to_numpy(float)
        outside = resamples[f"{name}_outside"].dropna()
        used = pair[np.isfinite(pair).all(axis=1)]
        row: dict[str, Any] = {"model": model, "measure": name, "apparent": values[name]}
        row |= {"n": len(outcome), "n_events": int(np.sum(outcome))}
        row |= {"n_resamples": len(resamples), "n_used": len(used)}
        row["outside"] = float(outside.mean()) if len(outside) else np.nan
        notes = [f"apparent: {reason}"] if reason and np.isnan(values[name]) else []
        if len(used) > 1:
            train, test = used.mean(axis=0).tolist()
            row |= {"train": train, "test": test, "optimism": train - test}
            row["corrected"] = values[name] - (train - test)
            spread = float(np.std(used[:, 0] - used[:, 1], ddof=1))
            row["monte_carlo_se"] = spread / np.sqrt(len(used))
        else:
            notes.append("fewer than two resamples to go by")
        notes += _lacking(resamples["note"], ~np.isfinite(pair).all(axis=1))
        if len(outside) < len(used):
            notes.append(f"outside: the mean of {len(outside)} resamples")
        rows.append(row | {"note": "; ".join(notes) or None})
    return pd.DataFrame(rows, columns=COLUMNS)


def _lacking(notes: pd.Series, lacking: np.ndarray) -> list[str]:
    """Say how many resamples have no number, and why the first of them has none."""
    if not lacking.any():
        return []
    first = notes[lacking].iloc[0]
    return [f"{lacking.sum()} of {len(notes)} resamples without it, the first for: {first}"]


def optimism_table(
    predictions: dict[str, pd.DataFrame], resamples: dict[str, pd.DataFrame]
) -> pd.DataFrame:
    """Return :func:`summarise_optimism` of every model, one below the other.

    Parameters
    ----------
    predictions, resamples
        By model: its predictions, of which the apparent ones are used, and what
        :func:`resample_table` returned.
    """
    parts = []
    for model, table in predictions.items():
        rows = table[table["kind"] == "apparent"]
        outcome, probability = rows["outcome"].to_numpy(int), rows["probability"].to_numpy(float)
        parts.append(summarise_optimism(model, outcome, probability, resamples[model]))
    return pd.concat(parts, ignore_index=True)
