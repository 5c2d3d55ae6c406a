"""Networks as ``.keras`` files that say where they come from, and whose bytes hold no times."""

import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import keras

from radproof.errors import BadInput, Problem
from radproof.tables import put_in_place

EARLIEST_DATE = (1980, 1, 1, 0, 0, 0)
# A member of the file beside those of Keras, which passes it over.
ORIGIN = "radproof.json"
REMEDY = "train the segmenter again"


def save_model(model: keras.Model, path: str | Path, origin: dict[str, Any]) -> None:
    """Write a network as ``.keras``, without the times and addresses that Keras puts in.

    ``origin`` says what the network was trained with, as JSON can hold it: ``segmenter``, the
    plan's entry as far as training reads it, ``sequences``, their names in order, ``preparation``
    and ``images``, how they were made, and ``patients``, on whom.
    """
    with put_in_place(path) as unfinished:
        model.save(unfinished)
        members = _members(unfinished)
        members[ORIGIN] = json.dumps(origin, sort_keys=True).encode()
        unfinished.write_bytes(_zipped(members))


def _members(path: Path) -> dict[str, bytes]:
    """Return what Keras saved, by name, less what differs from one saving to the next."""
    with zipfile.ZipFile(path) as source:
        members = {name: source.read(name) for name in source.namelist()}
    metadata = json.loads(members["metadata.json"])
    metadata.pop("date_saved", None)
    members["metadata.json"] = json.dumps(metadata, sort_keys=True).encode()
    config = json.loads(members["config.json"])
    members["config.json"] = json.dumps(_renumbered(config, {})).encode()
    return members


def _zipped(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as written:
        for name, content in sorted(members.items()):
            entry = zipfile.ZipInfo(name, EARLIEST_DATE)
            entry.external_attr = 0o644 << 16
            written.writestr(entry, content)
    return target.getvalue()


def _renumbered(config: Any, numbers: dict[int, int]) -> Any:
    """Replace the addresses by which Keras names shared objects by their order of appearance."""
    if isinstance(config, list):
        return [_renumbered(item, numbers) for item in config]
    if not isinstance(config, dict):
        return config
    return {
        key: numbers.setdefault(item, len(numbers))
        if key == "shared_object_id"
        else _renumbered(item, numbers)
        for key, item in config.items()
    }


def read_origin(path: str | Path) -> dict[str, Any]:
    """Return what ``save_model`` was told of a network's origin.

    Raises
    ------
    BadInput
        If the file is missing, is not a network, or does not say where it comes from.
    """
    try:
        with zipfile.ZipFile(path) as source:
            return dict(json.loads(source.read(ORIGIN)))
    except KeyError as error:
        what = "network does not say which plan it was trained under"
        raise BadInput(Problem(what, file=str(path), remedy=REMEDY)) from error
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise BadInput(_unreadable(path, error)) from error


def check_origin(
    paths: Sequence[str | Path], expected: dict[str, Any], patients: Iterable[str]
) -> None:
    """Check that networks come from where the plan says, and have not seen some patients.

    ``expected`` is as in ``save_model``, less the patients.

    Raises
    ------
    BadInput
        If one cannot be read, was trained otherwise (names each setting that differs), or was
        trained on one of the patients.
    """
    wanted = _flat(expected)
    problems = []
    for path in paths:
        origin = read_origin(path)
        seen = set(origin.pop("patients", [])) & set(patients)
        problems += [_seen(path, patient) for patient in sorted(seen)]
        found = _flat(origin)
        names = [name for name in {**wanted, **found} if found.get(name) != wanted.get(name)]
        if names:
            problems.append(
                Problem(
                    "network was trained under another plan",
                    file=str(path),
                    found=_said(found, names),
                    expected=_said(wanted, names),
                    remedy=REMEDY,
                )
            )
    if problems:
        raise BadInput(problems)


def _seen(path: str | Path, patient: str) -> Problem:
    what = "network was trained on a patient whom it is to segment"
    return Problem(what, patient=patient, file=str(path), remedy=REMEDY)


def _flat(values: dict[str, Any], above: str = "") -> dict[str, Any]:
    """Return nested settings under dotted names."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        place = f"{above}{name}"
        flat |= _flat(value, f"{place}.") if isinstance(value, dict) else {place: value}
    return flat


def _said(values: dict[str, Any], names: Sequence[str]) -> str:
    return ", ".join(f"{name} {values.get(name, 'not there')}" for name in names)


def load_model(path: str | Path) -> keras.Model:
    """Read a network; no code in the file is run.

    Raises
    ------
    BadInput
        If the file is missing or is not a network.
    """
    try:
        return keras.models.load_model(path, compile=False, safe_mode=True)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise BadInput(_unreadable(path, error)) from error


def _unreadable(path: str | Path, error: Exception) -> Problem:
    found = str(error).strip().splitlines()[0]
    return Problem("network cannot be read", file=str(path), found=found, remedy=REMEDY)
