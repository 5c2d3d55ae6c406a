"""Drawing the participants of the phantom cohort, their latent variables and true risk."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import rankdata

from radproof.errors import BadInput, Problem
from radproof.seeds import derive_seed

AGE_RANGE_YEARS = (18.0, 95.0)
DIAMETER_RANGE_MM = (15.0, 46.0)
DEPTH_RANGE_MM = (3.0, 24.0)
LARGEST_DEPTH_OF_DIAMETER = 0.7
AGE_ATTEMPTS = 10_000

PARTICIPANT_COLUMNS = [
    "participant_id",
    "sex",
    "age",
    "clinical_t_stage",
    "depth_of_invasion_mm",
    "nodal_metastasis",
]


def draw_cohort(settings: dict[str, Any], patients: list[str], seed: int) -> pd.DataFrame:
    """Draw one row a patient: what a clinic would record, and the truth behind it.

    An aggressiveness (standard normal) drives size, heterogeneity and depth of invasion, each with
    noise of its own; size and heterogeneity drive the risk of nodal metastasis. So the clinical
    variables know the part of the risk that size tells, and images know both parts.

    Parameters
    ----------
    settings
        The plan's ``simulation`` section.
    patients
        Labels without ``sub-``; the draw depends on their order.
    seed
        The plan's seed.

    Returns
    -------
    DataFrame
        The columns of participants.tsv, then ``diameter_mm``; the latents ``aggressiveness``,
        ``heterogeneity`` and ``size`` (each standard normal); ``true_risk`` in (0, 1).

    Raises
    ------
    BadInput
        If men and women do not add up to the patients, or no ages have the wanted moments.
    """
    _check_counts(settings, patients)
    rng = np.random.default_rng(derive_seed(seed, "cohort"))
    count = len(patients)
    sex = rng.permutation(["M"] * settings["men"] + ["F"] * settings["women"])
    age = _draw_ages(count, settings["age_mean"], settings["age_sd"], rng)
    latents = _draw_latents(count, settings["risk"]["aggressiveness_share"], rng)
    diameter_mm, depth_mm = _draw_extent(latents, settings["tumour"], rng)
    risk = true_risk(latents, settings["risk"], settings["prevalence"])
    return pd.DataFrame(
        {
            "participant_id": [f"sub-{patient}" for patient in patients],
            "sex": sex,
            "age": age,
            "clinical_t_stage": t_stage(diameter_mm, depth_mm).astype(str),
            "depth_of_invasion_mm": depth_mm,
            "nodal_metastasis": _draw_outcome(risk, rng),
            "diameter_mm": diameter_mm,
            **latents,
            "true_risk": risk,
        }
    )


def true_risk(
    latents: dict[str, np.ndarray], strengths: dict[str, float], prevalence: float
) -> np.ndarray:
    """Return the logistic risk of each patient, (n,), whose mean is the prevalence.

    ``strengths`` holds the log odds ratio per standard deviation of ``heterogeneity`` and
    ``size``; the intercept is solved for.
    """
    predictor = sum(strengths[name] * latents[name] for name in ("heterogeneity", "size"))
    predictor = np.asarray(predictor)
    bound = 40.0 + float(np.abs(predictor).max())
    intercept = brentq(
        lambda value: float(expit(value + predictor).mean()) - prevalence, -bound, bound
    )
    return expit(intercept + predictor)


def oracle_auc(truth: pd.DataFrame) -> float:
    """Return the area under the ROC curve of the true risk: what no model can beat on average.

    Source: Mann-Whitney form, Hanley and McNeil, Radiology 1982;143:29-36. NaN with one class.
    """
    event = truth["nodal_metastasis"].to_numpy() == 1
    positives, negatives = int(event.sum()), int((~event).sum())
    if not positives or not negatives:
        return float("nan")
    ranks = rankdata(truth["true_risk"].to_numpy())
    above = ranks[event].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def t_stage(diameter_mm: np.ndarray, depth_mm: np.ndarray) -> np.ndarray:
    """Return the T category 1 to 4 of oral cavity carcinoma from greatest dimension and depth.

    Source: AJCC Cancer Staging Manual, 8th edition, lip and oral cavity. Category 4 stands for
    a tumour above 40 mm that is also deeper than 10 mm; invasion of neighbours is not simulated.
    """
    small, large, deep = diameter_mm <= 20, diameter_mm > 40, depth_mm > 10
    return np.select(
        [large & deep, large | deep, small & (depth_mm <= 5)],
        [4, 3, 1],
        default=2,
    )


def _check_counts(settings: dict[str, Any], patients: list[str]) -> None:
    stated = settings["men"] + settings["women"]
    if stated != len(patients):
        raise BadInput(
            Problem(
                "men and women of the simulation do not add up to the patients of the sheet",
                found=f"{settings['men']} + {settings['women']}",
                expected=f"{len(patients)} in all",
                remedy="correct simulation.men and simulation.women, or the sheet",
            )
        )


def _draw_ages(count: int, mean: float, sd: float, rng: np.random.Generator) -> np.ndarray:
    """Draw ages in years whose mean and SD (n - 1) are the stated ones to two decimals."""
    low, high = AGE_RANGE_YEARS
    for _ in range(AGE_ATTEMPTS):
        draw = rng.normal(size=count)
        spread = draw.std(ddof=1) if count > 1 else 0.0
        if spread == 0:
            break
        age = mean + sd * (draw - draw.mean()) / spread
        if age.min() >= low and age.max() <= high:
            return np.round(age, 2)
    raise BadInput(
        Problem(
            "no ages with the wanted mean and standard deviation were found",
            found=f"{mean} ± {sd} years in {count} patients",
            expected=f"ages between {low:g} and {high:g} years and two patients or more",
            remedy="change simulation.age_mean or simulation.age_sd",
        )
    )


def _draw_latents(count: int, share: float, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw the latents; ``share`` of the variance of size and heterogeneity is aggressiveness."""
    aggressiveness = rng.normal(size=count)

    def driven() -> np.ndarray:
        return np.sqrt(share) * aggressiveness + np.sqrt(1 - share) * rng.normal(size=count)

    return {"aggressiveness": aggressiveness, "heterogeneity": driven(), "size": driven()}


def _draw_extent(
    latents: dict[str, np.ndarray], tumour: dict[str, float], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return greatest diameter and depth of invasion in mm, both (n,), to 0.1 mm."""
    size = latents["size"]
    diameter = tumour["diameter_median_mm"] * np.exp(tumour["diameter_log_sd"] * size)
    diameter = np.clip(diameter, *DIAMETER_RANGE_MM)
    # Depth follows size only in part: an ulcer may be wide and flat, a small tumour may dig deep.
    driver = 0.5 * size + 0.35 * latents["aggressiveness"] + 0.5 * rng.normal(size=size.size)
    depth = tumour["depth_median_mm"] * np.exp(tumour["depth_log_sd"] * driver)
    depth = np.clip(depth, *DEPTH_RANGE_MM)
    depth = np.minimum(depth, LARGEST_DEPTH_OF_DIAMETER * diameter)
    return np.round(diameter, 1), np.round(depth, 1)


def _draw_outcome(risk: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw 0 or 1 for each patient, each with its own risk, the total within one of its mean.

    Source: systematic sampling with unequal probabilities, Madow, Ann Math Stat 1949;20:333-354;
    the random order leaves the draws of any two patients all but independent.
    """
    order = rng.permutation(risk.size)
    passed = np.floor(np.cumsum(risk[order]) + rng.uniform())
    outcome = np.empty(risk.size, dtype=np.int64)
    outcome[order] = np.diff(passed, prepend=0.0).astype(np.int64)
    return outcome
