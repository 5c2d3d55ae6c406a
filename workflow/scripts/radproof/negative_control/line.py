"""All models of a study fitted and applied in one go, by the functions of the line itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from radproof.evaluation.discrimination import discrimination
from radproof.folds import NONE, left_out_subsets
from radproof.models.fitting import fit_once
from radproof.models.predicting import APPARENT, predict_model
from radproof.negative_control.permuting import REAL, chosen_with_a_leak, permute_outcome
from radproof.seeds import derive_seed

HONEST, LEAKY = "honest", "leaky"
# As many features as studies commonly carry over from a test on all patients.
LEAKED_FEATURES = 10


@dataclass(frozen=True)
class Entry:
    """A model of the plan with what it is fitted on, see `radproof.models.fitting.fit_model`."""

    name: str
    settings: dict[str, Any]
    clinical: list[dict[str, Any]]
    harmonisation: dict[str, Any] | None
    features: pd.DataFrame | None
    stability: pd.DataFrame | None


def repeat_line(
    entries: Sequence[Entry], patients: pd.DataFrame, seed: int, permutation: int
) -> pd.DataFrame:
    """Fit every model on permuted outcomes and predict everybody, with and without a leak.

    Parameters
    ----------
    entries
        The models of the plan.
    patients
        All patients with their true outcome: ``patient set fold outcome center``, clinical values.
    seed
        The plan's seed.
    permutation
        Its number; 0 keeps the true outcome and the plan's seed, and so repeats the study.

    Returns
    -------
    pandas.DataFrame
        ``arm`` and the columns of predictions, without apparent ones. In the arm ``honest`` models
        are fitted as in the study; in the arm ``leaky`` their features were chosen before, on the
        outcomes of everybody: models with radiomics, and those that use their scores.
    """
    dealt = permute_outcome(patients, seed, permutation)
    own = seed if permutation == REAL else derive_seed(seed, "negative control", str(permutation))
    leaked = _leaked(entries)
    honest = _predictions(entries, dealt, own).assign(arm=HONEST)
    reached = [_leaky(entry, dealt) for entry in _with_their_scores(entries, leaked)]
    parts = [honest]
    if reached:
        leaky = _predictions(reached, dealt, own).assign(arm=LEAKY)
        parts.append(leaky[leaky["model"].isin(leaked)])
    table = pd.concat(parts, ignore_index=True)
    return table[table["kind"] != APPARENT].reset_index(drop=True)


def _leaked(entries: Sequence[Entry]) -> set[str]:
    """Return the models that a leak among features reaches, directly or through a score."""
    direct = {entry.name for entry in entries if entry.features is not None}
    through = {
        entry.name for entry in entries if direct.intersection(entry.settings.get("scores", []))
    }
    return direct | through


def _with_their_scores(entries: Sequence[Entry], names: set[str]) -> list[Entry]:
    """Return the models named, and those whose scores they take."""
    needed = names | _scored(entry for entry in entries if entry.name in names)
    return [entry for entry in entries if entry.name in needed]


def _scored(entries: Iterable[Entry]) -> set[str]:
    """Return the models whose scores some models take."""
    return {score for entry in entries for score in entry.settings.get("scores", [])}


def _leaky(entry: Entry, patients: pd.DataFrame) -> Entry:
    if entry.features is None:
        return entry
    sequences = entry.settings["radiomics"]["sequences"]
    columns = entry.features.columns.astype(str)
    candidates = [name for name in columns if name.split("__")[0] in sequences]
    kept = chosen_with_a_leak(entry.features[candidates], patients, LEAKED_FEATURES)
    # All of them enter: what would be unstable in some folds was chosen all the same.
    steps = [step for step in entry.settings["selection"] if step["kind"] != "stability"]
    return replace(
        entry, features=entry.features[kept], settings=entry.settings | {"selection": steps}
    )


def _predictions(entries: Sequence[Entry], patients: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the predictions of all models, those whose scores others use first.

    Those others alone ask for fits without two folds.
    """
    train = patients[patients["set"] == "train"]
    subsets = [label for label in left_out_subsets(train["fold"]) if label != NONE]
    single = [label for label in subsets if "+" not in label]
    scored = _scored(entries)
    out_of_fold: dict[str, pd.DataFrame] = {}
    predictions: dict[str, pd.DataFrame] = {}
    for entry in sorted(entries, key=lambda one: len(one.settings.get("scores", [])) > 0):
        scores = entry.settings.get("scores", [])
        model, out_of_fold[entry.name] = fit_once(
            entry.name,
            entry.settings,
            train,
            entry.clinical,
            entry.features,
            entry.stability,
            {name: out_of_fold[name] for name in scores},
            seed,
            entry.harmonisation,
            left_out=subsets if entry.name in scored else single,
        )
        predictions[entry.name] = predict_model(
            model,
            entry.settings,
            patients,
            entry.features,
            {name: predictions[name] for name in scores},
            out_of_fold[entry.name],
        )
    return pd.concat([predictions[entry.name] for entry in entries], ignore_index=True)


def areas(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return ``arm model set kind n n_events auc`` of predictions as `repeat_line` returns them."""
    keys = ["arm", "model", "set", "kind"]
    rows = [
        dict(zip(keys, names, strict=True)) | discrimination(own["outcome"], own["probability"])
        for names, own in predictions.groupby(keys, sort=False)
    ]
    return pd.DataFrame(rows)[[*keys, "n", "n_events", "auc"]]
