"""Files that people read, compared with the SHA-256 that the jobs which wrote them recorded."""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from radproof.dossier.lineage import Record
from radproof.provenance import sha256_of

# Scans, masks and networks are left to `radproof trace`: a copy for reviewers may lack them.
READ = {".tsv", ".json", ".html", ".svg", ".png", ".parquet"}


def changed_files(results: Path, records: Iterable[Record]) -> tuple[int, dict[str, str]]:
    """Compare tables, figures, models and pages with the records of a results folder.

    Returns
    -------
    tuple
        How many files were compared, and a line for each that is not as recorded, by its place.
        Files that are gone are passed over: what a statistic needs is read elsewhere.
    """
    # The job that ended last made what is there.
    in_time = sorted(records, key=lambda record: record.get("ended", ""))
    recorded = {
        entry["path"]: (entry["sha256"], f"{record['rule']} {record['label']}")
        for record in in_time
        for entry in record.get("outputs", [])
        if PurePosixPath(entry["path"]).suffix in READ
    }
    there = {path: what for path, what in recorded.items() if (results / path).is_file()}
    lines = {
        path: f"{path}: file is not what {job} recorded"
        for path, (sha256, job) in there.items()
        if sha256_of(results / path) != sha256
    }
    return len(there), lines
