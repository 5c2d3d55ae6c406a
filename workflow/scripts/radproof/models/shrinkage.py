"""Effects of one centre on many features, shrunk towards each other by empirical Bayes.

Source: Johnson, Li & Rabinovic 2007, Biostatistics 8:118; the priors' moments as in sva's ComBat.
"""

import numpy as np

TOLERANCE = 1e-12
MOST_ROUNDS = 10_000


def shrink_parametric(
    shift: np.ndarray, variance: np.ndarray, n: np.ndarray, mean_only: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return shifts and variances of features under a normal and an inverse gamma prior.

    Johnson et al. 2007, sec. 3.2. The moments of the priors are those over features; the equations
    are multiplied out so that features of one variance need no case of their own. One feature alone
    is not shrunk. Each step raises the same posterior density, so that the rounds end.

    Parameters
    ----------
    shift, variance
        Mean and variance of the standardised values of each feature in the centre, (p,).
    n
        Number of known values of each feature, (p,).
    mean_only
        Whether variances stay 1.
    """
    # One feature alone says nothing of how features differ.
    freedom = min(1, len(shift) - 1)
    centre, spread = shift.mean(), shift.var(ddof=freedom)
    if mean_only:
        # As sva: the prior weighs against a single value.
        return (spread * shift + centre) / (spread + 1), np.ones_like(shift)
    expected, uncertainty = variance.mean(), variance.var(ddof=freedom)
    posterior, scale = shift, variance
    for _ in range(MOST_ROUNDS):
        last_posterior, last_scale = posterior, scale
        posterior = (spread * n * shift + scale * centre) / (spread * n + scale)
        squares = (n - 1) * variance + n * (shift - posterior) ** 2
        scale = (uncertainty * (squares / 2 + expected) + expected**3) / (
            uncertainty * (n / 2 + 1) + expected**2
        )
        moved = np.abs(posterior - last_posterior) / np.maximum(np.abs(posterior), 1)
        if max(moved.max(), np.abs(scale / last_scale - 1).max()) <= TOLERANCE:
            break
    return posterior, scale


def shrink_by_others(
    shift: np.ndarray, variance: np.ndarray, n: np.ndarray, mean_only: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return for each feature the mean of the others' effects, weighed by its likelihood of them.

    The non-parametric prior of Johnson et al. 2007, supplement. Likelihoods are compared as
    logarithms, so that many patients do not make all of them 0. Parameters as above.
    """
    scale = np.ones_like(variance) if mean_only else variance
    if len(shift) == 1:
        return shift, scale
    posterior, posterior_scale = np.empty_like(shift), np.empty_like(shift)
    for place in range(len(shift)):
        squares = (n[place] - 1) * variance[place] + n[place] * (shift[place] - shift) ** 2
        likelihood = -(n[place] * np.log(scale) + squares / scale) / 2
        likelihood[place] = -np.inf
        weights = np.exp(likelihood - likelihood.max())
        weights /= weights.sum()
        posterior[place], posterior_scale[place] = weights @ shift, weights @ scale
    return posterior, posterior_scale
