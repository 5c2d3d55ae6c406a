"""Keys and values of what comes with an image: DICOM elements, JSON, XML."""

import json
import re
import struct
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from radproof.cohort.personal import kind_of_key

# Those of DICOM's data dictionary (PS3.6) that name a person according to PS3.15 annex E.
DICOM_TAGS = {
    "00080020": "StudyDate",
    "00080021": "SeriesDate",
    "00080022": "AcquisitionDate",
    "00080023": "ContentDate",
    "0008002A": "AcquisitionDateTime",
    "00080050": "AccessionNumber",
    "00080081": "InstitutionAddress",
    "00080090": "ReferringPhysicianName",
    "00081050": "PerformingPhysicianName",
    "00081070": "OperatorsName",
    "00100010": "PatientName",
    "00100020": "PatientID",
    "00100030": "PatientBirthDate",
    "00101000": "OtherPatientIDs",
    "00101040": "PatientAddress",
    "00102154": "PatientTelephoneNumbers",
    "001021B0": "AdditionalPatientHistory",
    "00104000": "PatientComments",
    "00204000": "ImageComments",
}

_CODES = {
    struct.pack("<HH", int(tag[:4], 16), int(tag[4:], 16)): keyword
    for tag, keyword in DICOM_TAGS.items()
}
_TAG = re.compile(b"|".join(map(re.escape, _CODES)))


def decode(content: bytes) -> str:
    """Return bytes as text, UTF-8 or else Latin-1, which any bytes are."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def dicom_elements(content: bytes) -> Iterator[tuple[str, int, int]]:
    """Find keyword, start and end of values that name a person in a little-endian DICOM stream.

    Source: DICOM PS3.5 section 7.1: tag, then either two letters and a length of two bytes, or a
    length of four bytes.
    """
    for match in _TAG.finditer(content, 0, max(0, len(content) - 4)):
        explicit = content[match.end() : match.end() + 2].isalpha()
        place = match.end() + 2 * explicit
        (length,) = struct.unpack_from("<H" if explicit else "<I", content, place)
        start = match.end() + 4
        # what would end outside the stream only looks like a tag
        if start + length <= len(content):
            yield _CODES[match[0]], start, start + length


def pairs_of(text: str) -> list[tuple[str, Any]]:
    """Return keys and values of JSON or XML, none where a text is neither.

    XML with a document type is text as well: its entities could grow without bounds.
    """
    try:
        if text.startswith(("{", "[")):
            return list(leaves(json.loads(text)))
        if text.startswith("<") and "<!DOCTYPE" not in text:
            return list(_xml_pairs(ElementTree.fromstring(text)))
    except (ValueError, RecursionError, ElementTree.ParseError):
        pass
    return []


def leaves(content: Any) -> Iterator[tuple[str, Any]]:
    """Yield the values of nested JSON, each with its own key; DICOM's with their keyword.

    Source: DICOM PS3.18 annex F: ``{"00100010": {"vr": "PN", "Value": [{"Alphabetic": ...}]}}``.
    """
    waiting = [("value", content)]
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, dict):
            for name, item in reversed(value.items()):
                inner = key if name in ("Value", "Alphabetic") else name
                waiting.append((str(DICOM_TAGS.get(inner, inner)), item))
        elif isinstance(value, list):
            waiting += [(key, item) for item in reversed(value)]
        else:
            yield key, value


def _xml_pairs(root: ElementTree.Element) -> Iterator[tuple[str, str]]:
    """Yield attributes, and text under its tag or under what names it, there or further out."""
    waiting = [(root, "")]
    while waiting:
        element, outer = waiting.pop()
        tag = element.tag.rpartition("}")[2]
        named = next((name for name in (tag, *element.attrib.values()) if kind_of_key(name)), outer)
        # the native model of DICOM (PS3.19) keeps numbers of its dictionary in ``tag``
        yield from ((name, value) for name, value in element.attrib.items() if name != "tag")
        for text in (element.text, *(child.tail for child in element)):
            yield named or tag, (text or "").strip()
        waiting += [(child, named) for child in reversed(element)]
