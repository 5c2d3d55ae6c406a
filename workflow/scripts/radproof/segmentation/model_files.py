"""Networks as ``.keras`` files whose bytes depend on the network alone."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import keras

from radproof.errors import BadInput, Problem

EARLIEST_DATE = (1980, 1, 1, 0, 0, 0)


def save_model(model: keras.Model, path: str | Path) -> None:
    """Write a network as ``.keras``, without the times and addresses that Keras puts in."""
    raw = Path(path).with_suffix(".unnormalised.keras")
    raw.parent.mkdir(parents=True, exist_ok=True)
    try:
        model.save(raw)
        content = _normalised(raw)
    finally:
        raw.unlink(missing_ok=True)
    Path(path).write_bytes(content)


def _normalised(path: Path) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as written:
        for name in sorted(source.namelist()):
            content = source.read(name)
            if name == "metadata.json":
                metadata = json.loads(content)
                metadata.pop("date_saved", None)
                content = json.dumps(metadata, sort_keys=True).encode()
            elif name == "config.json":
                content = json.dumps(_renumbered(json.loads(content), {})).encode()
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
        raise BadInput(
            Problem(
                "network cannot be read",
                file=str(path),
                found=str(error).strip().splitlines()[0],
                remedy="train the segmenter again",
            )
        ) from error
