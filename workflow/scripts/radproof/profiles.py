"""What Snakemake's settings do not say: rules written out by batch, names, when to choose jobs.

The one place that reaches into Snakemake 9.27. It keeps what a profile sets by the exact name of a
rule, and a rule that is written out is called by its batch too (``prepare_images_train001``).
"""

from typing import Any


def spread_over_batches(workflow: Any) -> None:
    """Give what a profile sets for a name to the rules whose names go on after it with ``_``.

    These are ``set-resources`` and ``groups``; the longest name decides. Jobs on other machines
    read the Snakefile again and are given the same settings.
    """
    resources = workflow.resource_settings._parsed_overwrite_resources
    for rule in workflow.rules:
        for name in _beginnings(rule.name):
            rule.resources.update(resources.get(name, {}))
        if not (rule.norun or rule.name in workflow._localrules):
            rule.group = _group_of(workflow, rule.name)


def call_groups_by_name(job_of_group: Any) -> None:
    """Have the job of a group be called by the group's name alone.

    It is called by five of its rules as well. Slurm's plugin makes a folder of that name, and one
    of more than 255 letters cannot be made: such a job is never submitted, and nothing says why.
    """
    job_of_group.name = property(lambda job: job.groupid)


def choose_when_jobs_end(workflow: Any) -> None:
    """Have Snakemake choose jobs when one has ended, and not once more some time after each choice.

    For its rate of submitted jobs it chooses again after a while, and after that choice once more,
    which sums up to many times a second, looking at all inputs of all waiting jobs; and it does not
    end before the last such while is over. Where jobs are not submitted there is no rate to keep.
    To be called from ``onstart``, when the scheduler is there and has chosen nothing.
    """
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None


def _group_of(workflow: Any, rule: str) -> Any:
    """Return a function, as the settings of groups are not there yet when rules are read."""

    def group(wildcards: Any) -> str | None:
        groups = workflow.group_settings.overwrite_groups
        named = [groups[name] for name in _beginnings(rule) if name in groups]
        return named[-1] if named else None

    return group


def _beginnings(name: str) -> list[str]:
    """Return ``a``, ``a_b`` and ``a_b_c`` of ``a_b_c``."""
    words = name.split("_")
    return ["_".join(words[:count]) for count in range(1, len(words) + 1)]
