"""Verdicts on published claims from our own estimates of the same quantities."""

from dataclasses import dataclass
from math import ceil

from radproof.dossier.arithmetic import rounding
from radproof.normal import Z_90, Z_95

REPRODUCED = "reproduced"
NOT_REPRODUCED = "not reproduced"
INCONCLUSIVE = "inconclusive"
NOT_TESTABLE = "not testable here"


@dataclass(frozen=True)
class Estimate:
    """Our value of what was published, with its 95 % interval and the patients behind it.

    The width of the interval goes with n to the power of -``rate``: one half, but 1 for exact
    limits of an area under the curve of 1.
    """

    value: float
    ci_low: float
    ci_high: float
    n: int
    rate: float = 0.5


def value_verdict(
    ours: Estimate, published: float, decimals: int, margin: float
) -> tuple[str, str]:
    """Return the verdict on a published number, and why.

    Reproduced: the published value, as far as its rounding lets it move, lies in our interval,
    and the interval reaches no farther from our value than the margin. An interval that does holds
    other values just as well: inconclusive, with the number of patients, of the same value and
    prevalence, whose interval would reach as far as the margin. The reach is the longer side: an
    interval may be cut at 1.
    """
    half = rounding(decimals)
    if published + half < ours.ci_low or published - half > ours.ci_high:
        side = "higher" if ours.value > published else "lower"
        reason = f"ours is {side}: {published:.{decimals}f} is outside our 95 % interval"
        return NOT_REPRODUCED, reason
    reach = max(ours.ci_high - ours.value, ours.value - ours.ci_low)
    if reach > margin * (1 + 1e-9):
        needed = ceil(ours.n * (reach / margin) ** (1 / ours.rate) * (1 - 1e-9))
        reason = (
            f"our 95 % interval reaches {reach:.3f} from our value, farther than {margin:g};"
            f" about n = {needed} would tell"
        )
        return INCONCLUSIVE, reason
    return REPRODUCED, f"inside our 95 % interval, which reaches no farther than {margin:g}"


def equivalence_verdict(difference: Estimate, margin: float) -> tuple[str, str]:
    """Return the verdict on the claim that two models perform alike, and why.

    Two one-sided tests at 0.05: alike when the 90 % interval of the difference lies within the
    margin, not alike when it lies beyond. That no difference was found is not that there is none,
    and a difference that was found may still be smaller than the margin: both are inconclusive.
    The number of patients is the one that has 90 % power when the true difference is nil: its
    standard error is the margin over (1.645 + 1.645).

    Source: Schuirmann, J Pharmacokinet Biopharm 1987;15:657–680; Julious, Stat Med
    2004;23:1921–1986, section 5.
    """
    error = (difference.ci_high - difference.ci_low) / (2 * Z_95)
    low, high = difference.value - Z_90 * error, difference.value + Z_90 * error
    interval = f"90 % interval of the difference {low:+.3f} to {high:+.3f}"
    if -margin < low and high < margin:
        return REPRODUCED, f"{interval}, within ±{margin:g}"
    if low > margin or high < -margin:
        return NOT_REPRODUCED, f"{interval}, beyond ±{margin:g}"
    needed = ceil(difference.n * (2 * Z_90 * error / margin) ** 2)
    differ = difference.ci_low > 0 or difference.ci_high < 0
    found = (
        "the two differ at the 5 % level, which does not say by how much"
        if differ
        else "that no difference was found is not equivalence"
    )
    reason = (
        f"{interval}, not within ±{margin:g}; {found}; about n = {needed} would tell with 90 %"
        " power if the two are alike"
    )
    return INCONCLUSIVE, reason
