"""The flow of patients by set: who entered, who left and why, who was analysed; sums checked."""

from dataclasses import dataclass

import pandas as pd

from radproof.cohort.flow import (
    ANALYSED,
    EMPTY_MASK,
    ENTERED,
    EXCLUDED,
    IN_PART,
    NOT_MEASURED,
    PARTICIPANTS,
)
from radproof.errors import BadInput, Problem


@dataclass(frozen=True)
class Arm:
    """A set: those who entered, each reason to leave with its number, those who were analysed.

    Of those analysed ``empty_masks`` says for each segmenter of how many it drew nothing,
    ``not_measured`` and ``in_part`` for each mask of how many all or some features are missing. The
    participants of all data sets are an arm without anyone analysed; the sets come after it.
    """

    name: str
    entered: pd.Series
    reasons: list[tuple[str, int]]
    analysed: pd.Series | None
    empty_masks: dict[str, int]
    not_measured: dict[str, int]
    in_part: dict[str, int]

    @property
    def n_excluded(self) -> int:
        """Return how many left."""
        return sum(n for _, n in self.reasons)

    @property
    def notes(self) -> list[str]:
        """Return a sentence for each mask that some patients' features are missing of."""
        names = dict.fromkeys([*self.empty_masks, *self.not_measured, *self.in_part])
        return [f"{name}: {said}" for name in names if (said := ", ".join(self._lost(name)))]

    def _lost(self, mask: str) -> list[str]:
        """Return what is said of a mask; the empty ones are not measured either."""
        n_empty, n_lost, n_part = (
            counts.get(mask, 0) for counts in (self.empty_masks, self.not_measured, self.in_part)
        )
        said = []
        if n_lost > n_empty:
            said.append(f"{_masks(n_lost)} not measured")
            said += [f"{n_empty} of them empty"] if n_empty else []
        elif n_empty:
            said.append(f"{_masks(n_empty, 'empty ')}, features missing")
        return said + ([f"{_masks(n_part)} measured in part"] if n_part else [])


def arms_of(flow: pd.DataFrame) -> tuple[Arm | None, list[Arm]]:
    """Return the participants of all data sets, if they are told, and the sets in order.

    Raises
    ------
    BadInput
        If steps are missing or unknown, or the numbers do not add up.
    """
    head, arms = None, []
    for name, rows in flow.groupby("set", sort=False):
        arm = _arm(str(name), rows)
        if arm.analysed is None:
            head = arm
        else:
            arms.append(arm)
    if not arms:
        raise BadInput(Problem("flow of patients has no set"))
    if head:
        _check_sum(head, sum(int(arm.entered["n"]) for arm in arms), "sets")
    return head, arms


def _arm(name: str, rows: pd.DataFrame) -> Arm:
    steps = rows["step"].astype(str)
    is_main = ~steps.str.startswith((EXCLUDED, EMPTY_MASK, NOT_MEASURED, IN_PART))
    main = steps[is_main].tolist()
    if main not in ([PARTICIPANTS], [ENTERED, ANALYSED]) or rows["n"].isna().any():
        raise BadInput(
            Problem(
                f"flow of patients cannot be read in the set {name}",
                found=", ".join(steps),
                expected=f"{ENTERED}, reasons, {ANALYSED}, each with its number of patients",
            )
        )
    kept = rows[is_main]
    arm = Arm(
        name,
        kept.iloc[0],
        _numbers(rows, EXCLUDED),
        kept.iloc[1] if len(main) == 2 else None,
        *(dict(_numbers(rows, prefix)) for prefix in (EMPTY_MASK, NOT_MEASURED, IN_PART)),
    )
    if arm.analysed is not None:
        _check_sum(arm, int(arm.analysed["n"]), "analysed")
    return arm


def _numbers(rows: pd.DataFrame, prefix: str) -> list[tuple[str, int]]:
    """Return what follows the prefix in the steps that have it, with the number of patients."""
    steps = zip(rows["step"].astype(str), rows["n"], strict=True)
    return [(step.removeprefix(prefix), int(n)) for step, n in steps if step.startswith(prefix)]


def _masks(n: int, kind: str = "") -> str:
    return f"{n} {kind}mask{'s' * (n > 1)}"


def _check_sum(arm: Arm, stayed: int, where: str) -> None:
    entered = int(arm.entered["n"])
    if entered != arm.n_excluded + stayed:
        raise BadInput(
            Problem(
                f"flow of patients does not add up in the set {arm.name}",
                found=f"{entered} {arm.entered['step']}",
                expected=f"{arm.n_excluded} excluded + {stayed} {where}",
            )
        )
