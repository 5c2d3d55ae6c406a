"""What ran, in a research object: scripts, steps, jobs, the engine and the libraries.

Source: Provenance Run Crate 0.5 (https://w3id.org/ro/wfrun/provenance/0.5).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from rocrate.model.contextentity import ContextEntity
from rocrate.model.entity import Entity
from rocrate.rocrate import ROCrate

from radproof.dossier.lineage import Record

LICENCE = "https://spdx.org/licenses/GPL-3.0-or-later"
DONE = "http://schema.org/CompletedActionStatus"


def add_context(crate: ROCrate, identifier: str, kind: str, **properties: Any) -> Entity:
    """Add what is no file of the crate; what stands there already is taken."""
    there = crate.get(identifier)
    entity = ContextEntity(crate, identifier, {"@type": kind, **properties})
    return there or crate.add(entity)


def assign(entity: Entity, **properties: Any) -> None:
    """Set properties of an entity."""
    for name, value in properties.items():
        entity[name] = value


def add_tools(
    crate: ROCrate, jobs: Sequence[Record], files: Mapping[str, Entity]
) -> dict[str, Entity]:
    """Return the script of each rule, which carries out its jobs, as a tool."""
    tools = {}
    for rule in sorted({job["rule"] for job in jobs}):
        codes = sorted({job["code"]["sha256"] for job in jobs if job["rule"] == rule})
        tool = files[f"project:{script_of(rule)}"]
        tool.properties()["@type"] = ["File", "SoftwareSourceCode"]
        assign(tool, version=", ".join(codes), license={"@id": LICENCE})
        assign(tool, description="version: SHA-256 of the script with all modules it runs")
        tools[rule] = tool
    return tools


def script_of(rule: str) -> str:
    """Return the path, in the project, of the script of a rule."""
    return f"workflow/scripts/{rule}.py"


def add_steps(
    crate: ROCrate, rules: Sequence[str], tools: Mapping[str, Entity]
) -> dict[str, Entity]:
    """Add a step of the workflow for each rule, in the order given."""
    return {
        rule: add_context(
            crate,
            f"#step-{rule}",
            "HowToStep",
            name=rule,
            position=str(position),
            workExample=tools[rule],
        )
        for position, rule in enumerate(rules, 1)
    }


def _name(job: Record) -> str:
    return f"{job['rule']}-{job['label']}"


def several(entities: Iterable[Entity]) -> list[Entity] | Entity:
    """Return entities as a crate writes them: one stands alone, more than one in a list."""
    listed = list(entities)
    return listed[0] if len(listed) == 1 else listed


def refer(paths: Iterable[str], files: Mapping[str, Entity]) -> list[Entity]:
    """Return the entities of recorded paths, each once and in order."""
    return [files[path] for path in sorted(set(paths))]


def add_action(crate: ROCrate, job: Record, tool: Entity, files: Mapping[str, Entity]) -> Entity:
    """Add what one job did: by which script, from which files, to which, and when."""
    return add_context(
        crate,
        f"#job-{quote(_name(job))}",
        "CreateAction",
        name=f"{job['rule']} {job['label']}",
        description=(
            f"code {job['code']['sha256']}, lock {job['lock_sha256']},"
            f" seed {job['settings'].get('seed')}, {job['threads']} threads, Python"
            f" {job['python']} on {job['platform']}"
        ),
        instrument=tool,
        object=several(refer((entry["path"] for entry in job["inputs"]), files)),
        result=several(refer((entry["path"] for entry in job["outputs"]), files)),
        startTime=job["started"],
        endTime=job["ended"],
        actionStatus=DONE,
    )


def add_controls(
    crate: ROCrate, jobs: Sequence[Record], steps: Mapping[str, Entity], actions: list[Entity]
) -> list[Entity]:
    """Add, for each job, that it was a step of the workflow."""
    return [
        add_context(
            crate,
            f"#control-{quote(_name(job))}",
            "ControlAction",
            name=f"step of {job['rule']} {job['label']}",
            instrument=steps[job["rule"]],
            object=action,
            actionStatus=DONE,
        )
        for job, action in zip(jobs, actions, strict=True)
    ]


def add_whole_run(
    crate: ROCrate,
    jobs: Sequence[Record],
    title: str,
    used: Iterable[Entity],
    results: Iterable[Entity],
) -> Entity:
    """Add the run of the whole study: what it was started with, and what it was run for."""
    return add_context(
        crate,
        "#run",
        "CreateAction",
        name=f"run of {title}",
        description="The study as run: all jobs that its report and its figures follow from.",
        instrument=crate.mainEntity,
        object=several(used),
        result=several(results),
        startTime=min(job["started"] for job in jobs),
        endTime=max(job["ended"] for job in jobs),
        actionStatus=DONE,
    )


def add_software(crate: ROCrate, jobs: Sequence[Record]) -> list[Entity]:
    """Add every library in every version that some job ran with, and Python."""
    used = {(name, version) for job in jobs for name, version in job["packages"].items()}
    libraries = [
        add_context(
            crate,
            f"https://pypi.org/project/{name}/{version}/",
            "SoftwareApplication",
            name=name,
            softwareVersion=version,
            url=f"https://pypi.org/project/{name}/{version}/",
        )
        for name, version in sorted(used)
        if version != "not installed"
    ]
    return libraries + [
        add_context(
            crate,
            f"https://www.python.org/downloads/release/python-{version.replace('.', '')}/",
            "SoftwareApplication",
            name="Python",
            softwareVersion=version,
            url="https://www.python.org/",
        )
        for version in sorted({job["python"] for job in jobs})
    ]


def add_engine(
    crate: ROCrate, jobs: Sequence[Record], whole: Entity, controls: list[Entity]
) -> Entity:
    """Add the engine that ran the jobs, in its newest version among them."""
    newest = max(jobs, key=lambda job: job["ended"])["packages"]["snakemake"]
    return add_context(
        crate,
        "#engine",
        "OrganizeAction",
        name=f"Snakemake {newest}",
        instrument={"@id": f"https://pypi.org/project/snakemake/{newest}/"},
        object=several(controls),
        result=whole,
        startTime=min(job["started"] for job in jobs),
        endTime=max(job["ended"] for job in jobs),
        actionStatus=DONE,
    )
