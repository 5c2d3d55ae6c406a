"""Random forests (Breiman 2001, Machine Learning 45:5), grown by scikit-learn in one thread."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

from radproof.folds import patient_of


def grow_forest(
    values: np.ndarray, outcome: np.ndarray, settings: dict[str, Any], seed: int
) -> RandomForestClassifier:
    """Grow a forest on values (n, p) and outcomes (n,) of 0 and 1.

    Parameters
    ----------
    settings
        ``trees``; ``leaf``, the fewest patients of a leaf; ``class_weight``: ``none``, or
        ``balanced`` within each tree's patients. The square root of p features is tried at a split.
    seed
        Of the samples and splits.
    """
    balanced = settings["class_weight"] == "balanced"
    forest = RandomForestClassifier(
        n_estimators=settings["trees"],
        min_samples_leaf=settings["leaf"],
        class_weight="balanced_subsample" if balanced else None,
        random_state=seed,
        n_jobs=1,
    )
    return forest.fit(values, outcome)


def permutation_importance(
    forest: RandomForestClassifier, values: np.ndarray, outcome: pd.Series, seed: int
) -> np.ndarray:
    """Return by how much permuting a feature lowers the accuracy out of bag, (p,).

    For each tree, its accuracy on the patients it was not grown on, less that with the feature
    permuted among them; the mean over trees. A feature that a tree does not read costs it nothing.
    A copy of a patient, in a resample, is the patient: no tree is judged on whom it was grown on.

    Parameters
    ----------
    forest
        Grown on ``values`` (n, p) and ``outcome``, index patient or copy of one.
    seed
        Of the permutations.

    Source: Breiman 2001, sec. 10; R's ``randomForest::importance(type = 1, scale = FALSE)``.
    """
    rows, cases = values.astype(np.float32), outcome.to_numpy(int)
    patients = np.array([patient_of(str(name)) for name in outcome.index])
    importance = np.zeros(values.shape[1])
    for place, (tree, drawn) in enumerate(
        zip(forest.estimators_, forest.estimators_samples_, strict=True)
    ):
        outside = np.flatnonzero(~np.isin(patients, patients[drawn]))
        used = np.unique(tree.tree_.feature[tree.tree_.feature >= 0])
        if not outside.size or not used.size:
            continue
        rng = np.random.default_rng([seed, place])
        permuted = np.tile(rows[outside], (1 + used.size, 1, 1))
        for copy, feature in enumerate(used, start=1):
            permuted[copy, :, feature] = rng.permutation(permuted[copy, :, feature])
        shares = tree.tree_.predict(permuted.reshape(-1, rows.shape[1]))
        called = shares.reshape(1 + used.size, outside.size, -1).argmax(axis=2)
        accuracy = (called == cases[outside]).mean(axis=1)
        importance[used] += accuracy[0] - accuracy[1:]
    return importance / len(forest.estimators_)
