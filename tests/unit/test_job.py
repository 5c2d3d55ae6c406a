"""What a job records of itself."""

import subprocess
import sys
from pathlib import Path

import pytest
from radproof.tables import read_json

SCRIPT = "from radproof.job import _peak_memory_kib; print(_peak_memory_kib())"


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="needs Linux' /proc")
def test_memory_is_that_of_the_job_not_of_the_process_that_started_it() -> None:
    held = bytearray(b"x" * 600_000_000)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert 20_000 < int(done.stdout) < len(held) / 1024 / 1.5


WORK = r"""
import sys
from types import SimpleNamespace
import pandas

class Files(dict):
    __getattr__ = dict.__getitem__

from radproof.job import open_job

snakemake = SimpleNamespace(
    input=Files(),
    output=Files(record=sys.argv[1]),
    params=SimpleNamespace(settings="{}", get=lambda name, default: default),
    log=[sys.argv[2]],
    threads=1,
)
with open_job(snakemake):
    if sys.argv[3] == "work":
        import subprocess
        command = "import time\nwhile time.process_time() < 0.5: pass"
        subprocess.run([sys.executable, "-c", command], check=True)
"""


def test_the_processor_time_of_a_job_is_apart_from_that_of_its_start(tmp_path: Path) -> None:
    records = {}
    for kind in ("work", "idle"):
        place = tmp_path / "records" / "rule" / f"{kind}.json"
        log = str(tmp_path / "log.txt")
        subprocess.run([sys.executable, "-c", WORK, str(place), log, kind], check=True)
        records[kind] = read_json(place)
    assert records["work"]["cpu_seconds"] >= records["idle"]["cpu_seconds"] + 0.4
    assert all(record["start_up_cpu_seconds"] > 0.1 for record in records.values())
