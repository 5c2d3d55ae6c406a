"""A run that cannot fit on the disk is refused before it starts."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from radproof.cohort import disk
from radproof.cohort.disk import bytes_to_write, refuse_full_disk
from radproof.errors import BadInput

PLAN: dict[str, Any] = {
    "sequences": [{"name": "t1"}, {"name": "t2"}],
    "raters": [{"name": "rater1"}],
    "segmenters": {"unet": {}},
    "images": {"size": [10, 10, 10], "spacing_mm": [1.0, 1.0, 2.0]},
}


def test_a_grid_of_known_size_is_counted() -> None:
    assert bytes_to_write(PLAN, None, 3) == 3 * 1000 * (2 * 4 + 2)
    assert bytes_to_write(PLAN | {"simulation": {}}, None, 3) == 2 * 3 * 1000 * (2 * 4 + 2)


def test_a_grid_that_covers_each_image_follows_its_header() -> None:
    whole = PLAN | {"images": {"size": None, "spacing_mm": [1.0, 1.0, 2.0]}}
    header = {f"size_{axis}": 10 for axis in "xyz"} | {f"spacing_{axis}_mm": 2.0 for axis in "xyz"}
    files = pd.DataFrame([{"name": name, "role": "image", **header} for name in ("t1", "t2")])
    assert bytes_to_write(whole, files, 1) == 20**3 // 2 * (2 * 4 + 2)
    assert bytes_to_write(whole, None, 1) == 0


def test_a_full_disk_is_said_with_both_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda folder: SimpleNamespace(free=2 * 10**9))
    refuse_full_disk(2 * 10**9, tmp_path)
    with pytest.raises(BadInput, match=r"too small .*found 2\.0 GB free, expected 3\.5 GB"):
        refuse_full_disk(3_500_000_000, tmp_path)
