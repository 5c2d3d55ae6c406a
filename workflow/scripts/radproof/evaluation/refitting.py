"""A model fitted again on resampled patients, with the models whose scores it takes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from radproof.evaluation.optimism import Judged
from radproof.folds import COPY, patient_of
from radproof.models.fitting import fit_once
from radproof.models.predicting import predict_model
from radproof.seeds import derive_seed

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


def refit_chain(chain: Chain, number: int, places: np.ndarray) -> Judged:
    """Fit the whole chain on a resample; predict the resample and the original patients.

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

    Returns
    -------
    tuple
        Outcome and probability of the resample, then of the original patients in their order.

    Raises
    ------
    BadInput
        If the resample cannot be fitted, as where a fold holds all patients of a class.
    """
    originals = chain.patients.iloc[places]["patient"].astype(str)
    copies = originals.groupby(originals.to_numpy()).cumcount() + 1
    names = (originals + COPY + copies.astype(str)).to_numpy()
    drawn = chain.patients.iloc[places].assign(patient=names)
    tables = {"resample": drawn, "original": chain.patients}
    seed = derive_seed(chain.seed, "resample", str(number))
    scores: dict[str, pd.DataFrame] = {}
    predicted: dict[str, dict[str, pd.DataFrame]] = {name: {} for name in tables}
    folds = sorted(drawn["fold"].unique())
    for name, settings in chain.models.items():
        last = name == list(chain.models)[-1]
        features = _of_copies(chain.features[name], names)
        model, scores[name] = fit_once(
            name,
            settings,
            drawn,
            chain.clinical,
            features,
            chain.stability[name],
            scores,
            seed,
            chain.harmonisation[name],
            left_out=[] if last else folds,
        )
        for which, table in tables.items():
            own = features if which == "resample" else chain.features[name]
            # Nobody is of the training set here: the frozen model predicts everybody.
            shown = table.assign(set=which)
            known = predicted[which]
            known[name] = predict_model(model, settings, shown, own, dict(known), NOBODY)
    train = predicted["resample"][name]
    test = predicted["original"][name].set_index("patient").loc[chain.patients["patient"]]
    return (
        train["outcome"].to_numpy(int),
        train["probability"].to_numpy(float),
        test["outcome"].to_numpy(int),
        test["probability"].to_numpy(float),
    )


def _of_copies(features: pd.DataFrame | None, names: np.ndarray) -> pd.DataFrame | None:
    """Return the features of copies: each those of its patient."""
    if features is None:
        return None
    return features.loc[[patient_of(name) for name in names]].set_axis(names, axis="index")
