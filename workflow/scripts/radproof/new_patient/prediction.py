"""A new patient by a frozen model, from raw files to a folder with mask, features and page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from radproof.new_patient import notes, steps
from radproof.new_patient.answer import WARNING, model_answer, plain, rows_of
from radproof.new_patient.arguments import Patient, check_given, unused_notes, values_of
from radproof.new_patient.folders import check_folder, whole_folder
from radproof.new_patient.frozen import Frozen, code_notes, read_frozen
from radproof.new_patient.needs import Measurement, Needs, chain_of, needs_of
from radproof.provenance import package_versions, sha256_of
from radproof.tables import write_json, write_table

OF_IMAGES = ("prepare_images", "extract_features")
OF_OUTLINES = ("segment_patients", "draw_masks")
FEATURES = ["extractor", "mask", "region", "feature", "value", "lowest", "highest", "beyond"]


@dataclass
class Measured:
    """What was found in a patient's images; all of it empty where the model needs none.

    ``features`` has one row a patient by measurement, ``tables`` the same in rows, against those
    of training patients.
    """

    quality: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["flags"]))
    masks: dict[str, dict[str, Any]] = field(default_factory=dict)
    features: dict[Measurement, pd.DataFrame] = field(default_factory=dict)
    tables: dict[Measurement, pd.DataFrame] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)


def predict_patient(results: Path, model: str, patient: Patient, output: Path) -> dict[str, Any]:
    """Predict a new patient, and write mask, features, numbers and page to a folder.

    Parameters
    ----------
    results
        Results folder of a finished study, or a copy of it.
    model
        Name of one of its models.
    patient
        As given.
    output
        The folder to make: ``mask.nii.gz`` and ``mask-native.nii.gz`` (on the grid of analysis and
        on that of the reference sequence), ``features.tsv``, ``overlay.png`` where the model needs
        images, ``prediction.json`` and ``report.html``.

    Returns
    -------
    dict
        The content of ``prediction.json``.

    Raises
    ------
    BadInput
        If something of the study is missing, or what is given is wrong or not enough.
    CheckFailed
        If a file of the study is not what it recorded, or a mask is empty where the plan stops.
    """
    check_folder(output)
    frozen = read_frozen(results)
    models = {name: frozen.model(name) for name in chain_of(frozen.plan, model)}
    needs = needs_of(frozen.plan, models)
    check_given(patient, needs, frozen.plan, models)
    with whole_folder(output) as folder:
        work = folder / "work"
        found = _measure_images(frozen, needs, patient, work) if needs.sequences else Measured()
        answer = _answer(frozen, models, needs, patient, found)
        _write(frozen, models[model], needs, patient, found, answer, folder)
    return answer


def _measure_images(frozen: Frozen, needs: Needs, patient: Patient, work: Path) -> Measured:
    prepared = steps.prepare(frozen, needs, patient, work)
    found = Measured(quality=prepared.qc)
    found.said = notes.given_notes(needs, patient.images)
    for segmenter in needs.segmenters:
        found.masks[segmenter] = steps.outline(frozen, segmenter, patient.label, work)
    for measurement, readers in needs.measurements.items():
        extraction = steps.measure(frozen, measurement, list(needs.sequences), patient.label, work)
        values = extraction.features.loc[measurement.mask]
        training = frozen.training_features(readers[0])
        found.tables[measurement] = notes.with_ranges(values, training)
        found.features[measurement] = extraction.features.set_axis([patient.label]).rename_axis(
            "patient"
        )
        found.said += [
            f"{row['mask']}, {row['sequence']} {row['filter']}: {row['outcome']} ({row['reason']})."
            for row in extraction.outcomes
        ]
    return found


def _answer(
    frozen: Frozen,
    models: Mapping[str, dict[str, Any]],
    needs: Needs,
    patient: Patient,
    found: Measured,
) -> dict[str, Any]:
    """Predict, and gather everything that is to be said of it."""
    values = values_of(patient, needs, frozen.plan)
    person = {"patient": patient.label, "center": patient.center, **values}
    of_model = {name: one for one, names in needs.measurements.items() for name in names}
    features = {name: found.features[one] for name, one in of_model.items()}
    predicted = steps.predict(frozen, models, person, features)
    answers = [model_answer(models[name], *predicted[name]) for name in models]
    said = [*found.said, *notes.mask_notes(found.masks), *notes.image_notes(found.quality)]
    for name, model in models.items():
        said += notes.variable_notes(model, predicted[name][0].iloc[0])
        if name in of_model:
            said += notes.feature_notes(model, found.tables[of_model[name]])
    files = {name: path for name, path in patient.images.items() if name in needs.sequences}
    files |= {"mask": patient.mask} if patient.mask else {}
    said += steps.center_notes(models, person) + unused_notes(patient, needs)
    said += notes.familiar_notes(frozen.results, files.values())
    said += code_notes([one for rule in _rules(needs) for one in frozen.records(rule)])
    own = answers.pop()
    said += notes.interval_notes(own)
    return {
        "warning": WARNING,
        "simulated": frozen.simulated,
        "study": frozen.plan["study"],
        "title": frozen.plan["title"],
        "outcome": frozen.plan["outcome"],
        "patient": patient.label,
        **own,
        "upstream": answers,
        "clinical": values,
        "center": patient.center,
        "masks": {name: _plain(row) for name, row in found.masks.items()},
        "images": rows_of(found.quality),
        "notes": said,
        "inputs": [
            {"name": name, "file": path.name, "sha256": sha256_of(path)}
            for name, path in files.items()
        ],
        "model_files": [{"path": path, "sha256": sha} for path, sha in sorted(frozen.used.items())],
        "versions": {"radproof": version("radproof"), **package_versions()},
    }


def _rules(needs: Needs) -> list[str]:
    """Return the rules whose code is run here again."""
    images = OF_IMAGES if needs.sequences else ()
    return [*images, *(OF_OUTLINES if needs.segmenters else ()), "predict"]


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in row.items()}


def _write(
    frozen: Frozen,
    model: Mapping[str, Any],
    needs: Needs,
    patient: Patient,
    found: Measured,
    answer: Mapping[str, Any],
    folder: Path,
) -> None:
    """Write the folder of a patient, and take out what was only in between."""
    from radproof.new_patient.page import write_page

    if needs.sequences:
        from radproof.new_patient.overlay import draw_overlay, write_overlay

        work = folder / "work"
        reference = patient.images[next(iter(needs.sequences))]
        interpolation = frozen.plan["images"]["mask_interpolation"]
        steps.write_masks(needs, reference, interpolation, work, folder)
        images = {name: work / f"{name}.nii.gz" for name in needs.sequences}
        masks = {n: work / f"mask-{n}.nii.gz" for n in [*needs.segmenters, *needs.raters]}
        figure = draw_overlay(patient.label, images, masks, simulated=frozen.simulated)
        write_overlay(figure, folder / "overlay.png")
        for path in work.iterdir():
            path.unlink()
        work.rmdir()
    tables = [
        table.assign(extractor=one.extractor, mask=one.mask, region=one.region)
        for one, table in found.tables.items()
    ]
    if tables:
        write_table(pd.concat(tables)[FEATURES], folder / "features.tsv")
    write_json(dict(answer), folder / "prediction.json")
    write_page(answer, model, frozen.plan, folder)
