"""The command on a new patient: what a finished study's models say of somebody else."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from radproof.cli_output import as_text, emit, exit_codes, named_files, named_values

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def predict(
    results: Annotated[Path, typer.Argument(help="A finished study's results folder.")],
    model: Annotated[str, typer.Option(help="Name of one of its models.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to make.")],
    images: Annotated[
        list[str] | None,
        typer.Option(help="SEQUENCE=FILE; may be given several times, as the model needs them."),
    ] = None,
    mask: Annotated[
        Path | None,
        typer.Option(help="Outline on the first sequence, for a model of drawn masks."),
    ] = None,
    clinical: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE; n/a, or left out, if not known.")
    ] = None,
    center: Annotated[
        str | None, typer.Option(help="The patient's center, where features are harmonised.")
    ] = None,
    patient: Annotated[
        str, typer.Option(help="Label; the seed of the registration is derived from it.")
    ] = "new",
    as_json: Json = False,
) -> None:
    """Predict a new patient by a study's frozen models: outline, features, probability, page.

    For research. Not a medical device, not for the care of patients.

    Example: radproof predict results/otscc-simulated --model clinical
    --clinical clinical_t_stage=2 --clinical depth_of_invasion_mm=9.1 -o patient
    """
    # As in a study: no GPU, on which the last digits differ, and none of TensorFlow's greetings.
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")
    from radproof.new_patient.arguments import Patient
    from radproof.new_patient.page import percent
    from radproof.new_patient.prediction import predict_patient

    with exit_codes():
        files = named_files(images or [], "--images", "T1w=t1.nii.gz")
        given = Patient(
            label=patient,
            images={name: Path(file).resolve() for name, file in files.items()},
            mask=mask.resolve() if mask else None,
            clinical=named_values(clinical, "--clinical"),
            center=center,
        )
        found = predict_patient(results, model, given, output)
        for note in found["notes"]:
            print(f"radproof: note: {note}", file=sys.stderr)
        shown = {name: found[name] for name in ("warning", "model", "patient", "total_points")}
        shown["probability"] = percent(found["probability"])
        if interval := found["interval"]:
            shown["95 % interval"] = f"{percent(interval['low'])} to {percent(interval['high'])}"
        emit(found, as_json, as_text(shown))
