"""Personal data in text: what looks like a name, a date, a number of a record, a contact.

Rules err on the side of refusing: what they find wrongly, a plan lets through by name. Names are
known by their key, by DICOM's caret, by a title, or as the whole of a header's text.
"""

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple


class Kind(StrEnum):
    """What a text may hold, worded for a message."""

    NAME = "a person's name"
    DATE = "a date of birth or other full date"
    RECORD = "a record number"
    ACCESSION = "an accession number"
    FREE_TEXT = "free text"
    CONTACT = "contact details"


class Span(NamedTuple):
    """A stretch of a text that may be personal."""

    kind: Kind
    start: int
    end: int


PROSE_CHARACTERS, PROSE_WORDS = 24, 4

_LETTER = r"[^\W\d_]"
_PART = rf"(?:{_LETTER}|['’-])"
_FAMILY = rf"(?<!{_LETTER})(?={_LETTER})(?:{_PART}| ){{0,59}}{_LETTER}{{2}}"
_YEAR = r"(?:19|20)\d\d"
_MONTH_DAY = r"(?:0[1-9]|1[0-2])[-/._]?(?:0[1-9]|[12]\d|3[01])"
_TIME = r"(?:[T ]?\d{6})?"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"

# In order, each stretch of text counted once; None marks what looks personal but is not. A number
# after a dot belongs to a version, a UID or a fraction. BIDS shifts dates to 1925 or earlier so
# that they show they are not real; AFNI signs its history with an account and the time of a run,
# FreeSurfer with the day it was built.
_PATTERNS: tuple[tuple[Kind | None, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (None, r"https?://\S+|doi:\s*\S+|(?<!\d)10\.\d{4,}/\S+|\[\w+@[\w.-]+: [^\]]{,40}\]"),
        (None, r"\b(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})\b|@[0-9a-f]{7,40}\b"),
        (None, r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"),
        (None, rf"freesurfer {_MONTH} +\d{{1,2}} {_YEAR}"),
        (None, r"(?<![\d.])\d{1,4}(?:\.\d{1,9}){1,4}:[0-9a-f]{8}\b"),
        (None, rf"(?<![\d.])(?:1[0-8]\d\d|19[01]\d|192[0-5])[-/._]?{_MONTH_DAY}{_TIME}(?!\d)"),
        (Kind.CONTACT, r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+"),
        (Kind.NAME, rf"{_FAMILY}(?:\^+{_LETTER}{_PART}*)+"),
        (Kind.NAME, r"(?-i:\b(?:Mrs?|Ms|Dr|Prof)\.? [A-Z][^\W\d_]+(?: [A-Z][^\W\d_]+)*)"),
        (Kind.RECORD, r"(?<![a-z])(?:mrn|ssn)[\W_]{0,3}[a-z]{0,4}\d{3,}"),
        (Kind.ACCESSION, r"(?<![a-z])accession[\W_]{0,3}[a-z]{0,6}[\W_]{0,3}[a-z]{0,4}\d{3,}"),
        (Kind.DATE, r"(?<![a-z])(?:dob|born)[\W_]{0,3}(?:on |in )?[\d./-]*\d{2,}"),
        (Kind.DATE, rf"(?<![\d.]){_YEAR}[-/._]?{_MONTH_DAY}{_TIME}(?!\d)"),
        (Kind.DATE, rf"(?<![\d.])[0-3]?\d([._/-])(?:[0-3]?[1-9]|[1-3]0)\1{_YEAR}(?!\.?\d)"),
        (Kind.DATE, rf"(?<!\d)\d{{1,2}}[ ._-]+{_MONTH}[ .,_-]+{_YEAR}(?!\d)"),
        (Kind.DATE, rf"(?<![a-z]){_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? {_YEAR}(?!\d)"),
        (Kind.CONTACT, r"\+[1-9]\d{0,2}(?:[ ()-]*\d){7,12}(?![.\d])"),
        (Kind.CONTACT, r"\(\d{3}\) ?\d{3}-\d{4}|(?<![\d-])\d{3}-\d{3}-\d{4}(?![\d-])"),
        (Kind.RECORD, r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])|(?<![\d.])\d{8,}(?!\.?\d)"),
    )
)

# Keys are matched in lower case with a space between words: PatientBirthDate, birth_date alike.
_WHOSE = r"(?:patients?|subjects?|participants?|persons?|mothers?|physicians?|operators?|readers?)"
_NUMBER = r"(?:ids?|identifiers?|no|nr|num|numbers?)"
_KEYS: tuple[tuple[Kind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (Kind.NAME, rf"\b(?:{_WHOSE}|given|family|first|middle|last|maiden|full) ?names?\b"),
        (Kind.NAME, r"\b(?:sur|fore|birth) ?names?\b|\binitials\b|\bphysicians?\b"),
        (Kind.DATE, r"(?:^|of ?)birth$|birth ?(?:date|day|month|year|time|dt)|\bdo ?b\b"),
        (Kind.ACCESSION, r"\baccession"),
        (Kind.RECORD, rf"\b(?:patients?|chart|national|insurance|nhs|tax) ?{_NUMBER}\b"),
        (Kind.RECORD, r"\b(?:hospital|record) ?(?:no|nr|num|numbers?)\b|\bpassport"),
        (Kind.RECORD, r"\bmrn\b|\bssn\b|\bmedical ?record|\bsocial ?security"),
        (Kind.CONTACT, r"\baddress|\b(?:(?:tele)?phones?|tel)\b|\be ?mails?\b|\bfax\b"),
        (Kind.CONTACT, r"\bzip(?: ?codes?)?\b|\bpost(?:al)? ?codes?\b|\bstreet\b"),
        (Kind.FREE_TEXT, r"\bcomments?\b|\bremarks?\b|(?<!history )\bnotes?\b|\bfree ?text\b"),
        (Kind.FREE_TEXT, r"\b(?:patient|medical|clinical) ?history\b|\bnarrative\b"),
    )
)
_TECHNICAL_KEY = re.compile(
    r"\b(?:serial|uids?|versions?|software|consistency info|hash|checksum|sha\d*|md5)\b"
)
_BLANK = re.compile(
    r"[\W_0x]*|1[89]00-?01-?01|(?:anon|anonym(?:ous|i[sz]ed)?|removed|redacted|de-?identified|"
    r"n/?a|nan|none|null|unknown|hidden|not available)[\W_]*+(?:patient|name)?[\W_]*",
    re.IGNORECASE,
)
_TOOLS = re.compile(
    r"fsl|spm|afni|itk|dcm2nii|mricro|freesurfer|mrtrix|\bants|nibabel|nipype|nifti|slicer|"
    r"elastix|c3d|camino|niftyreg|minc|pmod|matlab|brainvoyager|vtk|mirtk|plastimatch|"
    r"totalsegmentator|\b(?:te|tr|time|phase)=",
    re.IGNORECASE,
)
_IMAGING = re.compile(
    r"\b(?:(?:imag|brain|chest|liver|prostate|abdom|thora|tumou?r|mask|label|segment|atlas|template|"
    r"volum|statistic|correlation|contrast|signal|estimate|diffusi|perfusion|anisotrop|fraction|"
    r"coeffic|tensor|axial|sagittal|coronal|weighted|flair|gradient|inversion|recovery|tissue|matter|"
    r"sarcoma|lesion|contour|scan|series|sequence|analyze|normali[sz]|smooth|register|resampl|warp|"
    r"correct|unprocessed|original|derived|siemens|philips|toshiba|medical|system|anonym)|"
    r"(?:head|neck|maps?|mean|echo|field|spin|flow|space|data|file|none|not|test|"
    r"ct|mri?|pet|pt|us|rt|ax|sag|cor)\b)",
    re.IGNORECASE,
)
_PARTICLES = {"van", "von", "der", "den", "de", "da", "di", "del", "la", "le", "el", "al", "bin"}


def spans(text: str) -> list[Span]:
    """Return every stretch of a text that looks personal by itself."""
    found = []
    for kind, pattern in _PATTERNS:
        if kind:
            found += [Span(kind, *match.span()) for match in pattern.finditer(text)]
        text = pattern.sub(lambda match: "\0" * len(match[0]), text)
    return found


@lru_cache(maxsize=1024)
def kind_of_key(key: str) -> Kind | None:
    """Return what a value under such a key is by its meaning, None where it is not personal."""
    words = _words_of_key(key)
    return next((kind for kind, pattern in _KEYS if pattern.search(words)), None)


def is_technical(key: str) -> bool:
    """Say whether long numbers and dates under a key are those of a device or a program."""
    return bool(_TECHNICAL_KEY.search(_words_of_key(key)))


def is_blank(text: str) -> bool:
    """Say whether a value is empty or says that it was taken away."""
    return bool(_BLANK.fullmatch(text.strip()))


def count_words(text: str) -> int:
    """Count the words of two letters or more."""
    return len(re.findall(r"[^\W\d_]{2,}", text))


def is_prose(text: str) -> bool:
    """Say whether a header's text is prose that no known program wrote."""
    long = len(text) > PROSE_CHARACTERS and count_words(text) >= PROSE_WORDS
    return long and not _TOOLS.search(text)


def is_name(text: str) -> bool:
    """Say whether a header's text is two to four capitalised words, none of them of imaging."""
    words = [word for word in re.split(r"[\s,]+", text) if word.lower() not in _PARTICLES]
    if not 2 <= len(words) <= 4 or count_words(text) < 2:
        return False
    capitalised = all(
        re.fullmatch(rf"(?:{_LETTER}|['’.-])+", word) and word[0].isupper() for word in words
    )
    return capitalised and not (_TOOLS.search(text) or _IMAGING.search(text))


def mask(text: str) -> str:
    """Return the first character of a text, where it can be shown, and its length."""
    count = len(text)
    first = text[0] if count > 1 and text[0].isprintable() else ""
    return f"{first}… ({count} character{'s' if count != 1 else ''})"


def redact(text: str) -> str:
    """Return a text, such as a file's name, with what looks personal masked in its place."""
    for span in sorted(spans(flat(text)), key=lambda span: span.start, reverse=True):
        text = text[: span.start] + mask(text[span.start : span.end]) + text[span.end :]
    return text


def flat(path: str) -> str:
    """Return a path without dots before digits: in a file's name they make no fraction."""
    return re.sub(r"\.(?=\d)", "_", path)


def _words_of_key(key: str) -> str:
    key = re.sub(r"['’]", "", key)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[\W_]+", " ", key).lower().strip()
