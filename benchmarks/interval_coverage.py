"""Coverage of intervals and errors of tests by simulation: small cohorts, known truth.

Two scores of each patient are normal, with unit variance and a correlation, and shifted in patients
with the event, so that the true area of a score is Phi(shift / sqrt(2)).
"""

import argparse
from collections.abc import Iterator

import numpy as np
from radproof.evaluation.delong import auc, equivalence_test, paired_test
from radproof.evaluation.discrimination import discrimination
from scipy.special import expit
from scipy.stats import norm

SIZES = [(10, 20), (20, 20), (40, 55), (100, 100)]
AREAS = [0.7, 0.85, 0.95]
CORRELATION = 0.6
MARGIN = 0.05


def cohorts(
    cases: int, controls: int, areas: tuple[float, float], count: int, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield outcome (n,) and scores (2, n) of made-up cohorts."""
    rng = np.random.default_rng(seed)
    outcome = np.repeat([1, 0], [cases, controls])
    shift = np.sqrt(2) * norm.ppf(areas)
    spread = np.linalg.cholesky([[1, CORRELATION], [CORRELATION, 1]])
    for _ in range(count):
        yield outcome, spread @ rng.normal(size=(2, outcome.size)) + shift[:, None] * outcome


def shown(hits: list[bool]) -> str:
    """Return a share in percent with its Monte-Carlo standard error."""
    share = float(np.mean(hits))
    return f"{100 * share:.1f} ± {100 * np.sqrt(share * (1 - share) / len(hits)):.1f}"


def main() -> None:
    """Print one row a size and true area."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", type=int, default=1000)
    count = parser.parse_args().cohorts
    print(
        "| cases, controls | true area | coverage | paired test | equivalence | non-inferiority |"
    )
    print("|---|---|---|---|---|---|")
    for cases, controls in SIZES:
        for area in AREAS:
            covered, rejected, equivalent, noninferior = [], [], [], []
            for outcome, scores in cohorts(cases, controls, (area, area), count, 1):
                row = discrimination(outcome, expit(scores[0]))
                covered.append(row["ci_low"] <= area <= row["ci_high"])
                rejected.append(paired_test(auc(outcome, scores)).p < 0.05)
            for outcome, scores in cohorts(cases, controls, (area - MARGIN, area), count, 2):
                test = paired_test(auc(outcome, scores))
                found = equivalence_test(test.difference, test.se, MARGIN)
                equivalent.append(found.equivalent)
                noninferior.append(found.noninferior)
            rates = map(shown, (covered, rejected, equivalent, noninferior))
            print(f"| {cases}, {controls} | {area} | {' | '.join(rates)} |", flush=True)


if __name__ == "__main__":
    main()
