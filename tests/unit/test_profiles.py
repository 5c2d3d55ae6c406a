"""What Snakemake's own settings do not say: rules written out by batch, and when to choose jobs."""

from types import SimpleNamespace
from typing import Any

from radproof.profiles import (
    call_groups_by_name,
    choose_when_jobs_end,
    spread_over_batches,
)
from snakemake.jobs import GroupJob

NAME = GroupJob.name


def rule(name: str, norun: bool = False) -> Any:
    return SimpleNamespace(name=name, resources={"mem_mb": 1}, group=None, norun=norun)


def spread(*rules: Any, resources: dict, groups: dict) -> None:
    workflow = SimpleNamespace(
        rules=rules,
        _localrules={"track_runs"},
        resource_settings=SimpleNamespace(_parsed_overwrite_resources=resources),
        group_settings=SimpleNamespace(overwrite_groups={}),
    )
    spread_over_batches(workflow)
    # Snakemake sets the groups after the rules were read.
    workflow.group_settings.overwrite_groups = groups


def test_the_longest_name_decides_and_whole_words_alone_count() -> None:
    batch, other = rule("prepare_images_train001"), rule("prepare_imagesque")
    resources = {"prepare_images": {"mem_mb": 2}, "prepare_images_train001": {"mem_mb": 3}}
    spread(batch, other, resources=resources, groups={"prepare": "a", "prepare_images": "b"})
    assert (batch.resources["mem_mb"], other.resources["mem_mb"]) == (3, 1)
    assert (batch.group(None), other.group(None)) == ("b", "a")


def test_local_rules_and_targets_stay_out_of_groups() -> None:
    local, target = rule("track_runs"), rule("study", norun=True)
    groups = dict.fromkeys(("track_runs", "study"), "a")
    spread(local, target, resources={}, groups=groups)
    assert local.group is None and target.group is None


def test_the_job_of_a_group_is_called_by_its_name_however_long_those_of_its_rules_are() -> None:
    rules = [SimpleNamespace(rule=rule(f"{number}_{'x' * 80}")) for number in range(9)]
    job = GroupJob.__new__(GroupJob)
    job.groupid, job._jobs = "features", rules
    try:
        assert len(job.name) > 255
        call_groups_by_name(GroupJob)
        assert job.name == "features"
    finally:
        GroupJob.name = NAME


def test_only_where_jobs_are_submitted_is_there_a_rate_to_keep() -> None:
    here, cluster = (
        SimpleNamespace(local_exec=local, scheduler=SimpleNamespace(job_rate_limiter="100/1s"))
        for local in (True, False)
    )
    choose_when_jobs_end(here)
    choose_when_jobs_end(cluster)
    assert here.scheduler.job_rate_limiter is None
    assert cluster.scheduler.job_rate_limiter == "100/1s"
