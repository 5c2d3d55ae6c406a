"""Small made-up tables with the columns of the line, for drawing."""

import numpy as np
import pandas as pd

PAIRS = [("rater1", "unet"), ("rater2", "unet"), ("rater1", "rater2")]
SETS = [("train", 95, 43), ("test", 41, 18)]
MODELS = ["clinical", "radiomics_auto", "radiomics_manual", "nomogram_auto", "nomogram_manual"]


def flow() -> pd.DataFrame:
    steps = [("in the sheet", 0), ("with an outcome", 1), ("with every image and a mask", 1)]
    return pd.DataFrame(
        [
            (name, step, n - lost, events, "1 without outcome: sub-017" if lost else None)
            for name, n, events in SETS
            for step, lost in steps
        ],
        columns=["set", "step", "n", "n_events", "note"],
    )


def histories() -> dict[str, pd.DataFrame]:
    epochs = np.arange(1, 13)
    return {
        str(fold): pd.DataFrame(
            {
                "epoch": epochs,
                "loss": 1.1 * np.exp(-epochs / (4 + fold / 3)) + 0.1,
                "val_loss": 1.2 * np.exp(-epochs / 4) + 0.15,
                "val_dice": 0.85 * (1 - np.exp(-epochs / (2 + fold / 5))),
                "learning_rate": 0.003,
            }
        )
        for fold in range(1, 6)
    }


def scores() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    rows = []
    for name, n, _ in SETS:
        for reference, candidate in PAIRS:
            volume = rng.lognormal(1.5, 0.6, n)
            rows.append(
                pd.DataFrame(
                    {
                        "patient": [f"{name}{number:03d}" for number in range(n)],
                        "set": name,
                        "reference": reference,
                        "candidate": candidate,
                        "dice": np.clip(rng.normal(0.85, 0.06, n), 0, 1),
                        "assd_mm": rng.gamma(3, 0.3, n),
                        "hd95_mm": rng.gamma(3, 1.0, n),
                        "volume_reference_ml": volume,
                        "volume_candidate_ml": volume * rng.lognormal(0.02, 0.1, n),
                    }
                )
            )
    return pd.concat(rows, ignore_index=True)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    keys = ["set", "reference", "candidate"]
    long = table.melt(keys, ["dice", "assd_mm", "hd95_mm"], var_name="metric").dropna()
    grouped = long.groupby([*keys, "metric"], sort=False)["value"]
    result = grouped.agg(n="count", mean="mean", sd="std", median="median").reset_index()
    half = 1.96 * result["sd"] / np.sqrt(result["n"])
    return result.assign(ci_low=result["mean"] - half, ci_high=result["mean"] + half)


def stability(filters: tuple[str, ...] = ("original", "log-sigma-2-0-mm-3D")) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    names = [
        f"{sequence}__{name}_{kind}_F{number}"
        for name in filters
        for sequence in ("ceT1w", "T2w", "T1w")
        for kind in ("firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm")
        for number in range(14)
    ]
    names += [f"ceT1w__original_shape_F{number}" for number in range(14)]
    icc = 1 - rng.gamma(2, 0.1, len(names))
    table = pd.DataFrame({"feature": names, "form": "ICC2", "icc": icc, "n": 95})
    table = table.assign(ci_low=icc - 0.05, ci_high=icc + 0.03, kept=icc >= 0.75)
    return pd.concat([table.assign(left_out="none"), table.assign(left_out="1", n=76)])


def predictions() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    parts = []
    for name, n, events in SETS:
        outcome = np.r_[np.ones(events, int), np.zeros(n - events, int)]
        for strength, model in enumerate(MODELS, 1):
            for kind in ["apparent", "out_of_fold"] if name == "train" else ["held_out"]:
                score = rng.normal(0, 1, n) + 0.5 * strength * (outcome - 0.45)
                parts.append(
                    pd.DataFrame(
                        {
                            "patient": [f"{name}{number:03d}" for number in range(n)],
                            "set": name,
                            "outcome": outcome,
                            "model": model,
                            "kind": kind,
                            "score": score,
                            "probability": 1 / (1 + np.exp(-score)),
                        }
                    )
                )
    return pd.concat(parts, ignore_index=True)


def cases() -> list[dict]:
    y, x = np.mgrid[0:40, 0:44]
    rng = np.random.default_rng(2)
    result = []
    for index, rank in enumerate(["worst", "median", "best"]):
        distance = np.hypot(y - 20, x - 22)
        image = rng.normal(0, 0.2, distance.shape) + 2 * (distance < 9)
        result.append(
            {
                "rank": rank,
                "patient": f"sub-{index:03d}",
                "set": "test",
                "n": 41,
                "dice": 0.7 + index / 10,
                "slice": 9,
                "spacing_mm": (1.0, 1.0),
                "images": {"ceT1w": image, "T2w": image**2, "T1w": -image},
                "outlines": {
                    "rater1": (distance < 9).astype(np.uint8),
                    "rater2": (np.hypot(y - 21, x - 22) < 9.5).astype(np.uint8),
                    "unet": (np.hypot(y - 20, x - 24 + index) < 10).astype(np.uint8),
                },
            }
        )
    return result
