"""A job whose Snakemake is gone ends too, before another Snakemake starts the same job."""

import os
import threading
import time
from collections.abc import Callable

from radproof.errors import EXIT_ORPHANED
from radproof.processes import runs

# Set by the Snakefile in Snakemake's own process; on a cluster in the one that runs on the node.
VARIABLE = "RADPROOF_SNAKEMAKE_PID"
SECONDS_BETWEEN_LOOKS = 0.5


def end_with_snakemake(log: Callable[[str], None]) -> None:
    """End this process soon after the Snakemake that started it; do nothing where none did."""
    if VARIABLE not in os.environ:
        return
    snakemake, parent = int(os.environ[VARIABLE]), os.getppid()
    if not runs(snakemake):
        _end(log)
    threading.Thread(target=_watch, args=(snakemake, parent, log), daemon=True).start()


def _watch(snakemake: int, parent: int, log: Callable[[str], None]) -> None:
    # A killed process that nobody waits for is still listed: its children have another parent.
    while runs(snakemake) and os.getppid() == parent:
        time.sleep(SECONDS_BETWEEN_LOOKS)
    _end(log)


def _end(log: Callable[[str], None]) -> None:
    try:
        log("Snakemake is gone, and this job ends: the next run makes it again")
    finally:
        os._exit(EXIT_ORPHANED)
