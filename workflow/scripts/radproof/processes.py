"""Which processes of this machine run."""

import os
from pathlib import Path


def runs(number: int) -> bool:
    """Say whether a process runs; one that ended and that nobody waited for does not."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs, as somebody else
        return True
    return not _is_zombie(number)


def _is_zombie(number: int) -> bool:
    """Read the state behind the name in /proc, where there is one."""
    try:
        text = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] == "Z"
