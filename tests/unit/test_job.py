"""What a job records of itself."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = "from radproof.job import _peak_memory_kib; print(_peak_memory_kib())"


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="needs Linux' /proc")
def test_memory_is_that_of_the_job_not_of_the_process_that_started_it() -> None:
    held = bytearray(b"x" * 600_000_000)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert 20_000 < int(done.stdout) < len(held) / 1024 / 1.5
