"""A random forest of features of radiomics and clinical variables."""

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
    """Fit a forest; see ``classifier.fit_classifier`` and ``forest.grow_forest``.

    Each term has its ``importance`` out of bag, by permutation.
    """
    return fit_classifier(table, outcome, settings, seed, _learn, _score)


def predict(model: dict[str, Any], table: pd.DataFrame) -> pd.DataFrame:
    """Return ``score`` and ``probability`` of each patient: the mean share of events in the leaves.

    A share beyond half a vote of one tree from 0 or 1 is taken as that, so that its log odds, the
    score, are finite.
    """
    return predict_classifier(model, table, _score)


def _learn(
    z: np.ndarray, outcome: pd.Series, settings: dict[str, Any], seed: int
) -> dict[str, Any]:
    # Predicting with a frozen forest needs none of scikit-learn.
    from radproof.models.forest import grow_forest, permutation_importance

    cases = outcome.to_numpy(int)
    forest = grow_forest(z, cases, settings, seed)
    trees = [
        tree_lists(tree.tree_, tree.tree_.value[:, 0, 1] / tree.tree_.value[:, 0, :].sum(axis=1))
        for tree in forest.estimators_
    ]
    importance = permutation_importance(forest, z, outcome, seed).tolist()
    return {"trees": trees, "terms": {"importance": importance}}


def _score(fitted: dict[str, Any], z: np.ndarray) -> np.ndarray:
    votes = len(fitted["trees"])
    share = sum_of_trees(fitted["trees"], z) / votes
    return logit(np.clip(share, 0.5 / votes, 1 - 0.5 / votes))
