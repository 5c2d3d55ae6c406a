"""Gradient-boosted trees of features of radiomics and clinical variables."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit

from radproof.models.classifier import fit_classifier, predict_classifier, term_table
from radproof.models.trees import sum_of_trees, tree_lists

coefficients = term_table


def fit(
    table: pd.DataFrame, outcome: pd.Series, settings: dict[str, Any], seed: int
) -> dict[str, Any]:
    """Fit trees one after another to the gradient of the deviance; see ``fit_classifier``.

    Each term has its ``importance``: its share of the decrease of the squared error at the splits,
    on the patients fitted on.

    Source: Friedman 2001, Ann Stat 29:1189, and 2002, Comput Stat Data Anal 38:367 (``subsample``).
    """
    return fit_classifier(table, outcome, settings, seed, _learn, _score)


def predict(model: dict[str, Any], table: pd.DataFrame) -> pd.DataFrame:
    """Return ``score`` (log odds) and ``probability`` of each patient of ``table``."""
    return predict_classifier(model, table, _score)


def _learn(
    z: np.ndarray, outcome: pd.Series, settings: dict[str, Any], seed: int
) -> dict[str, Any]:
    # Predicting with frozen trees needs none of scikit-learn.
    from sklearn.ensemble import GradientBoostingClassifier

    boosted = GradientBoostingClassifier(
        n_estimators=settings["trees"],
        max_depth=settings["depth"],
        learning_rate=settings["learning_rate"],
        subsample=settings["subsample"],
        min_samples_leaf=settings["leaf"],
        random_state=seed,
    ).fit(z, outcome.to_numpy(int))
    trees = [
        tree_lists(tree.tree_, settings["learning_rate"] * tree.tree_.value[:, 0, 0])
        for tree in boosted.estimators_[:, 0]
    ]
    return {
        "start": float(logit(outcome.mean())),
        "trees": trees,
        "terms": {"importance": boosted.feature_importances_.tolist()},
    }


def _score(fitted: dict[str, Any], z: np.ndarray) -> np.ndarray:
    return fitted["start"] + sum_of_trees(fitted["trees"], z)
