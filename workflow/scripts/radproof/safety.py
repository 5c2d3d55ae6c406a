"""What comes from elsewhere: text that can be shown, paths that stay where they belong."""

import re
import unicodedata
from pathlib import Path

CONTROL = {"Cc", "Cs"}
# Those that steer how other text is shown: its direction, its lines.
STEERING = {"Cf", "Zl", "Zp"}
_FORMULA = re.compile(r"[=@]|[+-].*[(|!]", re.DOTALL)


def visible(text: str) -> str:
    """Return text with its control characters spelt out, so that it stays on its line."""
    hidden = CONTROL | STEERING
    return "".join(ascii(one)[1:-1] if unicodedata.category(one) in hidden else one for one in text)


def text_fault(text: str) -> str:
    """Return what forbids a text among the settings, else nothing.

    Control characters and halves of characters (surrogates), which no file can hold; and what a
    spreadsheet that opens a table would compute: text that begins with ``=`` or ``@``, or with a
    sign and holds ``(``, ``|`` or ``!``.
    """
    if any(unicodedata.category(one) in CONTROL for one in text if one not in "\n\t"):
        return "holds control characters"
    return "begins like a formula of a spreadsheet" if is_formula(text) else ""


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet might compute a cell: ``=1+1``, ``-2+cmd|'…'!A0``, not ``-2``.

    Source: OWASP, CSV injection.
    """
    return len(text) > 1 and _FORMULA.match(text.lstrip()) is not None


def path_fault(path: str) -> str:
    """Return what forbids a path below some folder, else nothing.

    It is relative, has no ``.`` or ``..`` among its parts, no backslash, no braces but those of
    ``{patient}``, and nothing that cannot be shown.
    """
    if path.startswith("/"):
        return "is absolute"
    if {".", "..", ""} & set(path.split("/")):
        return "has an empty part, . or .."
    return name_fault(path)


def name_fault(path: str) -> str:
    """Return what forbids any path in a plan, wherever it leads, else nothing."""
    if "\\" in path:
        return "has a backslash"
    if {"{", "}"} & set(path.replace("{patient}", "")):
        return "has braces other than {patient}"
    return "has characters that cannot be shown" if visible(path) != path else ""


def recorded_fault(path: str) -> str:
    """Return what forbids a path in the record of a job, else nothing.

    As `path_fault`, after the ``dataset:NAME/`` that it may begin with; after ``project:`` it may
    lead elsewhere, such as to a plan that was kept outside the project.
    """
    if path.startswith("project:"):
        return name_fault(path)
    return path_fault(path.removeprefix("dataset:"))


def leads_outside(path: Path, folder: Path) -> bool:
    """Return whether a file that is there lies outside a folder, once links are followed."""
    return path.exists() and not path.resolve().is_relative_to(folder.resolve())
