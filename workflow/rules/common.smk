# What every rule file uses: the study, its folders, and the inputs that are code.

import os
import sys
from pathlib import Path

# This checkout's library, in this process and in the jobs, whatever else is installed.
SCRIPTS = str(Path(workflow.basedir) / "workflow" / "scripts")
sys.path.insert(0, SCRIPTS)
os.environ["PYTHONPATH"] = SCRIPTS

from radproof.errors import BadInput
from radproof.kinds import kind_module
from radproof.plan import canonical
from radproof.provenance import code_closure
from radproof.study import load_study
from snakemake.exceptions import WorkflowError

try:
    study = load_study(config["plan"], config["datasets"])
except BadInput as error:
    raise WorkflowError(str(error)) from None

PLAN = study.plan
RESULTS = f"results/{study.name}"
COHORT = f"{RESULTS}/cohort"
IMAGES = f"{RESULTS}/images"
SEGMENTATION = f"{RESULTS}/segmentation"
RADIOMICS = f"{RESULTS}/radiomics"
MODELS = f"{RESULTS}/models"
EVALUATION = f"{RESULTS}/evaluation"
FIGURES = f"{RESULTS}/figures"
DOSSIER = f"{RESULTS}/dossier"

SEQUENCES = [sequence["name"] for sequence in PLAN["sequences"]]
RATERS = [rater["name"] for rater in PLAN["raters"]]


def one_of(names):
    return "|".join(map(str, names)) or "none"


wildcard_constraints:
    set=one_of(study.sets),
    fold=one_of(study.folds),
    segmenter=one_of(PLAN["segmenters"]),
    region=one_of(PLAN["regions"]),
    extractor=one_of(PLAN["extractors"]),
    model=one_of(PLAN["models"]),


def code(script, *kinds):
    """The code that a rule runs, as input: its content decides whether the rule is out of date."""
    modules = [kind_module(family, kind) for family, kind in kinds]
    return [os.path.relpath(path) for path in code_closure(script, modules)]


def record(rule_name, label):
    return f"{RESULTS}/records/{rule_name}/{label}.json"


def log_of(rule_name, label):
    return f"{RESULTS}/logs/{rule_name}/{label}.log"


def settings_text(**values):
    """The part of the plan that a rule uses, written so that the order of keys does not matter."""
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


def automated_masks_of(patients, segmenter):
    return [
        f"{SEGMENTATION}/{segmenter}/masks/{patient}.nii.gz" for patient in patients
    ]


def dataset_places(wildcards, input):
    # Taken with `input`, so that where a data set lies is never a reason to run again.
    return study.datasets
