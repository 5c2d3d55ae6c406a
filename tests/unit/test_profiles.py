"""What Snakemake's own settings do not say: rules written out by batch, and when to choose jobs."""

from types import SimpleNamespace
from typing import Any

from radproof.profiles import choose_when_jobs_end, spread_over_batches


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


def test_local_rules_and_very_long_names_stay_out_of_groups() -> None:
    local, target = rule("track_runs"), rule("study", norun=True)
    long = rule(f"draw_masks_{'x' * 40}")
    groups = dict.fromkeys(("track_runs", "study", "draw_masks"), "a")
    spread(local, target, long, resources={}, groups=groups)
    assert local.group is None and target.group is None
    assert long.group(None) is None


def test_only_where_jobs_are_submitted_is_there_a_rate_to_keep() -> None:
    here, cluster = (
        SimpleNamespace(local_exec=local, scheduler=SimpleNamespace(job_rate_limiter="100/1s"))
        for local in (True, False)
    )
    choose_when_jobs_end(here)
    choose_when_jobs_end(cluster)
    assert here.scheduler.job_rate_limiter is None
    assert cluster.scheduler.job_rate_limiter == "100/1s"
