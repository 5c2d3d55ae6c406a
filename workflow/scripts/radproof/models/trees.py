"""Decision trees as plain lists of numbers: what a file holds of a forest, and what it predicts."""

from typing import Any

import numpy as np

LEAF = -1


def tree_lists(tree: Any, values: np.ndarray) -> dict[str, list[Any]]:
    """Return a fitted tree of scikit-learn as lists, one item a node.

    Parameters
    ----------
    tree
        ``tree_`` of a fitted estimator.
    values
        What each node predicts, (nodes,).

    Returns
    -------
    dict
        ``feature`` (column, or -1 for a leaf), ``threshold`` (values at most this go left),
        ``left``, ``right`` and ``value``.
    """
    leaf = tree.children_left == tree.children_right
    return {
        "feature": np.where(leaf, LEAF, tree.feature).tolist(),
        "threshold": np.where(leaf, 0.0, tree.threshold).tolist(),
        "left": np.where(leaf, 0, tree.children_left).tolist(),
        "right": np.where(leaf, 0, tree.children_right).tolist(),
        "value": values.tolist(),
    }


def sum_of_trees(trees: list[dict[str, list[Any]]], values: np.ndarray) -> np.ndarray:
    """Return the sum over trees of the value of each row's leaf, (n,).

    Rows are rounded to single precision, as scikit-learn does before it compares them.
    """
    rows, total = values.astype(np.float32), np.zeros(len(values))
    everybody = np.arange(len(values))
    for tree in trees:
        feature, threshold = np.array(tree["feature"]), np.array(tree["threshold"])
        left, right = np.array(tree["left"]), np.array(tree["right"])
        node = np.zeros(len(values), dtype=int)
        while (inner := feature[node] != LEAF).any():
            below = rows[everybody, np.where(inner, feature[node], 0)] <= threshold[node]
            node = np.where(inner, np.where(below, left[node], right[node]), node)
        total += np.array(tree["value"])[node]
    return total
