"""A model fitted again on resampled patients, with the models whose scores it takes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from radproof.errors import BadInput
from radproof.evaluation.optimism import Refits, times_drawn
from radproof.folds import COPY, patient_of
from radproof.models.coding import encode, independent_columns, learn_coding
from radproof.models.design import Sources, clinical_columns
from radproof.models.fitting import fit_once
from radproof.models.many_logistic import fit_many
from radproof.models.predicting import predict_model
from radproof.seeds import derive_seed
from radproof.z_scores import standardise

NOBODY = pd.DataFrame(columns=["patient", "fold", "left_out", "score", "probability", "score_mean"])


@dataclass(frozen=True)
class Chain:
    """What a model is fitted on, from its training patients up.

    ``models``: the model's entry of the plan, after those of the models named under its ``scores``,
    by name; ``patients``: training patients as :func:`radproof.models.fitting.fit_model` takes
    them; ``clinical``: the plan's entries; ``features``, ``stability`` and ``harmonisation`` by
    model, None where it has none; ``seed``: the plan's.
    """

    models: dict[str, dict[str, Any]]
    patients: pd.DataFrame
    clinical: list[dict[str, Any]]
    features: dict[str, pd.DataFrame | None]
    stability: dict[str, pd.DataFrame | None]
    harmonisation: dict[str, dict[str, Any] | None]
    seed: int


def refit(chain: Chain, draws: np.ndarray) -> Refits:
    """Fit the chain on every resample, and predict the original patients.

    Logistic regressions of known clinical values are fitted side by side; those that have no
    maximum of the likelihood, and all other models, one by one.

    Parameters
    ----------
    chain
        What the model is fitted on.
    draws
        Places of the patients of each resample, shape (b, n).
    """
    probability = np.full(draws.shape, np.nan)
    failures: list[str | None] = [None] * len(draws)
    if (columns := _plain_columns(chain)) is not None:
        outcome = chain.patients["outcome"].to_numpy(int)
        beta = fit_many(columns, outcome, times_drawn(draws).astype(float))
        probability = expit(beta @ columns.T)
    for place in np.flatnonzero(np.isnan(probability[:, 0])):
        try:
            probability[place] = refit_chain(chain, int(place) + 1, draws[place])
        except BadInput as error:
            failures[place] = " ".join(str(error).split())
    return Refits(probability, failures)


def _plain_columns(chain: Chain) -> np.ndarray | None:
    """Return the columns of a logistic regression whose values are all known; None of others.

    Shape (patients, columns), the intercept first, in z-scores: a matter of digits alone, without
    a penalty.
    """
    settings, *others = chain.models.values()
    if others or settings["kind"] != "logistic" or settings.get("scores") or settings.get("ridge"):
        return None
    rows = chain.patients.set_index("patient")
    entries = [entry for entry in chain.clinical if entry["name"] in settings["clinical"]]
    table = clinical_columns(rows, Sources(settings, entries, None))
    if table.isna().any(axis=None):
        return None
    variables, _ = learn_coding(table, "refuse")
    coded = encode(variables, table)
    z, _, _ = standardise(coded[independent_columns(coded)].to_numpy(float))
    return np.column_stack([np.ones(len(z)), z])


def refit_chain(chain: Chain, number: int, places: np.ndarray) -> np.ndarray:
    """Fit the whole chain on a resample; return the probability of every original patient, (n,).

    A patient drawn several times is as many patients, called ``P01#1``, ``P01#2``, and so on, of
    the same fold: copies never part, neither in the folds of the sheet, from which scores for the
    next model come, nor in the inner folds of a penalty, which ask whose copy each is. Imputation,
    filters, harmonisation, penalty and coefficients are all found again on the resample. Which
    features are stable is taken from the study: it was judged on masks, without the outcome.

    Parameters
    ----------
    chain
        What the model is fitted on.
    number
        Of the resample; seeds follow from it.
    places
        Places of the patients drawn, shape (n,).

    Raises
    ------
    BadInput
        If the resample cannot be fitted, as where a fold holds all patients of a class.
    """
    originals = chain.patients.iloc[places]["patient"].astype(str)
    copies = originals.groupby(originals.to_numpy()).cumcount() + 1
    names = (originals + COPY + copies.astype(str)).to_numpy()
    drawn = chain.patients.iloc[places].assign(patient=names)
    # Nobody is of the training set here: the frozen model predicts everybody.
    everybody = chain.patients.assign(set="original")
    seed = derive_seed(chain.seed, "resample", str(number))
    scores: dict[str, pd.DataFrame] = {}
    predicted: dict[str, pd.DataFrame] = {}
    folds = sorted(drawn["fold"].unique())
    last = list(chain.models)[-1]
    for name, settings in chain.models.items():
        features = chain.features[name]
        model, scores[name] = fit_once(
            name,
            settings,
            drawn,
            chain.clinical,
            _of_copies(features, names),
            chain.stability[name],
            scores,
            seed,
            chain.harmonisation[name],
            left_out=[] if name == last else folds,
        )
        predicted[name] = predict_model(
            model, settings, everybody, features, dict(predicted), NOBODY
        )
    found = predicted[last].set_index("patient")["probability"]
    return found.loc[chain.patients["patient"]].to_numpy(float)


def _of_copies(features: pd.DataFrame | None, names: np.ndarray) -> pd.DataFrame | None:
    """Return the features of copies: each those of its patient."""
    if features is None:
        return None
    return features.loc[[patient_of(name) for name in names]].set_axis(names, axis="index")
