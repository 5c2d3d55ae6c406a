"""ComBat: each feature's location and scale in each centre, shrunk by empirical Bayes.

The model is ``y = a + X b + s (g_c + d_c e)`` for a feature y of a patient of centre c with
covariates X; harmonised, ``a + X b + s e`` remains. The effects g_c and d_c of a centre are shrunk
towards those that it has on the other features.

Source: Johnson, Li & Rabinovic 2007, Biostatistics 8:118, sec. 3; for features of images Fortin
et al. 2018, NeuroImage 167:104 and Orlhac et al. 2019, Radiology 291:53; a reference centre as in
``ComBat(ref.batch=)`` of the R package sva.
"""

from typing import Any

import numpy as np
import pandas as pd

from radproof.errors import BadInput, Problem
from radproof.models.centers import center_problems, unseen_problems
from radproof.models.coding import encode, independent_columns, learn_coding
from radproof.models.shrinkage import shrink_by_others, shrink_parametric
from radproof.z_scores import is_constant

# Below this share of a feature's variance nothing is left but rounding.
LEAST_VARIANCE = 1e-18


def fit(
    features: pd.DataFrame, centers: pd.Series, covariates: pd.DataFrame, settings: dict[str, Any]
) -> dict[str, Any]:
    """Learn the effect of each centre on each feature from the patients given, and nobody else.

    Missing values of a feature are left out of its sums. A feature stays as it is where a centre
    has fewer than two values of it or only equal ones, or where covariates explain it all. Missing
    covariates take the median or the most frequent level.

    Parameters
    ----------
    features
        Index patient, float columns in the units of the features.
    centers, covariates
        Of the same patients, in any order; covariates float, or categorical.
    settings
        ``parametric``, ``mean_only``, ``least_patients``, ``unseen``, ``reference``.

    Returns
    -------
    dict
        Ready for JSON: ``centers`` and their ``patients`` (numbers); ``covariates`` (coding);
        ``features``, each with ``mean`` a, ``sd`` s, ``coefficients`` b, ``shift`` g and
        ``variance`` d squared of each centre; ``unharmonised`` (names); ``warnings``.

    Raises
    ------
    BadInput
        If centres are too few or too small, or covariates cannot be told from centres.
    """
    features = features.sort_index()
    centers = centers.loc[features.index]
    problems = center_problems(centers, settings)
    if problems:
        raise BadInput(problems)
    names = sorted(centers.unique())
    members = np.array([centers == name for name in names])
    variables, warnings = learn_coding(covariates.loc[features.index], "impute")
    coded = encode(variables, covariates.loc[features.index])
    _check_design(coded, members)
    learned = _learn(features, members, coded, names, settings)
    unharmonised = list(
        features.columns.difference([one["feature"] for one in learned], sort=False)
    )
    if unharmonised:
        warnings.append(
            f"{len(unharmonised)} of {features.shape[1]} features were not harmonised: constant or"
            " missing in a center, or explained by covariates alone"
        )
    return {
        "kind": "combat",
        "reference": settings["reference"],
        "unseen": settings["unseen"],
        "centers": names,
        "patients": members.sum(axis=1).tolist(),
        "covariates": variables,
        "features": learned,
        "unharmonised": unharmonised,
        "warnings": [f"harmonisation: {warning}" for warning in warnings],
    }


def _check_design(coded: pd.DataFrame, members: np.ndarray) -> None:
    """Check that covariates say something that the centres do not."""
    effects = pd.DataFrame(members[1:].T.astype(float), coded.index).add_prefix("center ")
    kept = independent_columns(pd.concat([effects, coded], axis=1))
    confounded = [name for name in coded.columns if name not in kept]
    if confounded:
        raise BadInput(
            Problem(
                "covariates cannot be told from the centers or from each other",
                found=", ".join(confounded),
                expected="values that differ within centers",
                remedy="take them out of harmonisation.covariates",
            )
        )


def _learn(
    features: pd.DataFrame,
    members: np.ndarray,
    coded: pd.DataFrame,
    names: list[str],
    settings: dict[str, Any],
) -> list[dict[str, Any]]:
    """Return what is learned of each feature that can be harmonised, in the order of columns."""
    design = np.column_stack([members.T.astype(float), coded.to_numpy(float)])
    varying = features.loc[:, _varies(features.to_numpy(float), members)]
    if varying.empty:
        return []
    estimates = _regress(design, varying.to_numpy(float))
    told = ~np.isnan(estimates).any(axis=0)
    values, estimates = varying.loc[:, told].to_numpy(float), estimates[:, told]
    place = None if settings["reference"] is None else names.index(settings["reference"])
    mean, sd, z = _standardise(values, design, estimates, members, place)
    shift, variance, adjustable = _effects(z, members, settings)
    if place is not None:
        shift[place], variance[place] = 0.0, 1.0
    coefficients = estimates[len(members) :]
    return [
        {
            "feature": str(name),
            "mean": float(mean[column]),
            "sd": float(sd[column]),
            "coefficients": dict(zip(coded.columns, coefficients[:, column].tolist(), strict=True)),
            "shift": shift[:, column].tolist(),
            "variance": variance[:, column].tolist(),
        }
        for column, name in enumerate(varying.columns[told])
        if adjustable[column]
    ]


def _varies(values: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Return which columns (p,) of values (n, p) differ within each centre, members (c, n)."""
    varying = np.ones(values.shape[1], dtype=bool)
    for here in members:
        ends = np.array([np.fmin.reduce(values[here]), np.fmax.reduce(values[here])])
        varying &= ~is_constant(ends) & ~np.isnan(ends[0])
    return varying


def _regress(design: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return least-squares coefficients (q, p), each column of values by its own known rows.

    They are missing where these rows do not tell the columns of the design apart.
    """
    estimates = np.full((design.shape[1], values.shape[1]), np.nan)
    known = ~np.isnan(values)
    patterns, which = np.unique(known, axis=1, return_inverse=True)
    for number, rows in enumerate(patterns.T):
        columns = which.ravel() == number
        solved, _, rank, _ = np.linalg.lstsq(
            design[rows], values[np.ix_(rows, columns)], rcond=None
        )
        if rank == design.shape[1]:
            estimates[:, columns] = solved
    return estimates


def _standardise(
    values: np.ndarray,
    design: np.ndarray,
    estimates: np.ndarray,
    members: np.ndarray,
    reference: int | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean a (p,), SD s (p,) and standardised values (n, p), all 0 where the SD is.

    Mean and SD are over all centres, or of the reference centre. The variance is divided by the
    number of known values, not by the degrees of freedom, as in sva.
    """
    n_centers = len(members)
    judged = members.any(axis=0) if reference is None else members[reference]
    known = ~np.isnan(values)
    weights = np.array([(known & (here & judged)[:, None]).sum(axis=0) for here in members])
    n = weights.sum(axis=0)
    mean = (weights * estimates[:n_centers]).sum(axis=0) / n
    sd = np.sqrt(np.nansum((values - design @ estimates)[judged] ** 2, axis=0) / n)
    # What is left by covariates is rounding, and worth no more than nothing.
    sd[sd**2 <= LEAST_VARIANCE * np.nanvar(values, axis=0)] = 0.0
    distance = values - mean - design[:, n_centers:] @ estimates[n_centers:]
    return mean, sd, np.divide(distance, sd, out=np.zeros_like(values), where=sd > 0)


def _effects(
    z: np.ndarray, members: np.ndarray, settings: dict[str, Any]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return shrunken shifts and variances (c, p) of standardised values z (n, p), and which hold.

    A feature that its covariates explain in some centre has no variance there, and no effect is
    estimated.
    """
    shift = np.array([np.nanmean(z[here], axis=0) for here in members])
    variance = np.array([np.nanvar(z[here], axis=0, ddof=1) for here in members])
    adjustable = variance.min(axis=0) > LEAST_VARIANCE
    shrink = shrink_parametric if settings["parametric"] else shrink_by_others
    for center, here in enumerate(members):
        n = (~np.isnan(z[here][:, adjustable])).sum(axis=0)
        shift[center, adjustable], variance[center, adjustable] = shrink(
            shift[center, adjustable], variance[center, adjustable], n, settings["mean_only"]
        )
    return shift, variance, adjustable


def apply(
    fitted: dict[str, Any], features: pd.DataFrame, centers: pd.Series, covariates: pd.DataFrame
) -> pd.DataFrame:
    """Return features as if measured in the reference, or in what the centres have in common.

    A patient's values do not depend on who else is harmonised. Those of the reference centre, and
    of centres not fitted on where ``unseen`` allows them, stay as they are.

    Parameters
    ----------
    fitted
        As ``fit`` returns it.
    features
        Index patient; any of the features fitted on, in any order.
    centers, covariates
        Of these patients, in any order.

    Raises
    ------
    BadInput
        If a centre was not seen and ``unseen`` is ``refuse``, or a feature was not fitted on.
    """
    centers, covariates = centers.loc[features.index], covariates.loc[features.index]
    learned = {one["feature"]: one for one in fitted["features"]}
    problems = unseen_problems(centers, fitted["centers"], fitted)
    problems += [
        Problem("feature was not among those that harmonisation was fitted on", found=str(name))
        for name in features.columns.difference([*learned, *fitted["unharmonised"]])
    ]
    if problems:
        raise BadInput(problems)
    coded = encode(fitted["covariates"], covariates)
    place = pd.Index(fitted["centers"]).get_indexer(centers)
    moved = (place >= 0) & (centers != fitted["reference"]).to_numpy()
    columns = {
        name: np.where(moved, _adjust(values, learned[name], place, coded), values)
        if name in learned
        else values
        for name, values in features.items()
    }
    return pd.DataFrame(columns, features.index, dtype=float)


def _adjust(
    values: pd.Series, learned: dict[str, Any], place: np.ndarray, coded: pd.DataFrame
) -> np.ndarray:
    """Return a feature's values (n,) without the effects of the centres at ``place`` (n,)."""
    # Added term by term: a matrix product may round otherwise in other company.
    expected = np.full(len(values), learned["mean"])
    for name, coefficient in learned["coefficients"].items():
        expected += coefficient * coded[name].to_numpy(float)
    z = (values.to_numpy(float) - expected) / learned["sd"]
    shift, variance = np.array(learned["shift"])[place], np.array(learned["variance"])[place]
    return expected + learned["sd"] * (z - shift) / np.sqrt(variance)
