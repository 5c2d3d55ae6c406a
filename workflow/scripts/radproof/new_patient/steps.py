"""The steps of a study for one patient more, by the functions that its own jobs call.

What a job reads from a file is read from a file here too, so that nothing differs by a rounding.
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from radproof.images.grids import resample_mask
from radproof.images.prepare import Prepared, prepare_patient
from radproof.models.harmonising import unseen_warnings
from radproof.models.predicting import predict_model, predictors_of, upstream_scores
from radproof.new_patient.arguments import Patient
from radproof.new_patient.frozen import Frozen
from radproof.new_patient.needs import Measurement, Needs
from radproof.radiomics.batch import extract_patient
from radproof.seeds import derive_seed
from radproof.segmentation.masks import check_empty, draw_mask
from radproof.segmentation.thresholds import threshold_of
from radproof.tables import read_table
from radproof.volumes import read_volume, write_volume

# A new patient has neither a fold nor predictions by models of one.
NO_FOLDS = pd.DataFrame(
    columns=["patient", "left_out", "fold", "score", "probability", "score_mean"]
)


def prepare(frozen: Frozen, needs: Needs, patient: Patient, folder: Path) -> Prepared:
    """Bring the sequences that are needed, and a drawn mask, onto the grid of analysis.

    Writes ``SEQUENCE.nii.gz`` and, of a drawn mask, ``mask-RATER.nii.gz`` into the folder.
    """
    plan = frozen.plan
    entries = [entry for entry in plan["sequences"] if entry["name"] in needs.sequences]
    frozen.check_landmarks(entries)
    prepared = prepare_patient(
        patient.label,
        {name: patient.images[name] for name in needs.sequences if name in patient.images},
        {name: patient.mask for name in needs.raters if patient.mask},
        entries,
        {rater["name"]: rater["label"] for rater in plan["raters"]},
        plan["images"],
        derive_seed(plan["seed"], "prepare_images", patient.label),
    )
    for name, image in prepared.images.items():
        write_volume(image, folder / f"{name}.nii.gz")
    for rater, mask in prepared.masks.items():
        write_volume(mask, folder / f"mask-{rater}.nii.gz")
    return prepared


def outline(frozen: Frozen, segmenter: str, patient: str, folder: Path) -> dict[str, Any]:
    """Outline the patient by the networks of all folds, as the study's held-out patients were.

    Reads the prepared sequences of the folder and writes ``mask-SEGMENTER.nii.gz`` there. Returns
    what `radproof.segmentation.masks.draw_mask` says of the mask.

    Raises
    ------
    BadInput
        If a network is missing or was trained under another plan or on a patient of this label.
    CheckFailed
        If the mask is empty, where the plan's ``on_empty`` says ``stop``.
    """
    from radproof.segmentation.inference import segment

    jobs = frozen.records("segment_patients", f"{segmenter}.*")[-1]["settings"]
    (table,) = frozen.outputs("choose_threshold", segmenter, "threshold")
    files = [folder / f"{name}.nii.gz" for name in jobs["origin"]["sequences"]]
    networks = frozen.networks(segmenter)
    ((_, found),) = segment(networks, {patient: files}, jobs["origin"], jobs["inference"])
    write_volume(found, folder / "probabilities.nii.gz")
    settings = frozen.plan["segmenters"][segmenter]["inference"]
    mask, row = draw_mask(
        read_volume(folder / "probabilities.nii.gz", patient),
        threshold_of(read_table(table), None),
        settings,
    )
    write_volume(mask, folder / f"mask-{segmenter}.nii.gz")
    check_empty(pd.DataFrame([{"patient": patient, **row}]), settings["on_empty"])
    return dict(row)


def measure(
    frozen: Frozen, measurement: Measurement, sequences: Sequence[str], patient: str, folder: Path
) -> Any:
    """Return the ``Extraction`` of one mask from the prepared files of the folder."""
    plan = frozen.plan
    extractor = plan["extractors"][measurement.extractor]
    settings = {
        "extractor": {key: value for key, value in extractor.items() if key != "grey_levels"},
        "region": plan["regions"][measurement.region],
        "perturbations": None,
    }
    images = {name: folder / f"{name}.nii.gz" for name in sequences}
    masks = {measurement.mask: folder / f"mask-{measurement.mask}.nii.gz"}
    extraction, _ = extract_patient(patient, images, masks, settings, seed=0)
    return extraction


def predict(
    frozen: Frozen,
    models: Mapping[str, dict[str, Any]],
    patient: dict[str, Any],
    features: Mapping[str, pd.DataFrame],
) -> dict[str, tuple[pd.DataFrame, dict[str, Any]]]:
    """Predict by each model of a chain, upstream first.

    Parameters
    ----------
    models
        Name → fitted model.
    patient
        ``patient``, ``center`` and the clinical variables.
    features
        Model → its features, index patient.

    Returns
    -------
    dict
        Name → what the model read (one row), and its ``score``, ``score_mean`` and
        ``probability``.
    """
    row = {**patient, "set": "new", "fold": None, "outcome": None}
    table = pd.DataFrame([row])
    predictions: dict[str, pd.DataFrame] = {}
    found = {}
    for name, model in models.items():
        entry, own = frozen.plan["models"][name], features.get(name)
        rows = table.set_index("patient")
        scores = upstream_scores(entry, rows, predictions)
        read = predictors_of(model, entry, rows, own, scores)
        predictions[name] = predict_model(model, entry, table, own, predictions, NO_FOLDS)
        (values,) = predictions[name].to_dict("records")
        chosen = {key: float(values[key]) for key in ("score", "score_mean", "probability")}
        found[name] = (read, chosen)
    return found


def center_notes(models: Mapping[str, dict[str, Any]], patient: dict[str, Any]) -> list[str]:
    """Say whether the patient's center was met in training, where features are harmonised."""
    table = pd.DataFrame([patient])
    found = [unseen_warnings(model.get("harmonisation"), table) for model in models.values()]
    return list(dict.fromkeys(line for lines in found for line in lines))


def write_masks(
    needs: Needs, reference: Path, interpolation: str, source: Path, target: Path
) -> None:
    """Write each mask on the grid of analysis and on that of the patient's reference sequence.

    ``mask.nii.gz`` and ``mask-native.nii.gz``; of several masks, with ``-NAME`` after ``mask``.
    """
    names = [*needs.segmenters, *needs.raters]
    scan = read_volume(reference)
    for name in names:
        stem = "mask" if len(names) == 1 else f"mask-{name}"
        # Copied: what is read and written once more may differ by a rounding of its header.
        shutil.copyfile(source / f"mask-{name}.nii.gz", target / f"{stem}.nii.gz")
        mask = read_volume(target / f"{stem}.nii.gz")
        write_volume(resample_mask(mask, scan, interpolation), target / f"{stem}-native.nii.gz")
