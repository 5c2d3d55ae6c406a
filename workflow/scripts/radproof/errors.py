"""Errors that a user can act on, and the exit codes of the command line."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from radproof.safety import visible

EXIT_FINE = 0
EXIT_CHECK_FAILED = 1
EXIT_BAD_INPUT = 2
EXIT_ORPHANED = 3
EXIT_DISK = 4


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one input, said so that a user can mend it.

    ``patient`` and ``file`` are empty where the problem belongs to no patient or no file. As text
    it is one line: what data put into it cannot begin another, or steer a terminal.
    """

    what: str
    patient: str = ""
    file: str = ""
    found: str = ""
    expected: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        where = [f"patient {self.patient}" if self.patient else "", self.file]
        details = [
            f"{name} {text}"
            for name, text in (("found", self.found), ("expected", self.expected))
            if text
        ]
        line = ": ".join([part for part in where if part] + [self.what])
        if details:
            line += f" ({', '.join(details)})"
        return visible(f"{line}; {self.remedy}" if self.remedy else line)

    def as_dict(self) -> dict[str, str]:
        """Return the problem as a mapping of its six fields."""
        return asdict(self)


class BadInput(ValueError):
    """The user's input or plan cannot be used; carries every problem found (exit code 2)."""

    def __init__(self, problems: Problem | Sequence[Problem]) -> None:
        self.problems = [problems] if isinstance(problems, Problem) else list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class CheckFailed(RuntimeError):
    """A check of results failed: a hash, a claim, a recomputed number (exit code 1)."""
