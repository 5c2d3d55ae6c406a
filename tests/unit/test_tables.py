"""Files are put in place whole."""

from pathlib import Path

import pandas as pd
import pytest
from radproof.tables import put_in_place, write_features, write_json, write_table

TABLE = pd.DataFrame({"patient": ["P1"], "value": [0.1]})


def test_writers_leave_nothing_but_the_file(tmp_path: Path) -> None:
    write_table(TABLE, tmp_path / "a" / "table.tsv")
    write_json({"a": 1}, tmp_path / "a" / "file.json")
    write_features(TABLE.set_index("patient"), tmp_path / "a" / "features.parquet")
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == ["features.parquet", "file.json", "table.tsv"]


def test_a_writer_that_fails_leaves_the_old_file_alone(tmp_path: Path) -> None:
    write_json({"a": 1}, tmp_path / "file.json")
    old = (tmp_path / "file.json").read_text()
    with pytest.raises(ValueError, match="Out of range"):
        write_json({"a": float("nan")}, tmp_path / "file.json")
    assert [path.read_text() for path in tmp_path.iterdir()] == [old]


def test_two_machines_write_to_different_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = set()
    for host in ("node1", "node2"):
        monkeypatch.setattr("socket.gethostname", lambda host=host: host)
        with put_in_place(tmp_path / "table.tsv") as unfinished:
            names.add(unfinished.name)
            unfinished.write_text("")
    assert len(names) == 2
