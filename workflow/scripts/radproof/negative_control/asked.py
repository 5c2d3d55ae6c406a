"""How many permutations a negative control has; read by every process of Snakemake."""

from typing import Any

from radproof.errors import BadInput, Problem

FEWEST, MOST = 2, 9999


def permutations_asked(plan: dict[str, Any], command: object) -> int:
    """Return how many permutations a negative control has, 0 where nobody asks for one.

    Parameters
    ----------
    plan
        The study plan.
    command
        The number of the command line, which goes before that of the plan; None where it has none.

    Raises
    ------
    BadInput
        If the number of the command line is none, or out of bounds.
    """
    planned = plan["evaluation"]["negative_control"]
    if command is None:
        return planned["permutations"] if planned else 0
    text = str(command)
    if not (text.isdecimal() and FEWEST <= int(text) <= MOST):
        what, expected = "K permutations cannot be run", f"a whole number from {FEWEST} to {MOST}"
        raise BadInput(Problem(what, found=text, expected=expected, remedy="make null K=39"))
    return int(text)
