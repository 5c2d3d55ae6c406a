"""The command line ``radproof``: for reviewers and for checks, with or without a study."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from radproof import cli_stats
from radproof.cli_dataset import table_dataset
from radproof.cli_dossier import bundle, trace
from radproof.cli_output import as_text, column_values, emit, exit_codes, named_files
from radproof.cli_patient import predict
from radproof.errors import BadInput, CheckFailed
from radproof.stats.options import Table

app = typer.Typer(
    help="Imaging-biomarker studies that anyone can rerun, trace and challenge.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(cli_stats.app, name="stats")
app.command()(table_dataset)
app.command()(trace)
app.command()(bundle)
app.command()(predict)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Datasets = Annotated[
    list[str] | None, typer.Option("--dataset", help="NAME=PATH; may be given several times.")
]


@app.command()
def check(
    plan: Annotated[
        str, typer.Argument(help="The study plan; that of config.yaml if left out.")
    ] = "",
    dataset: Datasets = None,
    content: Annotated[bool, typer.Option("--content", help="Read voxels too.")] = False,
    as_json: Json = False,
) -> None:
    """Check a plan, its sheet, participants and the headers of every file; list all problems.

    Example: radproof check config/studies/sts.yaml --dataset sts=/data/sts
    """
    from radproof.cohort.precheck import check_study
    from radproof.datasets import machine_datasets
    from radproof.provenance import PROJECT
    from radproof.schema import read_yaml
    from radproof.study import load_study

    with exit_codes():
        chosen = plan or read_yaml(PROJECT / "config" / "config.yaml")["plan"]
        study = load_study(chosen, machine_datasets(dataset))
        report = check_study(study, content=content)
        for note in report["notes"]:
            print(f"radproof: note: {note}", file=sys.stderr)
        emit({"plan": str(chosen), **report, "problems": []}, as_json, report["summary"])


@app.command()
def split(
    participants: Annotated[Path, typer.Argument(help="participants.tsv of the data set.")],
    outcome: Annotated[str, typer.Option(help="Column of the outcome, 0 or 1.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The sheet to write.")],
    test: Annotated[float, typer.Option(help="Share of the test set; 0 for none.")] = 0.3,
    folds: Annotated[int, typer.Option(help="Folds of the training set.")] = 5,
    seed: Annotated[int, typer.Option(help="Seed of the split.")] = 7,
    stratify: Annotated[list[str] | None, typer.Option(help="Further columns to balance.")] = None,
    external: Annotated[
        list[str] | None, typer.Option(help="COLUMN=VALUE: these patients are an external set.")
    ] = None,
    dataset: Annotated[str, typer.Option(help="Name of the data set.")] = "",
) -> None:
    """Make the sheet of a study: who trains, in which fold, and who is held out.

    Example: radproof split participants.tsv --outcome lung_mets --test 0 --folds 5 -o sheet.tsv
    """
    from radproof.cohort.sheet import make_sheet
    from radproof.tables import read_table, write_table

    with exit_codes():
        name = dataset or participants.resolve().parent.name
        table = read_table(participants)
        columns = column_values(external, "--external")
        sheet = make_sheet(table, outcome, test, folds, seed, stratify or [], columns, name)
        write_table(sheet, output)
        print(sheet.groupby(["set", "fold"], dropna=False).size().to_string(), file=sys.stderr)


@app.command()
def simulate(
    plan: Annotated[Path, typer.Argument(help="A plan with a simulation section.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the data set.")],
) -> None:
    """Write the phantom cohort of a simulated plan, with its known truth.

    Example: radproof simulate config/studies/otscc-simulated.yaml -o phantom
    """
    from radproof.errors import Problem
    from radproof.simulation.dataset import write_cohort, write_patient
    from radproof.study import read_study

    with exit_codes():
        study = read_study(plan, None)
        if not study.simulated:
            raise BadInput(Problem("plan has no simulation section", file=str(plan)))
        arguments = study.plan["simulation"], study.patients()
        write_cohort(*arguments, study.plan["seed"], output)
        for number, patient in enumerate(study.patients(), 1):
            write_patient(*arguments, patient, study.plan["seed"], output)
            print(f"\r{number}/{len(study.patients())} patients", end="", file=sys.stderr)
        print(file=sys.stderr)


@app.command()
def landmarks(
    plan: Annotated[Path, typer.Argument(help="The study plan.")],
    sequence: Annotated[str, typer.Option(help="Name of the sequence in the plan.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The JSON file to write.")],
    dataset: Datasets = None,
) -> None:
    """Learn a standard scale of intensity from the training patients' scans of a sequence.

    Example: radproof landmarks config/studies/mine.yaml --sequence T1w -o config/landmarks/T1w.json
    """
    from radproof.datasets import machine_datasets
    from radproof.images.landmark_learning import training_landmarks
    from radproof.study import read_study
    from radproof.tables import write_json

    def progress(done: int, count: int) -> None:
        end = "\n" if done == count else ""
        print(f"\r{done}/{count} training patients", end=end, file=sys.stderr)

    with exit_codes():
        study = read_study(plan, machine_datasets(dataset))
        write_json(training_landmarks(study, sequence, progress), output)


@app.command()
def derivatives(
    plan: Annotated[Path, typer.Argument(help="The study plan, run to its end.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to make.")],
) -> None:
    """Copy a study's prepared images and masks into a BIDS derivative data set.

    Example: radproof derivatives config/studies/sts.yaml -o derivatives/radproof
    """
    from importlib.metadata import version

    from radproof.dossier.derivatives import write_derivatives
    from radproof.provenance import PROJECT
    from radproof.study import read_study

    with exit_codes():
        study = read_study(plan, None)
        results = PROJECT / "results" / study.name
        count = write_derivatives(study.plan, results, output, version("radproof"))
        print(f"{count} images and masks in {output}", file=sys.stderr)


@app.command()
def extract(
    image: Annotated[
        list[str], typer.Option(help="SEQUENCE=FILE; several on one grid, the first gives shape.")
    ],
    mask: Annotated[list[str], typer.Option(help="NAME=FILE; may be given several times.")],
    settings: Annotated[Path, typer.Option(help="PyRadiomics' parameter file, YAML or JSON.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The table to write, .tsv or .parquet.")
    ],
    as_json: Json = False,
) -> None:
    """Measure the radiomics of one patient: every image, every mask, one row a mask.

    Example: radproof extract --image T1w=t1.nii --mask gtv=m.nii --settings mri.yaml -o t.tsv
    """
    from radproof.errors import Problem
    from radproof.radiomics import one_patient

    with exit_codes():
        one_patient.check_output(output)
        images = named_files(image, "--image", "T1w=t1.nii.gz")
        masks = named_files(mask, "--mask", "tumour=mask.nii.gz")
        found = one_patient.measure_files(images, masks, settings)
        features = found.pop("features")
        one_patient.write_masks(features, output)
        for note in one_patient.notes(**found):
            print(f"radproof: {note}", file=sys.stderr)
        summary = {"table": str(output), "masks": one_patient.measured(features)}
        emit(summary | found, as_json, as_text(summary))
        if features.isna().all(axis=None):
            raise BadInput(Problem("no mask could be measured", found=", ".join(masks)))


@app.command()
def stability(
    table: Table,
    subject: Annotated[str, typer.Option(help="Column that names the subject.")],
    rater: Annotated[str, typer.Option(help="Column that names the rater, visit or scan.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The table to write.")],
    form: Annotated[
        Literal["ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k"],
        typer.Option(help="Form of the intraclass correlation, named as in psych."),
    ] = "ICC2",
    threshold: Annotated[float, typer.Option(help="Least ICC of a feature that is kept.")] = 0.75,
    bound: Annotated[
        Literal["estimate", "lower"],
        typer.Option(help="What must reach it: the estimate, or its lower 95 % bound."),
    ] = "estimate",
    only: Annotated[
        list[str] | None, typer.Option(help="COLUMN=VALUE: take these rows alone.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Judge which features of a table survive another rater or scan, as a study does.

    One row a subject and rating; every other column of numbers is a feature.

    Example: radproof stability features.csv --subject patient --rater visit -o stability.tsv
    """
    with exit_codes():
        from radproof.stats.feature_ratings import read_ratings, stability_of_ratings
        from radproof.tables import write_table

        ratings, ignored = read_ratings(table, subject, rater, column_values(only, "--only"))
        for name in ignored:
            print(f"radproof: note: column {name} holds text and is no feature", file=sys.stderr)
        settings = {"form": form, "threshold": threshold, "bound": bound}
        judged, counts = stability_of_ratings(ratings, settings)
        write_table(judged, output)
        emit(counts | {"ignored": ignored}, as_json)


@app.command()
def verify(
    results: Annotated[Path, typer.Argument(help="A study's results folder.")],
    as_json: Json = False,
) -> None:
    """Recompute every reported statistic from predictions, scores and features, and compare it.

    Every other table, figure, model and page is compared with the record of the job that wrote it.

    Example: radproof verify results/otscc-simulated
    """
    from dataclasses import asdict

    from radproof.dossier.verification import verify_results

    with exit_codes():
        found = verify_results(results)
        notes = [f"note: {note}" for note in found.notes]
        counts = (
            f"{found.checked} values recomputed, {found.n_files} files compared with their records,"
            f" {found.n_differences} differ"
        )
        emit(asdict(found), as_json, "\n".join([*found.differences, *notes, counts]))
        if found.n_differences:
            raise CheckFailed(f"{found.n_differences} reported values differ from those recomputed")


@app.command()
def claims(
    file: Annotated[Path, typer.Argument(metavar="CLAIMS", help="The published claims.")],
    results: Annotated[Path | None, typer.Argument(help="A study's results folder.")] = None,
    as_json: Json = False,
) -> None:
    """Give the verdict on each published claim; without results, the arithmetic on its numbers.

    Example: radproof claims config/claims/otscc.yaml results/otscc-simulated
    """
    from radproof.dossier.claims import judge
    from radproof.dossier.claims_text import as_text

    with exit_codes():
        table = judge(file, results)
        rows = table.astype(object).where(table.notna(), None).to_dict("records")
        emit({"claims": rows}, as_json, as_text(table))
