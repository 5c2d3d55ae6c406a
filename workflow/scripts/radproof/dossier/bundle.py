"""A package of a study that a journal can host: no scan, no mask, no network, nobody's name.

The same results give the same bytes.
"""

import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from radproof.cohort.sheet import read_sheet
from radproof.dossier.crate import METADATA, PARAMETERS, README, Held, Run, describe
from radproof.dossier.held_files import code_of, files_of
from radproof.dossier.lineage import Lineage, Record, trace
from radproof.dossier.pseudonyms import (
    page_renamed,
    pseudonyms,
    record_renamed,
    table_renamed,
    text_renamed,
)
from radproof.dossier.record_form import read_record
from radproof.errors import BadInput, CheckFailed, Problem
from radproof.provenance import PROJECT
from radproof.schema import read_yaml
from radproof.tables import as_json, put_in_place

REPORT = "dossier/report.html"
# What is taken, in the order of the line; a file that none of these names is left out.
TAKEN = [
    *("cohort/description.tsv", "cohort/table1.tsv", "cohort/flow.tsv"),
    *("segmentation/*.tsv", "radiomics/*.tsv", "models/*.tsv", "models/*.json"),
    *("evaluation/*.tsv", "null/*.tsv", "figures/*", REPORT, "dossier/claims.tsv"),
    "dossier/checklists.tsv",
    *("project:Snakefile", "project:LICENSE"),
    *(f"project:*.{kind}" for kind in ("py", "smk", "j2", "js", "rst", "toml", "lock")),
    *("project:*.yaml", "project:*.tsv"),
]
# Of each kind, why; said in the package.
LEFT_OUT = {
    "dataset*": "scans, masks and tables of the data set",
    "images/*": "prepared scans and masks, and pictures and tables of them",
    "segmentation/*": "automated masks, probabilities and networks",
    "radiomics/*": "features of single patients",
    "cohort/*": "clinical values and files of single patients",
    "figures/*": "drawings that show scans or name patients",
    "project:*": "other files of the project, which may hold data",
    "dossier/*": "the lineage by patients' names (this package's own description says the same by"
    " pseudonym) and the store of MLflow",
}
SHOWS_SCANS = "figures/overlays-*"
RENAMED = (
    "patients under pseudonyms (P001 and so on, in the order of the sheet); the file that it was"
    " made from is named under isBasedOn"
)
_OVERLAYS = re.compile(r'<figure id="figure-(overlays-[^"]*)">.*?</figure>', re.DOTALL)
_TEXT = {".tsv", ".html", ".svg", ".json", ".yaml"}


@dataclass(frozen=True)
class Bundle:
    """What a package holds by recorded path, and what was left out of it or renamed."""

    files: dict[str, tuple[Held, bytes]]
    left_out: list[str]
    renamed: list[str]


def write_bundle(
    results: Path, output: Path, datasets: dict[str, str], project: Path = PROJECT
) -> dict[str, Any]:
    """Write a study's dossier, figures, tables, code and description to a zip file.

    Returns
    -------
    dict
        ``files`` and ``bytes`` of the package, what was ``left_out`` (why → files) and the tables
        and pages that were ``renamed``.

    Raises
    ------
    BadInput
        If the study was not run to its end.
    CheckFailed
        If a file is not what the job that wrote it recorded.
    """
    described = _description_record(results)
    chain = trace([REPORT], results, datasets, project)
    if chain.problems:
        raise CheckFailed("\n".join(map(str, chain.problems)))
    bundle, run = _collect(results, project, described, chain)
    metadata = describe(run, {path: held for path, (held, _) in bundle.files.items()})
    contents = {held.path: content for held, content in bundle.files.values()}
    contents[METADATA] = as_json(metadata).encode()
    _write_zip(contents, output)
    return {
        "package": str(output),
        "files": len(contents),
        "bytes": output.stat().st_size,
        "left_out": _reasons(bundle.left_out),
        "renamed": bundle.renamed,
    }


def _description_record(results: Path) -> Record:
    path = results / "records" / "describe_crate" / "all.json"
    if not path.is_file():
        raise BadInput(
            Problem(
                "study was not described as a research object",
                file=str(path),
                remedy="run the study to its end",
            )
        )
    return read_record(path)


def _collect(results: Path, project: Path, described: Record, chain: Lineage) -> tuple[Bundle, Run]:
    named = {entry["name"]: entry["path"] for entry in described["inputs"]}
    used = {name: named[name] for name in PARAMETERS}
    workflow = [e["path"] for e in described["inputs"] if e["name"] in ("workflow", "licence")]
    sheet, plan = (_place(used[name], results, project) for name in ("sheet", "plan"))
    key = pseudonyms(read_sheet(sheet)["patient"], read_yaml(plan))
    paths = {*files_of(chain.jobs), *code_of(chain.jobs), *workflow, *used.values()}
    bundle = collect(sorted(paths), results, project, key)
    bundle.files.update(_records(chain.jobs, bundle, results.name, key))
    settings = described["settings"]
    text = _description(settings["title"], bundle)
    readme = _readme(settings["title"], text).encode()
    bundle.files[README] = Held(README, len(readme), sha256(readme).hexdigest()), readme
    return bundle, Run(settings["title"], chain.jobs, used, workflow[0], [REPORT], key, text)


def collect(paths: Iterable[str], results: Path, project: Path, key: Mapping[str, str]) -> Bundle:
    """Return what a package holds of files given by recorded path, patients under pseudonyms."""
    bundle = Bundle({}, [], [])
    drawn = _drawings_of_patients(results, key)
    for path in paths:
        if not any(fnmatchcase(path, kind) for kind in TAKEN) or path in drawn:
            bundle.left_out.append(path)
            continue
        content = _place(path, results, project).read_bytes()
        given = _renamed(path, content, key)
        if given != content:
            bundle.renamed.append(path)
        note = RENAMED if given != content else ""
        held = Held(_packed(path, results.name), len(given), sha256(given).hexdigest(), note)
        bundle.files[path] = held, given
    return bundle


def _records(
    jobs: Iterable[Record], bundle: Bundle, study: str, key: Mapping[str, str]
) -> dict[str, tuple[Held, bytes]]:
    """Return the jobs' records: by their settings, `radproof verify` works on a package."""
    given = {path: bundle.files[path][0].sha256 for path in bundle.renamed}
    files = {}
    for job in jobs:
        path = f"records/{job['rule']}/{job['label']}.json"
        content = as_json(record_renamed(job, key, given, bundle.files)).encode()
        held = Held(_packed(path, study), len(content), sha256(content).hexdigest(), RENAMED)
        files[path] = held, content
    return files


def _place(path: str, results: Path, project: Path) -> Path:
    inside = path.removeprefix("project:")
    return results / path if inside == path else project / inside


def _packed(path: str, study: str) -> str:
    """Return where a file lies in the package: as in the project; what lies outside, in files/."""
    inside = path.removeprefix("project:")
    if inside == path:
        return f"results/{study}/{path}"
    return f"files/{PurePosixPath(inside).name}" if inside.startswith(("/", "..")) else inside


def _drawings_of_patients(results: Path, key: Mapping[str, str]) -> set[str]:
    """Return drawings that show scans, or with a patient's name drawn in them."""
    found = set()
    for drawing in (results / "figures").glob("*.svg"):
        text, path = drawing.read_text(encoding="utf-8"), f"figures/{drawing.name}"
        if fnmatchcase(path, SHOWS_SCANS) or text_renamed(text, key) != text:
            found |= {path, f"{path.removesuffix('.svg')}.png"}
    return found


def _renamed(path: str, content: bytes, key: Mapping[str, str]) -> bytes:
    suffix = PurePosixPath(path).suffix
    if suffix not in _TEXT:
        return content
    text = content.decode("utf-8")
    if suffix == ".tsv":
        return table_renamed(text, key).encode()
    if suffix == ".html":
        return page_renamed(_OVERLAYS.sub(_no_overlay, text), key).encode()
    return text_renamed(text, key).encode()


def _no_overlay(figure: re.Match[str]) -> str:
    return f'<p id="figure-{figure[1]}">Left out of this package: a figure that shows scans.</p>'


def _reasons(left_out: Iterable[str]) -> dict[str, int]:
    """Return why files were left out, and how many for each reason."""
    why = (next(text for kind, text in LEFT_OUT.items() if fnmatchcase(p, kind)) for p in left_out)
    return dict(Counter(why))


def _description(title: str, bundle: Bundle) -> str:
    reasons = _reasons(bundle.left_out)
    left_out = "; ".join(f"{text} ({count} files)" for text, count in reasons.items())
    renamed = ", ".join(path.removeprefix("project:") for path in bundle.renamed)
    return (
        f"{title}: report, figures, tables, code and the record of every job. Left out, and named"
        f" here by place, size and SHA-256 alone: {left_out}. Patients have pseudonyms, P001 and so"
        f" on, in the order of the study's sheet, in the records and in: {renamed}."
    )


def _readme(title: str, description: str) -> str:
    return (
        f"# {title}\n\n{description}\n\nStart with {REPORT} under results/. {METADATA} says which"
        " job made which file, from which files, by which code, with which libraries, and when"
        " (Workflow Run RO-Crate, profile Provenance Run Crate). `radproof verify` on the folder"
        " under results/ recomputes the statistics.\n"
    )


def _write_zip(contents: Mapping[str, bytes], output: Path) -> None:
    """Write files in order of their names, without times, so that bytes repeat."""
    with (
        put_in_place(output) as unfinished,
        zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package,
    ):
        for name in sorted(contents):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            package.writestr(entry, contents[name])
