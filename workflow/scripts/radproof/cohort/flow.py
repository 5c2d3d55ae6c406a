"""The flow of patients: everyone in the sheet is counted, and so is everyone who left."""

from collections.abc import Iterable

import pandas as pd

PARTICIPANTS = "participants of the data sets"
ENTERED, EXCLUDED, ANALYSED = "in the sheet", "excluded: ", "analysed"
FLOW_COLUMNS = ["set", "step", "n", "n_events", "note"]


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
    return table.astype({"n": "Int64", "n_events": "Int64"})


def with_unlisted(flow: pd.DataFrame, participants: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Put before a flow how many participants its data sets have, and how many it leaves unnamed.

    They stand under the set ``all``; without anyone unnamed the flow comes back as it is.
    """
    total = sum(map(len, participants))
    listed = int(flow.loc[flow["step"] == ENTERED, "n"].sum())
    if total == listed:
        return flow
    rows = [
        ["all", PARTICIPANTS, total, None, None],
        ["all", f"{EXCLUDED}in no row of the sheet", total - listed, None, None],
    ]
    return pd.concat([pd.DataFrame(rows, columns=FLOW_COLUMNS), flow], ignore_index=True)
