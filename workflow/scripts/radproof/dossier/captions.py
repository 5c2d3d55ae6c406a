"""Titles and captions of figures and main tables, and which stage of the line each belongs to.

They stand in ``workflow/report/<stage>/<name>.rst``, where Snakemake's own report reads them too.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from radproof.provenance import PROJECT

FOLDER = PROJECT / "workflow" / "report"


@dataclass(frozen=True)
class Caption:
    """Stage, title and caption of a table, or of a family of figures.

    ``{subject}`` in the title is what one figure of the family shows; ``file`` is where all stands.
    """

    stage: str
    title: str
    text: str
    file: Path


def read_caption(file: Path) -> Caption:
    """Read a caption: the title, a line under it, and one paragraph of text."""
    title, _, *lines = file.read_text(encoding="utf-8").splitlines()
    return Caption(file.parent.name, title, " ".join(lines).strip(), file)


@cache
def captions() -> dict[str, Caption]:
    """Return every caption by the name of its table or family of figures."""
    return {file.stem: read_caption(file) for file in sorted(FOLDER.glob("*/*.rst"))}


def caption_of(name: str) -> Caption:
    """Return the caption of a table or figure by the name of its file, such as ``overlays-unet``.

    Raises
    ------
    KeyError
        If no caption is written for it or its family.
    """
    family, _, subject = name.partition("-")
    caption = captions()[family]
    words = subject.replace("_", " ").replace("-", ", ")
    return Caption(caption.stage, caption.title.format(subject=words), caption.text, caption.file)


def table_caption(name: str) -> str:
    """Return the caption of a table, which goes on with a link, without its full stop."""
    return caption_of(name).text.removesuffix(".")
