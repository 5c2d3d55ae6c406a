"""The guard against personal data: what an image, its sidecar, its name or a table may give away.

A finding tells where and what kind; the text found is never kept, so that no message, log or
report can repeat it. UIDs are left alone: whether they were replaced cannot be seen.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import nibabel as nib
import pandas as pd

from radproof.cohort.content import UNREADABLE
from radproof.cohort.metadata import decode, dicom_elements, leaves, pairs_of
from radproof.cohort.personal import (
    Kind,
    count_words,
    flat,
    is_blank,
    is_name,
    is_prose,
    is_technical,
    kind_of_key,
    mask,
    redact,
    spans,
)
from radproof.errors import BadInput, Problem

TEXT_FIELDS = ("descrip", "aux_file", "intent_name", "db_name", "data_type")
FREE_TEXT_WORDS = 4
DICOM = 2
EXTENSION_NAMES = {DICOM: "dicom", 4: "afni", 6: "comment", 8: "xcede", 14: "freesurfer", 44: "mrs"}

_PLACES = {
    "header": ("header field {}", "blank it"),
    "sidecar": ("sidecar field {}", "blank it"),
    "filename": ("file name", "rename the file"),
    "participants": ("column {} of participants", "take the column out"),
}


@dataclass(frozen=True)
class Finding:
    """Something that may be personal: where, what kind, and a masked excerpt of it."""

    field: str
    kind: Kind
    hint: str


def header_findings(path: Path) -> list[Finding]:
    """Search the text fields and extensions of a NIfTI header, without reading voxels.

    A file that cannot be read as NIfTI yields nothing: the check of headers refuses it.
    """
    try:
        header: Any = nib.load(path).header  # type: ignore[attr-defined]
    except UNREADABLE:
        return []
    findings, label = [], _label(path)
    for name in TEXT_FIELDS:
        if name in header:
            # what an earlier, longer text left behind the terminating zero counts as well
            for text in decode(bytes(header[name])).split("\0"):
                findings += _in_text(f"header.{name}", text) if text else []
    for extension in getattr(header, "extensions", ()):
        code = int(extension.get_code())
        place = f"header.extension.{EXTENSION_NAMES.get(code, code)}"
        findings += _in_extension(place, code, extension.content, label)
    return _once(findings)


def sidecar_findings(path: Path) -> list[Finding]:
    """Search the JSON sidecar beside an image (or a JSON file itself); nothing where there is none.

    A value that repeats the label after ``sub-`` in the file's name is the pseudonym already used.

    Raises
    ------
    BadInput
        If the sidecar is not JSON.
    """
    sidecar = path.with_name(re.sub(r"(\.nii)?\.\w+$", "", path.name) + ".json")
    if not sidecar.is_file():
        return []
    try:
        content = json.loads(sidecar.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        remedy = "mend the JSON, or take the file away"
        problem = Problem("sidecar cannot be read", file=redact(str(sidecar)), remedy=remedy)
        raise BadInput(problem) from None
    return _once(_in_pairs("sidecar", leaves(content), _label(path)))


def name_findings(relative_path: str) -> list[Finding]:
    """Search a file's name, with the folders below the data set, for dates, numbers and names."""
    return _once(_in_value("filename", flat(relative_path)))


def participants_findings(table: pd.DataFrame) -> list[Finding]:
    """Search names and values of the columns of a table of participants; one finding a column."""
    return [finding for name in table for finding in _in_column(str(name), table[name].dropna())]


def problems(
    findings: Iterable[Finding], allowed: set[str], patient: str, file: str
) -> list[Problem]:
    """Return a problem for each finding that the plan does not let through.

    What looks personal in ``patient`` or ``file`` is masked unless ``filename`` is let through.
    """
    if "filename" not in allowed:
        patient, file = redact(patient), redact(file)
    return [_problem(item, patient, file) for item in findings if item.field not in allowed]


def _problem(finding: Finding, patient: str, file: str) -> Problem:
    place, _, name = finding.field.partition(".")
    where, cure = _PLACES[place]
    return Problem(
        f"{where.format(name)} may hold {finding.kind}",
        patient=patient,
        file=file,
        found=finding.hint,
        remedy=f"{cure}, or let it through with cohort.phi.allow: [{finding.field}] in the plan",
    )


def _label(path: Path) -> str:
    """Return the label of the patient in a file's name, empty where there is none."""
    label = re.search(r"sub-([A-Za-z0-9]+)", path.name)
    return label[1] if label else ""


def _in_text(field: str, text: str) -> list[Finding]:
    """Search a header's text: its values, what it says under a key, and the text as a whole."""
    text = text.strip()
    findings = _in_value(field, text)
    for key, value in re.findall(r"([A-Za-z][A-Za-z_ ]{1,40})[:=]\s*([^;\n]+)", text):
        findings += [
            Finding(field, found.kind, found.hint) for found in _in_pair(field, key, value)
        ]
        if key.strip().lower() == "name" and is_name(value):
            findings.append(Finding(field, Kind.NAME, mask(value)))
    if not findings and not is_blank(text) and (is_name(text) or is_prose(text)):
        findings.append(Finding(field, Kind.NAME if is_name(text) else Kind.FREE_TEXT, mask(text)))
    return findings


def _in_value(field: str, text: str) -> list[Finding]:
    return [Finding(field, kind, mask(text[start:end])) for kind, start, end in spans(text)]


def _in_pair(place: str, key: str, value: Any) -> list[Finding]:
    """Search a value under a key; a number is judged by its key alone."""
    text = str(value).strip()
    if value is None or is_blank(text):
        return []
    kind, field = kind_of_key(key), f"{place}.{redact(key)}"
    if kind and (kind is not Kind.FREE_TEXT or count_words(text) > 1):
        return [Finding(field, kind, mask(text))]
    return [] if is_technical(key) or not isinstance(value, str) else _in_value(field, text)


def _in_pairs(place: str, pairs: Iterable[tuple[str, Any]], label: str) -> list[Finding]:
    """Search values under keys, save those that repeat the label the patient already has."""
    return [
        finding
        for key, value in pairs
        if not label or re.sub(r"[\W_]+", "", str(value)) != label
        for finding in _in_pair(place, key, value)
    ]


def _in_extension(place: str, code: int, content: bytes, label: str) -> list[Finding]:
    if code == DICOM:
        return _in_dicom(place, content, label)
    text = decode(content).strip("\0\ufeff \t\r\n")
    pairs = pairs_of(text)
    if pairs:
        return _in_pairs(place, pairs, label)
    return _in_text(place, text) if text.isprintable() else _in_printable(place, content)


def _in_dicom(place: str, content: bytes, label: str) -> list[Finding]:
    """Search elements that name a person by their keyword, then whatever else can be read."""
    pairs, rest = [], bytearray(content)
    for keyword, start, end in dicom_elements(content):
        pairs.append((keyword, decode(content[start:end]).strip("\0 ")))
        rest[start:end] = bytes(end - start)
    return _in_pairs(place, pairs, label) + _in_printable(place, bytes(rest))


def _in_printable(place: str, content: bytes) -> list[Finding]:
    runs = re.findall(r"[^\0-\x1f\x7f-\x9f�]{6,}", decode(content))
    return [finding for run in runs for finding in _in_text(place, run)]


def _in_column(name: str, values: pd.Series) -> list[Finding]:
    texts = [text for text in map(_as_text, values) if not is_blank(text)]
    if not texts:
        return []
    kind = Kind.NAME if name.lower() == "name" else kind_of_key(name)
    if kind and (kind is not Kind.FREE_TEXT or any(count_words(text) > 1 for text in texts)):
        return [_column_finding(name, kind, texts[0])]
    found = [(span, text) for text in texts for span in spans(text)]
    # a measure may have eight digits here and there; a number of a record always has
    if found and not (pd.api.types.is_numeric_dtype(values) and len(found) < len(texts)):
        (kind, start, end), text = found[0]
        return [] if is_technical(name) else [_column_finding(name, kind, text[start:end])]
    prose = median(map(count_words, texts)) > FREE_TEXT_WORDS
    # one sentence for most patients, such as a source, tells nothing of any of them
    if prose and 2 * len(set(texts)) > len(texts):
        return [_column_finding(name, Kind.FREE_TEXT, texts[0])]
    return []


def _column_finding(name: str, kind: Kind, text: str) -> Finding:
    return Finding(f"participants.{redact(name)}", kind, mask(text))


def _as_text(value: Any) -> str:
    """Return a value as text; a whole number without the fraction that missing values give it."""
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value).strip()


def _once(findings: list[Finding]) -> list[Finding]:
    """Keep the first finding of each kind in each field."""
    return list({(item.field, item.kind): item for item in reversed(findings)}.values())[::-1]
