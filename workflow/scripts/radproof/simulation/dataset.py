"""The phantom cohort on disk, laid out by BIDS and marked as simulated everywhere."""

from pathlib import Path
from typing import Any

import pandas as pd

from radproof.simulation.acquisition import REFERENCE, SEQUENCES, acquire, draw_grid, draw_motion
from radproof.simulation.anatomy import draw_anatomy
from radproof.simulation.cohort import PARTICIPANT_COLUMNS, draw_cohort, oracle_auc
from radproof.simulation.raters import RATERS, rater_masks
from radproof.tables import put_in_place, write_json, write_table
from radproof.volumes import write_volume

BIDS_VERSION = "1.10.0"
SUFFIX = {"ceT1w": "ce-GAD_T1w", "T2w": "T2w", "T1w": "T1w"}
AXES = ("x", "y", "z")
NOTICE = (
    "SIMULATED data: every participant, image, mask and outcome was computed from a model. "
    "No person was examined, and nothing here is evidence about patients."
)
LEVELS: dict[str, dict[str, Any]] = {
    "participant_id": {"Description": "Label of the simulated participant"},
    "sex": {"Description": "Sex", "Levels": {"F": "female", "M": "male"}},
    "age": {"Description": "Age at imaging", "Units": "year"},
    "clinical_t_stage": {
        "Description": "Clinical T category, AJCC 8th edition, from size and depth of invasion",
        "Levels": {"1": "T1", "2": "T2", "3": "T3", "4": "T4"},
    },
    "depth_of_invasion_mm": {"Description": "Depth of invasion on imaging", "Units": "mm"},
    "nodal_metastasis": {
        "Description": "Cervical lymph-node metastasis at neck dissection",
        "Levels": {"0": "absent", "1": "present"},
    },
}


def write_cohort(
    settings: dict[str, Any], patients: list[str], seed: int, folder: str | Path
) -> None:
    """Write participants, truth and descriptions of the data set; no images.

    ``truth.tsv`` holds the columns of :func:`true_table`.

    Raises
    ------
    BadInput
        If the settings do not fit the patients.
    """
    folder = Path(folder)
    cohort = draw_cohort(settings, patients, seed)
    write_table(cohort[PARTICIPANT_COLUMNS], folder / "participants.tsv")
    write_json({"SIMULATED": NOTICE, **LEVELS}, folder / "participants.json")
    write_table(true_table(settings, patients, seed, cohort), folder / "truth.tsv")
    write_json(_description("raw"), folder / "dataset_description.json")
    for name, text in (("README", NOTICE), (".bidsignore", "truth.tsv")):
        with put_in_place(folder / name) as unfinished:
            unfinished.write_text(text + "\n", encoding="utf-8")
    for sequence in SEQUENCES[1:]:
        write_json(_sidecar(settings, sequence), folder / f"{SUFFIX[sequence]}.json")
    for rater in RATERS:
        own = folder / "derivatives" / rater
        write_json(_description("derivative"), own / "dataset_description.json")
        reference = "The participant's own ce-GAD_T1w image"
        meaning = {"Description": NOTICE, "SpatialReference": reference, "Manual": False}
        write_json(meaning, own / f"desc-{rater}_dseg.json")
        label = pd.DataFrame({"index": [1], "name": ["tumour"]})
        write_table(label, own / f"desc-{rater}_dseg.tsv")


def write_patient(
    settings: dict[str, Any], patients: list[str], patient: str, seed: int, folder: str | Path
) -> None:
    """Write one patient's three images, the sidecar of the reference, and two masks.

    They depend on the settings, the patient's row of the cohort and the seed, and not on which
    other patients are written in the same job.
    """
    folder = Path(folder)
    row = draw_cohort(settings, patients, seed).iloc[patients.index(patient)]
    anatomy = draw_anatomy(settings, row, seed, patient)
    anat = Path(f"sub-{patient}") / "anat"
    for sequence in SEQUENCES:
        image = acquire(settings, anatomy, seed, patient, sequence)
        write_volume(image, folder / anat / f"sub-{patient}_{SUFFIX[sequence]}.nii.gz")
    # T1w.json holds for this image, too: what differs is said beside it.
    sidecar = folder / anat / f"sub-{patient}_{SUFFIX[REFERENCE]}.json"
    write_json(_sidecar(settings, REFERENCE), sidecar)
    grid = draw_grid(settings, seed, patient, REFERENCE)
    for rater, mask in rater_masks(settings, anatomy, seed, patient).items():
        name = f"sub-{patient}_space-{REFERENCE}_desc-{rater}_dseg.nii.gz"
        write_volume(grid.image_of(mask), folder / "derivatives" / rater / anat / name)


def true_table(
    settings: dict[str, Any], patients: list[str], seed: int, cohort: pd.DataFrame
) -> pd.DataFrame:
    """Return the truth: one row a patient, never to be read by a model.

    The columns are those of the cohort; ``oracle_auc``, the same in every row, the AUC of the true
    risk in the whole cohort; and for each sequence but the reference the patient's motion since
    the reference, ``<sequence>_motion_{x,y,z}_deg`` and ``..._mm`` (see ``acquisition.Motion``).
    """
    truth = cohort.assign(oracle_auc=oracle_auc(cohort))
    for sequence in SEQUENCES[1:]:
        motions = [draw_motion(settings, seed, patient, sequence) for patient in patients]
        for index, axis in enumerate(AXES):
            truth[f"{sequence}_motion_{axis}_deg"] = [one.angles_deg[index] for one in motions]
            truth[f"{sequence}_motion_{axis}_mm"] = [one.translation_mm[index] for one in motions]
    return truth


def _description(kind: str) -> dict[str, Any]:
    return {
        "Name": f"SIMULATED oral tongue carcinoma, {kind} data",
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": kind,
        "License": "CC0-1.0",
        "Acknowledgements": NOTICE,
        "GeneratedBy": [{"Name": "radproof", "Description": "simulated phantom cohort"}],
    }


def _sidecar(settings: dict[str, Any], sequence: str) -> dict[str, Any]:
    """Return what BIDS calls the metadata of a sequence, the same for every participant."""
    wanted = settings["sequences"][sequence]
    sidecar = {
        "SeriesDescription": f"SIMULATED {sequence}",
        "MagneticFieldStrength": settings["field_strength_t"],
        "PulseSequenceType": "Spin Echo",
        "RepetitionTimeExcitation": wanted["repetition_time_ms"] / 1000,
        "EchoTime": wanted["echo_time_ms"] / 1000,
        "SliceThickness": wanted["spacing_mm"][2],
    }
    if wanted["gadolinium_mmol_l"]:
        sidecar["ContrastBolusIngredient"] = "GADOLINIUM"
    return sidecar
