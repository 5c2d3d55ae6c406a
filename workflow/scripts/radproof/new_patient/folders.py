"""A folder that is written whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from radproof.errors import BadInput, Problem


def check_folder(path: Path) -> None:
    """Refuse a folder that cannot be made, or that holds something, before anything is done.

    Raises
    ------
    BadInput
        If it is a file, is not empty, or its own folder cannot be written to.
    """
    if path.is_file() or (path.is_dir() and any(path.iterdir())):
        what, remedy = "folder is there already", "name one that is not there, or is empty"
        raise BadInput(Problem(what, file=str(path), remedy=remedy))
    above = next(parent for parent in path.absolute().parents if parent.exists())
    if not (above.is_dir() and os.access(above, os.W_OK)):
        remedy = "name a folder inside one that is yours"
        raise BadInput(Problem("folder cannot be made", file=str(path), remedy=remedy))


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder beside ``path`` that takes its place when all went well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        yield unfinished
        unfinished.chmod(0o755)
        unfinished.replace(path)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
