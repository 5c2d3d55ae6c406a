# Shared by all stages: the study, its folders, and the inputs that are code.

import gc
import os
import sys
from pathlib import Path

# Planning makes millions of objects that all stay: looking among them for some to throw away would
# take a tenth of its time. Where jobs are run, it is looked for again from their start on.
gc.disable()

# This checkout's library, in this process and in the jobs, whatever else is installed.
SCRIPTS = str(Path(workflow.basedir) / "workflow" / "scripts")
sys.path.insert(0, SCRIPTS)
os.environ.update(PYTHONPATH=SCRIPTS)
# TensorFlow greets every process; its warnings and errors stay.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")

from radproof.cohort.feature_tables import in_data_sets, tables_of
from radproof.cohort.screening import screen
from radproof.dossier.captions import caption_of
from radproof.disk_faults import unwritable
from radproof.environment import check_environment
from radproof.errors import BadInput
from radproof.failures import explain
from radproof.kinds import kind_module
from radproof.orphans import end_with_snakemake
from radproof.plan import harmonisation_of
from radproof.profiles import (
    call_groups_by_name,
    choose_when_jobs_end,
    spread_over_batches,
)
from radproof.provenance import LOCK, canonical, code_closure
from radproof.datasets import check_staged, machine_datasets
from radproof.dossier.tracking_address import checked_address
from radproof.radiomics.mask_names import compared_masks, table_masks
from radproof.study import load_study
from snakemake.exceptions import WorkflowError
from snakemake.jobs import GroupJob

# Jobs end with this process, and call files by their places below this folder. A staged job is
# started by a Snakemake of its own, which ends with this one too.
if workflow.subprocess_exec:
    end_with_snakemake(lambda message: print(message, file=sys.stderr))
else:
    os.environ.update(
        RADPROOF_SNAKEMAKE_PID=str(os.getpid()), RADPROOF_FOLDER=os.getcwd()
    )


def asked(name):
    # What stands on the command line comes as text: gpu=false is not empty, and means no.
    value = str(config.get(name, False)).lower()
    if value not in ("true", "false"):
        raise WorkflowError(f"{name} is true or false (found {config[name]})")
    return value == "true"


try:
    check_environment()
    TRACKING_URI = checked_address(config["tracking_uri"])
    datasets = machine_datasets(config["datasets"])
    if asked("staging"):
        check_staged(datasets)
    study = load_study(config["plan"], datasets)
    # Said before Snakemake stumbles over it; a plan of what would run may still be asked for.
    UNWRITABLE = unwritable(Path(f"results/{study.name}"))
    # Who leaves a study is known before its graph is: no job waits for an answer.
    study = screen(
        study,
        content=True,
        memory=(
            None if UNWRITABLE else Path(f"results/{study.name}/cohort/screening.json")
        ),
    )
except BadInput as error:
    raise WorkflowError(str(error)) from None

PLAN = study.plan
RESULTS = f"results/{study.name}"
if UNWRITABLE:
    print(f"error: {UNWRITABLE}", file=sys.stderr)
DATASET = f"{RESULTS}/dataset"
COHORT = f"{RESULTS}/cohort"
IMAGES = f"{RESULTS}/images"
SEGMENTATION = f"{RESULTS}/segmentation"
RADIOMICS = f"{RESULTS}/radiomics"
MODELS = f"{RESULTS}/models"
EVALUATION = f"{RESULTS}/evaluation"
FIGURES = f"{RESULTS}/figures"
DOSSIER = f"{RESULTS}/dossier"

# Jobs that read or write images work on copies below --shadow-prefix, where that is asked for. Not
# trainings: what one has reached must outlive its node.
STAGED = "copy-minimal" if asked("staging") else None
# Resources of jobs that compute with TensorFlow, which otherwise sees no GPU.
GPU = {"gpu": 1} if asked("gpu") else {}
if not GPU:
    os.environ.update(CUDA_VISIBLE_DEVICES="-1")

SEQUENCES = [sequence["name"] for sequence in PLAN["sequences"]]
RATERS = [rater["name"] for rater in PLAN["raters"]]
# Extractors whose features were measured elsewhere, and those that measure scans.
TABLES = {
    name: entry["tables"]
    for name, entry in PLAN["extractors"].items()
    if "tables" in entry
}
MEASURING = [name for name in PLAN["extractors"] if name not in TABLES]


# Which job goes first where several wait for a core: what tells of bad input, then images, masks and
# features, those of training patients ahead as networks wait for them, then fits and their refits.
# With all else, which nothing long waits for, gaps are filled.
FIRST, TRAINING, OTHER_SETS, FITS = 10, 5, 4, 3


def priority_of(set_name):
    return TRAINING if set_name == "train" else OTHER_SETS


def one_of(names):
    return "|".join(map(str, names)) or "none"


# Used with `--software-deployment-method apptainer` alone.
container: "envs/radproof.sif"


wildcard_constraints:
    batch=one_of(study.batches),
    set=one_of(study.sets),
    fold=one_of(study.folds),
    segmenter=one_of(PLAN["segmenters"]),
    region=one_of(PLAN["regions"]),
    extractor=one_of(PLAN["extractors"]),
    model=one_of(PLAN["models"]),


def code(script, *kinds):
    """The code of a job, as input: its content decides whether the job is out of date."""
    modules = [kind_module(family, kind) for family, kind in kinds]
    return [os.path.relpath(path) for path in code_closure(script, modules)]


def record(rule_name, label):
    return f"{RESULTS}/records/{rule_name}/{label}.json"


def log_of(rule_name, label):
    return f"{RESULTS}/logs/{rule_name}/{label}.log"


def settings_text(**values):
    """The part of the plan of a job, written so that the order of keys does not matter."""
    return canonical({"seed": PLAN["seed"], **values})


def settings(**values):
    """The same as a function, so that a {patient} in a path is not taken for a wildcard."""
    text = settings_text(**values)
    return lambda wildcards: text


def images_of(patients):
    return [
        f"{IMAGES}/{patient}/{name}.nii.gz"
        for patient in patients
        for name in SEQUENCES
    ]


def rater_masks_of(patients, rater):
    return [f"{IMAGES}/{patient}/mask-{rater}.nii.gz" for patient in patients]


def dataset_places(wildcards, input):
    # Taken with `input`, so that where a data set lies is never a reason to run again.
    return study.datasets


def raw_files(patients):
    return [
        file
        for patient in patients
        for files in (
            study.raw_images(patient),
            study.raw_masks(patient),
            study.raw_controls(patient),
        )
        for file in files.values()
    ]


def in_checkout(*patterns):
    """Files of the project itself, for a rule that describes it."""
    project = Path(SCRIPTS).parents[1]
    found = [path for pattern in patterns for path in sorted(project.glob(pattern))]
    return [os.path.relpath(path) for path in found]


def sidecars_of(files):
    """The JSON beside given scans, where there is one: it is searched for personal data."""
    beside = [
        str(Path(file.removesuffix(".gz")).with_suffix(".json")) for file in files
    ]
    return [] if study.simulated else list(filter(os.path.exists, beside))


def participants_of(patients):
    return sorted({f"{study.folder(patient)}/participants.tsv" for patient in patients})


def rows_of(table, set_name):
    return table[table["set"] == set_name].to_dict("records")


def measured(extractor):
    """What features depend on: the plan's entry, less what only decides whether it is taken."""
    entry = PLAN["extractors"][extractor]
    return {key: value for key, value in entry.items() if key != "grey_levels"}


def features(extractor, mask, region, sets):
    return [
        f"{RADIOMICS}/{extractor}/{batch}/{mask}.{region}.parquet"
        for set_name in sets
        for batch in study.batches_of(set_name)
    ]


def captioned(path):
    """A figure or table that Snakemake's own report shows; its caption is no reason to make it."""
    caption = caption_of(Path(path).stem)
    return report(
        path,
        caption=str(caption.file),
        category=caption.stage,
        labels={"result": caption.title, "file": Path(path).name},
    )


def drawn(name):
    """The files of a figure."""
    files = {suffix: f"{FIGURES}/{name}.{suffix}" for suffix in ("svg", "png", "tsv")}
    return files | {"png": captioned(files["png"])}


def drawing_text(**values):
    return settings_text(simulated=study.simulated, **values)


def drawing(**values):
    return settings(simulated=study.simulated, **values)
