"""`make bench`: goes on after a missed target and a crash, and says what it left out."""

import importlib.util
import json
import sys

import pytest
from radproof.provenance import PROJECT

FAKE = """
import json, sys
assert sys.argv[2] == "--json"
if sys.argv[1] == "crash":
    raise SystemExit("no")
met = sys.argv[1] == "good"
row = {"what": "ratio", "value": 2.0, "unit": "", "at_most": None, "at_least": 1 if met else 3}
free = {"what": "seconds", "value": 1.0, "unit": "s", "at_most": None, "at_least": None}
print(json.dumps({"measures": [row | {"met": met}, free | {"met": True}]}))
sys.exit(0 if met else 1)
"""


@pytest.fixture(scope="module")
def bench():
    place = PROJECT / "benchmarks" / "__main__.py"
    spec = importlib.util.spec_from_file_location("bench_main", place)
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_main"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def fake(tmp_path, bench):
    script = tmp_path / "fake.py"
    script.write_text(FAKE)
    return lambda kind, *needs: bench.Benchmark(kind, (str(script), kind), needs)


def test_all_run_and_what_was_missed_is_said(tmp_path, bench, fake, capsys):
    made = tmp_path / "bench"
    asked = [fake("crash"), fake("bad"), fake("good"), fake("idle", tmp_path / "absent")]
    assert bench.run_all(asked, made) == 1
    printed = capsys.readouterr().out
    assert "failed with exit code 1" in printed
    assert "0 of 1 targets met" in printed
    assert "missed: ratio: 2, target at least 3" in printed
    assert "1 of 1 targets met" in printed
    assert f"skipped: not here: {tmp_path / 'absent'}" in printed
    assert sorted(path.name for path in made.iterdir()) == ["bad.json", "good.json"]
    assert json.loads((made / "good.json").read_text())["measures"][0]["value"] == 2.0


def test_met_targets_and_skipped_benchmarks_are_no_failure(tmp_path, bench, fake):
    assert bench.run_all([fake("good"), fake("idle", "no-such-program")], tmp_path) == 0


def test_one_name_and_its_parts_can_be_chosen(bench, capsys):
    assert [each.name for each in bench.chosen("cohort")] == ["cohort"]
    parts = [each.name for each in bench.chosen("extraction")]
    assert parts == ["extraction-peer", "extraction-profile", "extraction-growth"]
    assert bench.main(["nonsense"]) == 2
    assert "there is no benchmark nonsense" in capsys.readouterr().err


def test_every_script_that_is_named_is_there(bench):
    for each in bench.BENCHMARKS:
        assert (PROJECT / "benchmarks" / each.command[0]).is_file()
