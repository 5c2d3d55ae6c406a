"""The flow of patients: everyone in the sheet is counted, and so is everyone who left."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from radproof.cohort.participants import unlisted

PARTICIPANTS = "in the data sets"
ENTERED, EXCLUDED, ANALYSED = "in the sheet", "excluded: ", "analysed"
EMPTY_MASK = "empty mask: "
NOT_MEASURED, IN_PART = "not measured: ", "measured in part: "
FLOW_COLUMNS = ["set", "step", "n", "n_events", "note"]
COUNTS = {"n": "Int64", "n_events": "Int64"}


def flow_of(patients: pd.DataFrame, excluded: pd.DataFrame) -> pd.DataFrame:
    """Return ``set step n n_events note``: in the sheet, each reason to leave, analysed.

    Parameters
    ----------
    patients
        Those who are analysed: ``set outcome``.
    excluded
        One row a problem of patients who left: ``patient set what``. A patient counts once, under
        the first of the problems found; the events of those who left are not known for certain and
        stay missing.
    """
    rows: list[list[object]] = []
    first = excluded.drop_duplicates("patient")
    names = dict.fromkeys([*patients["set"], *first["set"]])
    for name in names:
        group = patients[patients["set"] == name]
        gone = first[first["set"] == name]
        n, events = len(group), int(group["outcome"].sum())
        rows.append([name, ENTERED, n + len(gone), None if len(gone) else events, None])
        for reason, who in gone.groupby("what", sort=True):
            left = ", ".join(sorted(who["patient"]))
            rows.append([name, f"{EXCLUDED}{reason}", len(who), None, left])
        filled = group.get("missing_sequences", pd.Series(None, group.index)).notna()
        note = f"{int(filled.sum())} with a missing sequence, zeros there" if filled.any() else None
        rows.append([name, ANALYSED, n, events, note])
    table = pd.DataFrame(rows, columns=FLOW_COLUMNS)
    return table.astype(COUNTS)


def with_unlisted(
    flow: pd.DataFrame, participants: Mapping[str, pd.DataFrame], sheet: pd.DataFrame
) -> pd.DataFrame:
    """Put before a flow how many people its data sets and its sheet have, and how many it left out.

    They stand under the set ``all``; without anyone in no row of the sheet the flow comes back as
    it is.

    Parameters
    ----------
    participants
        Data set → its participants.
    sheet
        The sheet as written: ``patient dataset``.
    """
    left = sum(len(names) for names in unlisted(participants, sheet).values())
    if not left:
        return flow
    rows = [
        ["all", PARTICIPANTS, len(sheet) + left, None, None],
        ["all", f"{EXCLUDED}in no row of the sheet", left, None, None],
    ]
    return pd.concat([pd.DataFrame(rows, columns=FLOW_COLUMNS), flow], ignore_index=True)


def with_empty_masks(flow: pd.DataFrame, masks: Iterable[tuple[str, pd.DataFrame]]) -> pd.DataFrame:
    """Add to a flow how many analysed patients of a set have an empty automated mask, zero as well.

    Parameters
    ----------
    masks
        Segmenter, and a table of some of its masks: ``set empty``, a row a patient.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for segmenter, table in masks:
        for name, empty in table.groupby("set")["empty"]:
            counts[str(name), segmenter] += int(empty.sum())
    rows = ((name, f"{EMPTY_MASK}{drawn}", n) for (name, drawn), n in counts.items())
    return _with_counts(flow, rows)


def with_unmeasured(
    flow: pd.DataFrame, unmeasured: Sequence[pd.DataFrame], masks: Iterable[str]
) -> pd.DataFrame:
    """Add to a flow of how many analysed patients of a set a mask could not be measured whole.

    A mask is not measured where all features are missing, of every extractor and region; in part
    where some are. Zero is counted as well.

    Parameters
    ----------
    unmeasured
        For each extractor and region: ``set patient mask n_features n_missing``, one row a mask of
        which a feature is missing.
    masks
        Raters and segmenters.
    """
    found = pd.concat(
        [table.assign(void=table["n_missing"] == table["n_features"]) for table in unmeasured]
    )
    voids = found.groupby(["set", "mask", "patient"])["void"].sum().reset_index()
    whole = voids["void"] == len(unmeasured)
    counts = Counter(zip(voids["set"], voids["mask"], whole, strict=True))
    rows = [
        (name, f"{step}{mask}", counts[name, mask, lost])
        for name in flow.loc[flow["step"] == ANALYSED, "set"]
        for mask in masks
        for step, lost in ((NOT_MEASURED, True), (IN_PART, False))
    ]
    return _with_counts(flow, rows)


def _with_counts(flow: pd.DataFrame, counts: Iterable[tuple[str, str, int]]) -> pd.DataFrame:
    """Add numbers of patients by set and step."""
    rows = [[*count, None, None] for count in counts]
    whole = flow.astype(COUNTS)
    added = pd.DataFrame(rows, columns=FLOW_COLUMNS).astype(whole.dtypes)
    return pd.concat([whole, added], ignore_index=True)
