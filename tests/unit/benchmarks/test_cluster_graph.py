"""The graph of a study of any size, from records as jobs leave them."""

import json
import re
import subprocess
import sys
from collections import Counter
from itertools import pairwise

import pytest
from cluster_bounds import fixed_shares, growth_of_planning
from cluster_graph import jobs_of, pause_s, read_records, shape_of, wall_s
from cluster_groups import LOCAL, slurm_jobs
from radproof.provenance import PROJECT

PROFILE = {
    "default-resources": {"mem_mb": "1500 * attempt"},
    "set-resources": {"train_segmenter": {"mem_mb": "max(3000, 4 * input.size_mb) * attempt"}},
    "groups": {"prepare_images": "images", "count": "images", "fit": "models", "score": "models"},
    "group-components": ["images=2"],
}


def record(rule, label, seconds, inputs, outputs, started=0, patients=()):
    def files(paths):
        return [{"name": "file", "path": path, "bytes": 1000} for path in paths]

    return {
        "rule": rule,
        "label": label,
        "inputs": files(inputs),
        "outputs": files(outputs),
        "settings": {
            **({"patients": list(patients)} if patients else {}),
            "sequences": ["T1w"],
            "images": {"size": [10, 10, 10]},
        },
        "threads": 1,
        "started": f"2026-01-01T00:{started // 60:02d}:{started % 60:02d}+00:00",
        "seconds": seconds,
    }


def study(folder):
    """Five training and two test patients in batches of two; two folds; a plot."""
    sizes = {"train001": 2, "train002": 2, "train003": 1, "test001": 2}
    records = [record("check_cohort", name, 1, [], [f"check-{name}"]) for name in ("train", "test")]
    for batch, size in sizes.items():
        image, count = f"image-{batch}", f"count-{batch}"
        records.append(record("prepare_images", batch, 10 * size, [], [image], 0, range(size)))
        records.append(record("count", f"ext.{batch}.whole", size, [image], [count], 30))
    trained = [f"image-train00{number}" for number in (1, 2, 3)]
    for fold in ("1", "2"):
        records.append(
            record(
                "train_segmenter", f"unet.fold-{fold}", 50, trained, [f"net-{fold}"], 60, range(3)
            )
        )
        records.append(
            record("segment", f"unet.fold-{fold}", 5, [f"net-{fold}"], [f"mask-{fold}"], 120)
        )
    counts = [f"count-{batch}" for batch in sizes]
    records.append(record("fit", "lasso", 8, [*counts, "mask-1", "mask-2"], ["model"], 180))
    records.append(record("score", "all", 2, ["model", "check-train"], ["score"], 200))
    records.append(record("plot_roc", "roc", 3, ["score"], ["figure"], 210))
    for entry in records:
        place = folder / "records" / entry["rule"] / f"{entry['label']}.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(entry))
    return read_records(folder)


@pytest.fixture
def shape(tmp_path):
    return shape_of(study(tmp_path))


def test_at_the_same_size_the_study_comes_back(tmp_path):
    records = study(tmp_path)
    jobs = jobs_of(shape_of(records), 7)
    assert Counter(job.rule for job in jobs) == Counter(entry["rule"] for entry in records)
    assert sum(job.seconds for job in jobs) == pytest.approx(sum(r["seconds"] for r in records))
    made = {entry["path"]: index for index, r in enumerate(records) for entry in r["outputs"]}
    edges = sum(len({made[e["path"]] for e in r["inputs"]}) for r in records)
    assert sum(len(set(job.after)) for job in jobs) == edges


def test_jobs_wait_for_their_own_batch_and_fold(shape):
    jobs = jobs_of(shape, 70)
    for job in jobs:
        before = [jobs[number] for number in job.after]
        if job.rule == "count":
            assert [(other.rule, other.member) for other in before] == [
                ("prepare_images", job.member)
            ]
        if job.rule == "segment":
            assert [(other.rule, other.member) for other in before] == [
                ("train_segmenter", job.member)
            ]
        if job.rule == "train_segmenter":
            assert len(before) == 25
            assert all(other.member.startswith("train") for other in before)


def test_work_grows_with_patients_but_for_what_does_not(shape):
    jobs = jobs_of(shape, 70, batch_size=8, fixed={"plot_": 1.0, "fit": 0.5})
    seconds = Counter()
    for job in jobs:
        seconds[job.rule] += job.seconds
    assert seconds["prepare_images"] == pytest.approx(700)
    assert seconds["train_segmenter"] == pytest.approx(1000)
    assert seconds["fit"] == pytest.approx(4 + 40)
    assert seconds["plot_roc"] == 3
    assert Counter(job.rule for job in jobs)["prepare_images"] == 7 + 3


def test_groups_are_those_of_the_profile(shape):
    jobs = jobs_of(shape, 7)
    grouped = slurm_jobs(jobs, PROFILE, [], reading_s=4, start_s=1)
    # Four batches, two to a job; fit and score in one; two networks, two folds, two checks, a plot.
    assert len(grouped) == 2 + 1 + 2 + 2 + 2 + 1
    images = [job for job in grouped if set(job.work) == {"prepare_images", "count"}]
    assert [job.start_s for job in images] == [4 + 4, 4 + 4]
    assert {job.memory_mb for job in grouped if "train_segmenter" in job.work} == {3000}
    assert {job.memory_mb for job in images} == {1500}
    total = sum(sum(job.work.values()) for job in grouped)
    assert total == pytest.approx(sum(job.seconds for job in jobs))
    assert len(slurm_jobs(jobs, PROFILE, ["images", "models"], 0, 0)) == len(jobs)
    assert len(slurm_jobs(jobs, PROFILE, ["count", "models"], 0, 0)) == len(jobs) - 2
    checks = [job for job in grouped if "check_cohort" in job.work]
    assert [(job.queued, job.threads, job.start_s) for job in checks] == [(False, 0, 1)] * 2
    assert all(job.queued for job in grouped if job not in checks)


def test_rules_of_the_login_node_are_those_of_the_workflow():
    rules = "\n".join(path.read_text() for path in (PROJECT / "workflow/rules").glob("*.smk"))
    named = re.findall(r'\brule (\w+):|name:\s+f?"(\w+?)"|(localrule: True)', rules)
    local = [one or other for (one, other, _), (*_, mark) in pairwise(named) if mark]
    assert sorted(local) == sorted(LOCAL)


def test_pause_and_wall_time_of_a_run():
    records = [
        record("a", "all", 10, [], ["a"], 0),
        record("b", "all", 10, ["a"], ["b"], 14),
        record("c", "all", 5, ["b"], ["c"], 26),
    ]
    assert pause_s(records, 1) == pytest.approx((0 + 4 + 2) / 3)
    assert wall_s(records) == pytest.approx(31)


def test_lines_go_through_the_two_largest_cohorts():
    measures = [
        {"what": f"planning of {count}: {what}", "value": value}
        for count, seconds, memory in ((100, 9.0, 1.0), (1000, 20.0, 400.0), (2000, 30.0, 500.0))
        for what, value in (("processor", seconds), ("peak memory", memory))
    ]
    fixed, each = growth_of_planning(measures, ("planning",))["planning: processor"]
    assert (fixed, each) == pytest.approx((10, 0.01))
    with pytest.raises(ValueError, match="start was not measured"):
        growth_of_planning(measures, ("start",))


def test_shares_are_read_by_rule():
    measures = [{"what": "fit_model: share that does not grow", "value": 0.7}]
    assert fixed_shares([*measures, {"what": "features", "value": 3}]) == {"fit_model": 0.7}


def planning(count):
    return [
        {"what": f"{name} of {count}: {what}", "value": 1.0 + count / 1000}
        for name in ("planning", "start")
        for what in ("processor", "peak memory")
    ]


def test_the_command_tells_the_same_each_time(tmp_path):
    study(tmp_path / "study")
    cohort, growth = tmp_path / "cohort.json", tmp_path / "growth.json"
    cohort.write_text(json.dumps({"measures": planning(100) + planning(1000)}))
    growth.write_text(json.dumps({"measures": []}))
    command = [sys.executable, str(PROJECT / "benchmarks" / "cluster.py"), "--json"]
    command += ["--results", str(tmp_path / "study"), "--patients", "7", "2000"]
    command += ["--cohort", str(cohort), "--growth", str(growth)]
    told = [subprocess.run(command, capture_output=True, check=False) for _ in range(2)]
    assert told[0].stdout == told[1].stdout
    values = {row["what"]: row["value"] for row in json.loads(told[0].stdout)["measures"]}
    assert values["this run: jobs"] == 17
    # Preparing 10 s a patient, of 1,000 voxels.
    assert values["here: core seconds a patient, same steps"] == pytest.approx(10)
    assert values["here: core seconds a million voxels"] == pytest.approx(10_000)
    assert values["2,000 patients: planning"] == pytest.approx(3 / 60)
    assert (
        values["2,000, 1000 jobs, 80 nodes: wall time"]
        <= values["2,000, 1000 jobs, 1 nodes: wall time"]
    )
    assert b"assumed: price of a core hour, USD: 0.04" in told[0].stderr
