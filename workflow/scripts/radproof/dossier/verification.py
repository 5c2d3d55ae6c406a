"""Verification: every reported statistic computed again from what it was made of."""

from dataclasses import dataclass
from pathlib import Path

from radproof.dossier.cohort_check import recompute_cohort, recompute_null, recompute_odds_ratios
from radproof.dossier.differences import capped, differences
from radproof.dossier.evaluation_check import recompute_evaluation
from radproof.dossier.extraction_check import recompute_grey_levels, recompute_outcomes
from radproof.dossier.lineage import Record, read_records
from radproof.dossier.recomputed import Recomputed, of_this_version
from radproof.dossier.recorded_files import compare_with_records
from radproof.dossier.stability_check import recompute_stability
from radproof.seeds import derive_seed
from radproof.segmentation.score_statistics import score_statistics
from radproof.segmentation.thresholds import choose
from radproof.tables import read_table

LINES_PER_TABLE = 10


@dataclass(frozen=True)
class Verification:
    """What verification found.

    ``checked`` values were recomputed, ``n_files`` files compared with their job's record, and
    ``n_differences`` things differ, of which ``differences`` has a line each, at most
    ``LINES_PER_TABLE`` a table. ``notes`` say what was not recomputed.
    """

    checked: int
    n_files: int
    n_differences: int
    differences: list[str]
    notes: list[str]


def verify_results(results: Path) -> Verification:
    """Recompute what a study reports, and compare; compare all else that people read by SHA-256.

    Works on the results folder alone: patients, predictions, scores of masks, correlations of
    features (and the features, where they are there), outcomes and grey levels of batches, the
    tables made of them and records.

    Raises
    ------
    BadInput
        If predictions, scores or a table of statistics are missing or cannot be read, or no record
        says what was compared, or one was written by a version that recorded other things.
    """
    records = read_records(results)
    with of_this_version(results / "records"):
        found = [recompute_evaluation(results, records)]
    found += [recompute(results, record) for record in records if record["rule"] in RECOMPUTE]
    checked = 0
    lines: dict[str, list[str]] = {}
    for part in found:
        for name, table in part.tables.items():
            reported = read_table(results / name)
            checked += len(reported) * (reported.shape[1] - part.n_given.get(name, 0))
            lines[name] = differences(name, reported, table)
        for name, line in part.differences.items():
            lines[name] = [line, *lines.get(name, [])]
    n_files, changed = compare_with_records(results, records)
    for name, line in changed.items():
        # A digit that was found to differ says more than that the file does.
        lines[name] = lines.get(name) or [line]
    kept = [line for name in sorted(lines) for line in capped(name, lines[name], LINES_PER_TABLE)]
    notes = [note for part in found for note in part.notes]
    return Verification(checked, n_files, sum(map(len, lines.values())), kept, notes)


def recompute(results: Path, record: Record) -> Recomputed:
    """Return the tables of one job, computed again; ``RECOMPUTE`` names the rules.

    Raises
    ------
    BadInput
        If the record or a table that it names is not as a job wrote it; names the record.
    """
    with of_this_version(results / "records" / record["rule"] / f"{record['label']}.json"):
        return RECOMPUTE[record["rule"]](results, record)


def _segmentation(results: Path, record: Record) -> Recomputed:
    """Return the statistics of one segmenter's masks from its scores."""
    settings = record["settings"]
    segmenter = settings["segmenter"]
    folder = f"segmentation/{segmenter}"
    scores = read_table(results / folder / "scores.tsv")
    # The seed of the job whose record this is: of the rule and the label.
    seed = derive_seed(settings["seed"], record["rule"], record["label"])
    tables = score_statistics(scores, segmenter, settings["scores"], seed)
    return Recomputed({f"{folder}/{name}.tsv": table for name, table in tables.items()})


def _threshold(results: Path, record: Record) -> Recomputed:
    """Return the thresholds of one segmenter from the Dice of each candidate."""
    folder = f"segmentation/{record['label']}"
    sweep = read_table(results / folder / "threshold-sweep.tsv")
    chosen = choose(sweep, record["settings"]["threshold"])
    return Recomputed({f"{folder}/threshold.tsv": chosen})


RECOMPUTE = {
    "describe_cohort": recompute_cohort,
    "score_segmentation": _segmentation,
    "choose_threshold": _threshold,
    "assess_stability": recompute_stability,
    "summarise_outcomes": recompute_outcomes,
    "check_grey_levels": recompute_grey_levels,
    "estimate_odds_ratios": recompute_odds_ratios,
    "summarise_null": recompute_null,
}
