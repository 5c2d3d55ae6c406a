"""A disk that is full or may not be written to, said in one message."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from radproof.errors import Problem

FULL = {errno.ENOSPC, errno.EDQUOT}
READ_ONLY = {errno.EROFS}
DENIED = {errno.EACCES, errno.EPERM}
MIB = 2**20

AGAIN = "give the same command again: what is whole stays"
MAKE_ROOM = f"make room, then {AGAIN}"
ALLOW = f"let it be written to, then {AGAIN}"
GRANT = f"grant yourself access, then {AGAIN}"


def disk_problem(error: BaseException, results: Path) -> Problem | None:
    """Return what an error says of the disk below a study's results, None where it is another.

    Of a full disk the system may say no name: of the results' and that of temporary files it is
    the one with the least room.
    """
    fault = next((e for e in _causes(error) if isinstance(e, OSError) and e.errno), None)
    if fault is None:
        return None
    file = str(fault.filename or results)
    if fault.errno in FULL:
        folders = (_above(results), Path(tempfile.gettempdir()))
        named = _above(Path(file).parent) if fault.filename else None
        return _full(named or min(folders, key=_free_mib))
    if fault.errno in READ_ONLY:
        return Problem("disk is read-only", file=file, remedy=ALLOW)
    if fault.errno in DENIED and fault.filename:
        return Problem("access is denied", file=file, remedy=GRANT)
    return None


def unwritable(results: Path) -> Problem | None:
    """Return which folder of a study cannot be written to, before anything runs; None if all can.

    Where there are no results yet it is the folder above in which they are to be made.
    """
    for place in (results.parent, results):
        if place.is_symlink() and not place.exists():
            return Problem(
                "link leads nowhere", file=str(place), remedy=f"make its folder, then {AGAIN}"
            )
        if place.exists() and not place.is_dir():
            return Problem(
                "is a file, not a folder", file=str(place), remedy=f"move it, then {AGAIN}"
            )
    folders = [_above(results), *(path for path in results.glob("*") if path.is_dir())]
    for folder in folders:
        if not os.access(folder, os.W_OK | os.X_OK):
            return Problem("folder cannot be written to", file=str(folder), remedy=ALLOW)
    return None


def _full(folder: Path) -> Problem:
    return Problem(
        "disk is full, or what you may use of it",
        # Whole, as a staged job works in another folder than the project's.
        file=str(folder.absolute()),
        found=f"{_free_mib(folder)} MB free",
        remedy=MAKE_ROOM,
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what it came from; of what it only came after, a disk without room."""
    while error is not None:
        yield error
        after = None if error.__suppress_context__ else error.__context__
        if isinstance(after, OSError) and after.errno not in FULL | READ_ONLY:
            after = None
        error = error.__cause__ or after


def _above(folder: Path) -> Path:
    """Return a folder, or the lowest above it that is there."""
    return next(path for path in (folder, *folder.absolute().parents) if path.is_dir())


def _free_mib(folder: Path) -> int:
    return shutil.disk_usage(folder).free // MIB
