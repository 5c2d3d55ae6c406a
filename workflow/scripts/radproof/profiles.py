"""What a profile sets for a rule, given to each rule that is written out by batch.

The one place that reads Snakemake's own settings: 9.27 keeps them by the exact name of a rule, and
a rule that is written out is called by its batch too (``prepare_images_train001``).
"""

from typing import Any

# The log folder of a group is called by five of its rules, and no folder by more than 255 letters.
LONGEST_OF_GROUP = 44


def spread_over_batches(workflow: Any) -> None:
    """Give what a profile sets for a name to the rules whose names go on after it with ``_``.

    These are ``set-resources`` and ``groups``; the longest name decides. Jobs on other machines
    read the Snakefile again and are given the same settings. A rule with a very long name stays
    out of groups, whose jobs Slurm's plugin would never submit, nor say why.
    """
    resources = workflow.resource_settings._parsed_overwrite_resources
    for rule in workflow.rules:
        for name in _beginnings(rule.name):
            rule.resources.update(resources.get(name, {}))
        if not (rule.norun or rule.name in workflow._localrules):
            rule.group = _group_of(workflow, rule.name)


def _group_of(workflow: Any, rule: str) -> Any:
    """Return a function, as the settings of groups are not there yet when rules are read."""

    def group(wildcards: Any) -> str | None:
        groups = workflow.group_settings.overwrite_groups
        named = [groups[name] for name in _beginnings(rule) if name in groups]
        return named[-1] if named and len(rule) <= LONGEST_OF_GROUP else None

    return group


def _beginnings(name: str) -> list[str]:
    """Return ``a``, ``a_b`` and ``a_b_c`` of ``a_b_c``."""
    words = name.split("_")
    return ["_".join(words[:count]) for count in range(1, len(words) + 1)]
