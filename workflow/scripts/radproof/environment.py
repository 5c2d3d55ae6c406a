"""The libraries of this environment, held against the lock that records name."""

import re
from pathlib import Path

from radproof.errors import BadInput, Problem
from radproof.provenance import LOCK, in_project, installed_version

_SHOWN = 5


def pinned_versions(lock: Path) -> dict[str, str]:
    """Return the version of each library that a lock names."""
    return dict(re.findall(r"^([\w.-]+)==(\S+)", lock.read_text(encoding="utf-8"), re.MULTILINE))


def check_environment(lock: Path = LOCK) -> None:
    """Refuse libraries in other versions than the lock's, or absent.

    A record that named this lock would otherwise name what did not make its numbers. Libraries
    beside those of the lock are no reason to stop.

    Raises
    ------
    BadInput
        If a library of the lock is absent or of another version.
    """
    pinned = pinned_versions(lock)
    here = {name: installed_version(name) or "none" for name in pinned}
    wrong = [name for name in pinned if here[name] != pinned[name]]
    if wrong:
        shown = wrong[:_SHOWN]
        more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        problem = Problem(
            "installed libraries are not those of the lock that records name",
            file=in_project(lock),
            found=", ".join(f"{name} {here[name]}" for name in shown) + more,
            expected=", ".join(f"{name} {pinned[name]}" for name in shown) + more,
            remedy="make setup",
        )
        raise BadInput(problem)
