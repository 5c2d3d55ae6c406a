"""A made-up project with a study run to its end: files and the records that say who made them."""

from pathlib import Path
from typing import Any

from radproof.provenance import file_entries, seal_of, sha256_of
from radproof.tables import write_json

PATIENTS = ["ANNA7", "BERT3"]
SCRIPTS = ["prepare_images", "train_segmenter", "segment_patients", "predict", "plot_roc"]
SCRIPTS += ["trace_lineage", "write_report", "describe_crate"]
PROJECT_FILES = {
    "Snakefile": "rule study",
    "LICENSE": "GPL",
    "envs/cpu.lock": "numpy==2.4.6",
    "config/studies/s.yaml": "study: s",
    "config/cohorts/s.tsv": "patient\tdataset\tcenter\tset\tfold\n"
    "ANNA7\td\tone\ttrain\t1\nBERT3\td\tone\ttrain\t2\n",
    "workflow/rules/common.smk": "# common",
    **{f"workflow/scripts/{name}.py": f"# {name}" for name in SCRIPTS},
}
OVERLAYS = (
    '<figure id="figure-overlays-unet"><img src="data:image/png;base64,ANNA7==" alt=""></figure>'
)
REPORT = (
    f"<h1>Report</h1>{OVERLAYS}<table><thead><tr><th scope='col'>patient</th><th>flags</th></tr>"
    "</thead><tbody><tr><td>ANNA7</td><td>dark</td></tr></tbody></table>"
    '<img src="data:image/png;base64,BERT3==" alt="">'
)
# rule: (inputs, outputs with their content)
JOBS: dict[str, tuple[list[str], dict[str, str]]] = {
    "prepare_images": (
        [f"dataset:d/sub-{name}/anat/sub-{name}_T1w.nii.gz" for name in PATIENTS],
        {f"images/{name}/T1w.nii.gz": f"image of {name}" for name in PATIENTS},
    ),
    "train_segmenter": (
        [f"images/{name}/T1w.nii.gz" for name in PATIENTS],
        {"segmentation/unet/fold-1/model.keras": "network"},
    ),
    "segment_patients": (
        ["segmentation/unet/fold-1/model.keras", "images/ANNA7/T1w.nii.gz"],
        {"segmentation/unet/masks/ANNA7.nii.gz": "mask"},
    ),
    "predict": (
        ["segmentation/unet/masks/ANNA7.nii.gz", "project:config/cohorts/s.tsv"],
        {"models/m/predictions.tsv": "patient\tprobability\tnote\nANNA7\t0.25\tn/a\n"},
    ),
    "plot_roc": (
        ["models/m/predictions.tsv"],
        {
            "figures/roc.svg": "<svg>n = 2</svg>",
            "figures/roc.png": "png",
            "figures/roc.tsv": "threshold\tsensitivity\n0.5\t1.0\n",
            "figures/overlays-unet.svg": "<svg><text>ANNA7</text></svg>",
            "figures/overlays-unet.png": "png",
        },
    ),
    "trace_lineage": (["figures/roc.tsv"], {"dossier/lineage.json": '{"of": "ANNA7"}'}),
    "write_report": (["figures/roc.png", "dossier/lineage.json"], {"dossier/report.html": REPORT}),
}
DESCRIBED = {
    "report": "dossier/report.html",
    "workflow": "project:Snakefile",
    "licence": "project:LICENSE",
    "plan": "project:config/studies/s.yaml",
    "sheet": "project:config/cohorts/s.tsv",
    "lock": "project:envs/cpu.lock",
}


def write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def make_project(folder: Path) -> Path:
    """Write the project; return the results folder of its study."""
    results = folder / "results" / "s"
    for name, content in PROJECT_FILES.items():
        write(folder / name, content)
    for name in PATIENTS:
        write(folder / "data" / f"sub-{name}" / "anat" / f"sub-{name}_T1w.nii.gz", f"scan {name}")
    for number, (rule, (inputs, outputs)) in enumerate(JOBS.items()):
        for name, content in outputs.items():
            write(results / name, content)
        write_record(folder, rule, [("file", path) for path in inputs], list(outputs), number)
    write_record(folder, "describe_crate", list(DESCRIBED.items()), [], len(JOBS))
    return results


def datasets(results: Path) -> dict[str, str]:
    return {"d": str(results.parents[1] / "data")}


def write_record(
    folder: Path, rule: str, inputs: list[tuple[str, str]], outputs: list[str], number: int
) -> None:
    results = folder / "results" / "s"
    script = f"workflow/scripts/{rule}.py"
    job: dict[str, Any] = {
        "rule": rule,
        "label": "all",
        "inputs": [_entry(folder, name, path) for name, path in inputs],
        "outputs": file_entries([("", str(results / path)) for path in outputs], results, {}),
        "settings": {"seed": 1, "title": "A study", "results": "results/s"},
        "code": {"sha256": f"{number:064}", "files": {script: sha256_of(folder / script)}},
        "lock_sha256": "d" * 64,
        "threads": 1,
        "python": "3.11.7",
        "platform": "Linux x86_64",
        "packages": {"numpy": "2.4.6", "snakemake": "9.27.1", "keras": "not installed"},
        "started": f"2025-01-01T00:00:0{number}+00:00",
        "ended": f"2025-01-01T00:00:0{number + 1}+00:00",
        "seconds": 1.0,
    }
    write_json(job | {"sha256": seal_of(job)}, results / "records" / rule / "all.json")


def _entry(folder: Path, name: str, path: str) -> dict[str, Any]:
    place = {"project": folder, "dataset": folder / "data"}.get(path.split(":")[0])
    inside = path.split(":", 1)[-1].removeprefix("d/")
    file = (place or folder / "results" / "s") / inside
    return {"name": name, "path": path, "bytes": file.stat().st_size, "sha256": sha256_of(file)}
