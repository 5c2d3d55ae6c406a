"""Commands on raters: agreement of their values and of their masks."""

from pathlib import Path
from typing import Annotated

import typer

from radproof.cli_output import emit, exit_codes
from radproof.errors import BadInput, Problem
from radproof.stats.options import Drop, Json, Table


def icc(
    table: Table,
    subject: Annotated[str, typer.Option(help="Column that names the subject.")],
    rater: Annotated[str, typer.Option(help="Column that names the rater.")],
    value: Annotated[
        list[str] | None, typer.Option(help="Column of a value; all others if left out.")
    ] = None,
    drop_missing: Drop = False,
    as_json: Json = False,
) -> None:
    """Intraclass correlations (Shrout & Fleiss), all six forms, with F test and 95 % interval.

    One row a subject and rater. With --drop-missing each value is judged on the subjects whom
    every rater gave it.

    Example: radproof stats icc features.csv --subject patient --rater rater --value volume
    """
    with exit_codes():
        from radproof.stats.ratings import agreement_of_raters
        from radproof.stats.tables import header_of, read_given_table

        values = value or [name for name in header_of(table) if name not in (subject, rater)]
        given = read_given_table(table, values, [], [subject, rater], drop_missing)
        ratings = agreement_of_raters(given.rows, subject, rater, values, drop_missing)
        emit(given.counts | {"values": ratings}, as_json)


def agreement(
    first: Annotated[Path, typer.Argument(metavar="MASK", help="The reference mask, a.")],
    second: Annotated[Path, typer.Argument(metavar="MASK", help="The other mask, b.")],
    as_json: Json = False,
) -> None:
    """Overlap, surface distances (mm) and volumes (ml) of two masks on one grid.

    Any voxel other than 0 is inside. Of two empty masks Dice and IoU are 1, of one empty mask 0;
    distances then are NaN, since there is no surface.

    Example: radproof stats agreement rater1.nii.gz rater2.nii.gz
    """
    with exit_codes():
        import SimpleITK as sitk

        from radproof.segmentation.scores import score_pair
        from radproof.volumes import grid_differences, read_volume

        masks = read_volume(first), read_volume(second)
        differences = grid_differences(*masks)
        if differences:
            what, found = f"mask lies on another grid than {first}", "; ".join(differences)
            raise BadInput(Problem(what, file=str(second), found=found))
        a, b = (sitk.GetArrayFromImage(mask) for mask in masks)
        scores = score_pair(a, b, masks[0].GetSpacing()[::-1])
        names = ("dice", "iou", "sensitivity", "specificity")
        result = {name: scores[name] for name in names}
        result |= {name: scores[f"{name}_mm"] for name in ("hd", "hd95", "assd")}
        result["volume_a_ml"] = scores["volume_reference_ml"]
        result["volume_b_ml"] = scores["volume_candidate_ml"]
        empty = {"none": "none", "reference": "a", "candidate": "b", "both": "both"}
        emit(result | {"empty": empty[str(scores["empty"])]}, as_json)
