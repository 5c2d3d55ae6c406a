"""Made-up predictions of three models: training out of fold and apparent, and a test set."""

import numpy as np
import pandas as pd
from scipy.special import expit

STRENGTH = {"clinical": 0.6, "automated": 1.4, "manual": 1.5}


def make_predictions(
    n_train: int = 80, n_test: int = 40, seed: int = 1, events: tuple[int, int] | None = None
) -> pd.DataFrame:
    """Stacked predictions; automated and manual share most of what they know."""
    rng = np.random.default_rng(seed)
    events = events or (n_train // 2, n_test // 2)
    parts = []
    for name, n, n_events, kinds in (
        ("train", n_train, events[0], ("apparent", "out_of_fold")),
        ("test", n_test, events[1], ("held_out",)),
    ):
        outcome = np.repeat([1, 0], [n_events, n - n_events])
        shared = rng.normal(size=n)
        for model, strength in STRENGTH.items():
            for kind in kinds:
                noise = 0.9 * shared + 0.3 * rng.normal(size=n)
                score = strength * (outcome - 0.5 + (kind == "apparent") * (outcome - 0.5)) + noise
                parts.append(
                    pd.DataFrame(
                        {
                            "patient": [f"{name}{number:03d}" for number in range(n)],
                            "set": name,
                            "outcome": outcome,
                            "model": model,
                            "kind": kind,
                            "probability": expit(score),
                        }
                    )
                )
    return pd.concat(parts, ignore_index=True)
