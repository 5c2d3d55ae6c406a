"""Pseudonyms: what is given away names patients by their place in the sheet alone."""

import csv
import io
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from radproof.provenance import canonical, seal_of

IDENTIFIERS = ("patient", "participant_id", "person")
# Where a path may name a patient: elsewhere a number is a fold or a batch.
_PATIENT_PLACES = re.compile(
    r"images/[^/]+/|dataset/|dataset:|segmentation/[^/]+/(?:masks|probabilities)/"
)
# A patient's label, with the entity before it where there is one.
_WORD = re.compile(r"(?:sub-)?[A-Za-z0-9]+")
_AROUND = re.compile(r"((?:sub-)?[A-Za-z0-9]*)\{patient\}([A-Za-z0-9]*)")
_NUMBER = re.compile(r"-?[0-9.]+(?:e[+-]?[0-9]+)?")
_EMBEDDED = re.compile(r"(base64,[A-Za-z0-9+/=\s]*)")
_TABLE = re.compile(r"(<table>.*?</table>)", re.DOTALL)
_ROW = re.compile(r"(<tr>(?:<td>[^<]*</td>)+</tr>)")
_SHORTEST_WORD = 3


def pseudonyms(patients: Iterable[str], plan: Mapping[str, Any]) -> dict[str, str]:
    """Return patient → ``P001`` and so on, in the order given (that of the sheet).

    Where a file pattern of the plan writes a patient into a longer word (``case{patient}``, or
    ``sub-{patient}``), those words are keys as well.
    """
    listed = list(patients)
    width = max(3, len(str(len(listed))))
    own = {patient: f"P{place:0{width}d}" for place, patient in enumerate(listed, 1)}
    around = set(_AROUND.findall(canonical(plan))) | {("sub-", "")}
    longer = {
        f"{before}{patient}{after}": f"{before}{name}{after}"
        for before, after in around - {("", "")}
        for patient, name in own.items()
    }
    return longer | own


def path_renamed(path: str, key: Mapping[str, str]) -> str:
    """Return a recorded path with the patient it names, if any, under the pseudonym."""
    if not _PATIENT_PLACES.match(path):
        return path
    return _WORD.sub(lambda word: key.get(word[0], word[0]), path)


def text_renamed(text: str, key: Mapping[str, str]) -> str:
    """Return text with patients' labels, as whole words, under their pseudonyms.

    Embedded pictures are left as they are. A label that is a number, or shorter than three
    letters, is no word that could be told from others: it is renamed after ``sub-``, in columns and
    paths, and in the rows of tables that are of the patient.
    """
    return _words_renamed(text, _words(key))


def _words(key: Mapping[str, str]) -> dict[str, str]:
    return {
        label: name
        for label, name in key.items()
        if not label.isdigit() and len(label) >= _SHORTEST_WORD
    }


def _words_renamed(text: str, words: Mapping[str, str]) -> str:
    parts = _EMBEDDED.split(text)
    parts[::2] = [_WORD.sub(lambda word: words.get(word[0], word[0]), part) for part in parts[::2]]
    return "".join(parts)


def table_renamed(text: str, key: Mapping[str, str]) -> str:
    """Return a tab-separated table with patients under their pseudonyms.

    Columns that identify a patient (``patient participant_id person``) are renamed whatever the
    label looks like, words of other cells as in :func:`text_renamed`; nothing else changes. Each
    cell is renamed once: a label may look like the pseudonym of somebody else.
    """
    words = _words(key)
    columns, *rows = csv.reader(io.StringIO(text, newline=""), delimiter="\t")
    if not set(columns) & set(IDENTIFIERS):
        return _words_renamed(text, words)
    renamed = [_cells_renamed(columns, row, key, words) for row in rows]
    written = io.StringIO(newline="")
    csv.writer(written, delimiter="\t", lineterminator="\n").writerows([columns, *renamed])
    return written.getvalue()


def _cells_renamed(
    columns: Sequence[str], cells: Sequence[str], key: Mapping[str, str], words: Mapping[str, str]
) -> list[str]:
    named = dict(zip(columns, cells, strict=True))
    # Whoever a row is of is named in it by whatever label, however short.
    own = {cell: key[cell] for name, cell in named.items() if _is_of(name, cell, key)}
    return [
        _identifier_renamed(column, cell, key)
        if column in IDENTIFIERS
        else path_renamed(cell, key)
        if _PATIENT_PLACES.match(cell)
        else _words_renamed(cell, words if _NUMBER.fullmatch(cell) else {**words, **own})
        for column, cell in zip(columns, cells, strict=True)
    ]


def _is_of(column: str, cell: str, key: Mapping[str, str]) -> bool:
    return column in IDENTIFIERS and cell in key


def _identifier_renamed(column: str, cell: str, key: Mapping[str, str]) -> str:
    # Persons have names of their own, of which the sheet knows nothing.
    return key.get(cell, cell if column != "person" or not cell else "withheld")


def page_renamed(page: str, key: Mapping[str, str]) -> str:
    """Return an HTML page with patients under their pseudonyms, in tables and in text."""
    words = _words(key)
    parts = _TABLE.split(page)
    parts[::2] = [_words_renamed(part, words) for part in parts[::2]]
    parts[1::2] = [_page_table_renamed(part, key, words) for part in parts[1::2]]
    return "".join(parts)


def _page_table_renamed(table: str, key: Mapping[str, str], words: Mapping[str, str]) -> str:
    columns = re.findall(r"<th[^>]*>([^<]*)</th>", table)
    parts = _ROW.split(table)
    parts[::2] = [_words_renamed(part, words) for part in parts[::2]]
    for place in range(1, len(parts), 2):
        cells = re.findall(r"<td>([^<]*)</td>", parts[place])
        cells = _cells_renamed(columns, cells, key, words)
        parts[place] = f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
    return "".join(parts)


def record_renamed(
    record: Mapping[str, Any],
    key: Mapping[str, str],
    given: Mapping[str, str],
    held: Container[str],
) -> dict[str, Any]:
    """Return a job's record with patients under their pseudonyms, sealed anew.

    Parameters
    ----------
    given
        SHA-256 of the files that were renamed too, by recorded path: what the record says of them
        is of what is given away.
    held
        Recorded paths of all that is given away; other files are marked as left out.
    """

    def entry(file: Mapping[str, Any]) -> dict[str, Any]:
        named = {**file, "path": path_renamed(file["path"], key)}
        named["sha256"] = given.get(file["path"], file["sha256"])
        return named if file["path"] in held else named | {"left_out": True}

    renamed = {**record, "settings": _settings_renamed(record["settings"], key)}
    renamed |= {name: [entry(file) for file in record[name]] for name in ("inputs", "outputs")}
    return renamed | {"sha256": seal_of(renamed)}


def _settings_renamed(value: Any, key: Mapping[str, str]) -> Any:
    """Return settings renamed: rows of the sheet, lists of patients alone, and words of text."""
    if isinstance(value, dict):
        names = _words(key)
        return {
            names.get(name, name): _identifier_renamed(name, inner, key)
            if name in IDENTIFIERS and isinstance(inner, str)
            else _settings_renamed(inner, key)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        if all(isinstance(inner, str) and inner in key for inner in value):
            return [key[inner] for inner in value]
        return [_settings_renamed(inner, key) for inner in value]
    return text_renamed(value, key) if isinstance(value, str) else value
