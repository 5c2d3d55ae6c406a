"""What a profile sets for a rule reaches the rules that are written out by batch."""

from types import SimpleNamespace
from typing import Any

from radproof.profiles import spread_over_batches


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
