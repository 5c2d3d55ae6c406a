"""A research object: a study as a Workflow Run RO-Crate, of the Provenance Run Crate profile.

Ids, dates and order follow from records alone, so that the same results give the same bytes.
Nobody's name stands in it: files of a patient are named by pseudonym and SHA-256, and are not
among those that the crate holds.

Source: RO-Crate 1.1 (doi:10.5281/zenodo.7867028); Workflow Run RO-Crate 0.5, profiles Process,
Workflow and Provenance Run Crate (doi:10.1371/journal.pone.0309210).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from rocrate.model.computationalworkflow import ComputationalWorkflow
from rocrate.model.entity import Entity
from rocrate.model.file import File
from rocrate.rocrate import ROCrate

from radproof.dossier.crate_actions import (
    LICENCE,
    add_action,
    add_context,
    add_controls,
    add_engine,
    add_software,
    add_steps,
    add_tools,
    add_whole_run,
    assign,
    refer,
)
from radproof.dossier.graph import rule_order
from radproof.dossier.lineage import Record
from radproof.dossier.pseudonyms import path_renamed
from radproof.provenance import digest

METADATA = "ro-crate-metadata.json"
README = "README.md"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/ro/wfrun/provenance/0.5": "Provenance Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
WORKFLOW_PROFILE = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
TERMS = {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}
# Everything else is plain text.
FORMATS = {
    ".html": "text/html",
    ".json": "application/json",
    ".keras": "application/zip",
    ".md": "text/markdown",
    ".npz": "application/zip",
    ".parquet": "application/vnd.apache.parquet",
    ".png": "image/png",
    ".py": "text/x-python",
    ".svg": "image/svg+xml",
    ".tsv": "text/tab-separated-values",
    ".yaml": "application/yaml",
}
IN_PLACE = (
    "A study as run: its workflow, plan, sheet and lock, and every job with what it read and wrote."
    " Scans and other files of single patients are named by pseudonym (P001 and so on, in the order"
    " of the sheet), size and SHA-256 alone, and are no part of it."
)
# What a study is run with, by the name that describe_crate reads it under.
PARAMETERS = {"plan": "study plan", "sheet": "sheet of patients", "lock": "lock of the libraries"}


@dataclass(frozen=True)
class Held:
    """A file that a crate holds: its path from the crate's root, and its bytes.

    ``note`` says in what it differs from the file that a job wrote, if it does.
    """

    path: str
    bytes: int
    sha256: str
    note: str = ""


@dataclass(frozen=True)
class Run:
    """What a crate describes.

    ``parameters`` maps ``plan``, ``sheet`` and ``lock`` to recorded paths, ``workflow`` is that of
    the Snakefile, ``results`` are those of the files that the study was run for. ``key`` maps
    patients to pseudonyms. Without a ``description`` the crate says what it is of.
    """

    title: str
    jobs: Sequence[Record]
    parameters: Mapping[str, str]
    workflow: str
    results: Sequence[str]
    key: Mapping[str, str]
    description: str = IN_PLACE


def describe(run: Run, held: Mapping[str, Held]) -> dict[str, Any]:
    """Return a crate's metadata, as JSON-LD.

    Parameters
    ----------
    run
        The jobs, and what they were run with.
    held
        The files in the crate by recorded path; every other file of a job is named by its
        pseudonymous path, size and SHA-256 alone.

    Source
    ------
    https://w3id.org/ro/wfrun/provenance/0.5
    """
    crate = ROCrate(version="1.1")
    crate.metadata.extra_terms.update(TERMS)
    jobs = sorted(run.jobs, key=lambda job: (job["rule"], job["label"]))
    workflow = _workflow(crate, run.workflow, held)
    files = _files(crate, jobs, held, run)
    tools = add_tools(crate, jobs, files)
    steps = add_steps(crate, rule_order(jobs), tools)
    assign(workflow, hasPart=list(tools.values()), step=list(steps.values()))
    assign(workflow, softwareRequirements=add_software(crate, jobs))
    actions = [add_action(crate, job, tools[job["rule"]], files) for job in jobs]
    used = [files[path] for path in run.parameters.values()]
    whole = add_whole_run(crate, jobs, run.title, used, refer(run.results, files))
    engine = add_engine(crate, jobs, whole, add_controls(crate, jobs, steps, actions))
    _root(crate, run, jobs, [whole, *actions, engine])
    if README in held:
        files[README]["about"] = crate.root_dataset
    metadata: dict[str, Any] = crate.metadata.generate()
    return metadata


def _root(crate: ROCrate, run: Run, jobs: Sequence[Record], actions: list[Entity]) -> None:
    licence = add_context(crate, LICENCE, "CreativeWork", name="GNU GPL 3.0 or later")
    licence["description"] = "GNU General Public License, version 3 or any later one"
    profiles = [
        add_context(crate, url, "CreativeWork", name=name, version=url.rsplit("/", 1)[1])
        for url, name in PROFILES.items()
    ]
    assign(
        crate.root_dataset,
        name=run.title,
        description=run.description,
        datePublished=max(job["ended"] for job in jobs),
        license=licence,
        conformsTo=profiles,
        mentions=actions,
    )


def _workflow(crate: ROCrate, path: str, held: Mapping[str, Held]) -> Entity:
    code = {
        name: file.sha256
        for name, file in held.items()
        if name == path or name.endswith((".py", ".smk"))
    }
    workflow = crate.add_workflow(
        dest_path=held[path].path,
        properties={
            "@type": [*ComputationalWorkflow.TYPES, "HowTo"],
            "name": "Radproof",
            "description": "version: SHA-256 of the workflow with all code in this crate",
            "version": digest(code),
            "encodingFormat": "text/plain",
            **_bytes_of(held[path]),
        },
        main=True,
        lang="snakemake",
    )
    name, number = "Bioschemas ComputationalWorkflow", "1.0-RELEASE"
    profile = add_context(crate, WORKFLOW_PROFILE, "CreativeWork", name=name, version=number)
    assign(workflow, license={"@id": LICENCE}, conformsTo=profile)
    workflow["input"] = [
        add_context(
            crate,
            f"#{name}",
            "FormalParameter",
            name=text,
            additionalType="File",
            valueRequired=True,
        )
        for name, text in PARAMETERS.items()
    ]
    return workflow


def _bytes_of(held: Held) -> dict[str, str]:
    return {"contentSize": str(held.bytes), "sha256": held.sha256}


def _files(
    crate: ROCrate, jobs: Sequence[Record], held: Mapping[str, Held], run: Run
) -> dict[str, Entity]:
    """Add every file; return, by recorded path, that which jobs read or wrote."""
    recorded = {entry["path"]: entry for job in jobs for entry in job["inputs"]}
    recorded |= {entry["path"]: entry for job in jobs for entry in job["outputs"]}
    files: dict[str, Entity] = {}
    for path in sorted({*recorded, *held} - {run.workflow}):
        there = _held_file(crate, path, held[path]) if path in held else None
        entry = recorded.get(path)
        if there is None or (entry and entry["sha256"] != held[path].sha256):
            files[path] = _file_elsewhere(crate, path, entry, run.key)
            if there is not None:
                there["isBasedOn"] = files[path]
        else:
            files[path] = there
    files[run.workflow] = crate.mainEntity
    for name, path in run.parameters.items():
        used = crate.get(quote(held[path].path))
        used["exampleOfWork"] = {"@id": f"#{name}"}
        crate.get(f"#{name}")["workExample"] = used
    return files


def _held_file(crate: ROCrate, path: str, held: Held) -> Entity:
    properties = {"name": path.removeprefix("project:"), **_bytes_of(held)}
    suffix = PurePosixPath(path).suffix
    properties["encodingFormat"] = FORMATS.get(suffix, "text/plain")
    if held.note:
        properties["description"] = held.note
    return crate.add(File(crate, dest_path=held.path, properties=properties))


def _file_elsewhere(
    crate: ROCrate, path: str, entry: Mapping[str, Any] | None, key: Mapping[str, str]
) -> Entity:
    """Add a file that the crate does not hold: where it lies, its size and its SHA-256."""
    name = path_renamed(path, key)
    known = {"contentSize": str(entry["bytes"]), "sha256": entry["sha256"]} if entry else {}
    return add_context(crate, f"#{quote(name)}", "CreativeWork", name=name, **known)
