"""What is to be known of one patient's prediction before anybody trusts it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from radproof.dossier.nomogram_form import if_unknown
from radproof.new_patient.needs import Needs
from radproof.provenance import sha256_of
from radproof.tables import read_table

CUT = 8


def with_ranges(values: pd.Series, training: pd.DataFrame | None) -> pd.DataFrame:
    """Return ``feature value lowest highest beyond`` of a patient against training patients.

    Parameters
    ----------
    values
        Feature → value, missing where it could not be measured.
    training
        Index patient, the same features; None where their table is gone: nothing is known then.
    """
    table = values.rename("value").rename_axis("feature").reset_index()
    limits = pd.DataFrame(index=values.index, columns=["lowest", "highest"], dtype=float)
    if training is not None:
        own = training.reindex(columns=values.index)
        limits = pd.DataFrame({"lowest": own.min(), "highest": own.max()})
    table = table.join(limits.reset_index(drop=True))
    outside = (table["value"] < table["lowest"]) | (table["value"] > table["highest"])
    return table.assign(beyond=outside)


def feature_notes(model: Mapping[str, Any], table: pd.DataFrame) -> list[str]:
    """Say which features lie beyond training or are missing, those that the model reads by name.

    ``table`` is that of :func:`with_ranges`.
    """
    notes = []
    read = table[table["feature"].isin(model["features"])]
    if table["lowest"].isna().all():
        notes.append(
            f"Features of {model['name']} were not compared with those of training patients:"
            " their table is not among the results."
        )
    beyond = table[table["beyond"]]
    if len(beyond):
        named = [
            f"{row['feature']} ({row['value']:.4g}, training {row['lowest']:.4g} to"
            f" {row['highest']:.4g})"
            for row in read[read["beyond"]].to_dict("records")
        ]
        said = f"of them read by {model['name']}: {_listed(named)}"
        none = f"none of them read by {model['name']}"
        notes.append(
            f"{len(beyond)} of {len(table)} features lie beyond what training patients have;"
            f" {said if named else none}."
        )
    lacking = list(read.loc[read["value"].isna(), "feature"])
    if lacking:
        notes.append(
            f"Features of {model['name']} that could not be measured are taken as the median of"
            f" training patients: {_listed(lacking)}."
        )
    return notes


def variable_notes(model: Mapping[str, Any], read: pd.Series) -> list[str]:
    """Say which values a model of coded variables has not met, or is not given.

    Parameters
    ----------
    read
        What the model reads of the patient, by name.
    """
    notes = []
    for one in model.get("variables", []):
        name, value = one["variable"], read[one["variable"]]
        if pd.isna(value):
            notes.append(f"{name} is not given: {if_unknown(one).removeprefix('if not known, ')}.")
        elif one["kind"] == "number" and not one["minimum"] <= value <= one["maximum"]:
            notes.append(
                f"{name} is {value:.4g}, beyond the {one['minimum']:.4g} to {one['maximum']:.4g} of"
                f" the patients that {model['name']} was fitted on."
            )
        elif one["kind"] == "category" and value in one["merged"]:
            notes.append(
                f"{name}={value} was not seen in fitting {model['name']} and counts as"
                f" {one['merged'][value]}."
            )
    return notes


def interval_notes(answer: Mapping[str, Any]) -> list[str]:
    """Say what an interval does not count, of values that were filled in."""
    filled = any(term["value"] is None for term in answer["terms"])
    if not (answer["interval"] and filled):
        return []
    return ["The interval takes values that are not given for certain ones: it is too narrow."]


def image_notes(quality: pd.DataFrame) -> list[str]:
    """Say what the plan's limits on the quality of images flag."""
    flagged = quality.dropna(subset="flags")
    return [f"Look at {row['sequence']}: {row['flags']}." for row in flagged.to_dict("records")]


def mask_notes(rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Say which automated masks are empty; ``rows`` are those of ``draw_mask``, by segmenter."""
    return [
        f"The mask by {name} is empty (largest probability {row['most_probable']:.3f}, threshold"
        f" {row['threshold']:.3g}): every feature is taken as the median of training patients, and"
        " the probability says nothing of this tumour."
        for name, row in rows.items()
        if row["empty"]
    ]


def familiar_notes(results: Path, files: Iterable[Path]) -> list[str]:
    """Say which given files are those of a patient of the study, byte for byte."""
    table = results / "cohort" / "files.tsv"
    if not table.is_file():
        return []
    rows = read_table(table)
    known = dict(zip(rows["sha256"], rows["patient"], strict=True))
    found = sorted({known[sha] for sha in map(sha256_of, files) if sha in known})
    if not found:
        return []
    patients = read_table(results / "cohort" / "patients.tsv").set_index("patient")["set"]
    return [
        f"Files are those of the study's own patient {one}, set {patients.get(one, 'unknown')}"
        + (
            ": the model was fitted on this patient, so that this is no prediction."
            if patients.get(one) == "train"
            else "."
        )
        for one in found
    ]


def given_notes(needs: Needs, given: Iterable[str]) -> list[str]:
    """Say whose outline the given one stands for, and which sequences are filled with zeros."""
    notes = [f"The outline is the one given, in the place of one by {one}." for one in needs.raters]
    lacking = [name for name in needs.sequences if name not in set(given)]
    if lacking:
        notes.append(f"Not given and filled with zeros, as in the study: {', '.join(lacking)}.")
    return notes


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - CUT} more" if len(names) > CUT else ""
    return ", ".join(names[:CUT]) + more
