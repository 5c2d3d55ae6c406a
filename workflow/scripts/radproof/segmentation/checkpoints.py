"""Checkpoints: the whole state of a training after an epoch, to go on as if never stopped.

Data order and random numbers need no place in them: both follow from the seed and the epoch.
"""

import hashlib
import io
import json
import os
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from radproof.tables import put_in_place

KEPT = 2
NAME = re.compile(r"epoch-\d{5,}\.([0-9a-f]{16})\.([0-9a-f]{16})\.npz")
Log = Callable[[str], None]


@dataclass(frozen=True)
class State:
    """A training after some epochs.

    ``current`` are the network's weights and the optimiser's state, ``kept`` the weights of
    the epoch that is kept so far, ``history`` has one row an epoch.
    """

    current: Sequence[np.ndarray]
    kept: Sequence[np.ndarray]
    history: list[list[float]]


class Checkpoints:
    """The newest checkpoints of one training, in a folder of its own.

    A file's name holds the epoch, whose training it is, and the start of the SHA-256 of its bytes,
    so that damage is seen; it is written beside its place and moved there, so that a kill at any
    moment leaves whole files.

    Parameters
    ----------
    folder
        Made when the first checkpoint is written.
    key
        What determines the training, in hexadecimal: patients, settings, bytes of the images, code.
        Checkpoints with another key are of another training and are left aside.
    log
        Takes a line on what was found.
    """

    def __init__(self, folder: str | Path, key: str, log: Log) -> None:
        self.folder, self.key, self.log = Path(folder), key[:16], log

    def write(self, state: State) -> None:
        """Write the state after an epoch; older checkpoints than the one before are removed."""
        content = _packed(state)
        name = f"epoch-{len(state.history):05d}.{self.key}.{_hash(content)}.npz"
        with put_in_place(self.folder / name) as unfinished, unfinished.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        for older in self._own()[KEPT:]:
            older.unlink()

    def newest(self) -> State | None:
        """Return the newest whole state of this training, None where there is none."""
        for path in self._own():
            content = path.read_bytes()
            if path.name.split(".")[2] == _hash(content):
                state = _unpacked(content)
                self.log(f"going on from {path}, after epoch {len(state.history)}")
                return state
            self.log(f"checkpoint {path} is damaged and is passed over")
        if any(self.folder.glob("epoch-*.npz")):
            self.log(f"nothing in {self.folder} to go on from: training starts anew")
        return None

    def remove(self) -> None:
        """Remove every checkpoint, once the training has left its results."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _own(self) -> list[Path]:
        """Return the files of this training's checkpoints, the newest epoch first."""
        found = [NAME.fullmatch(path.name) for path in self.folder.glob("epoch-*.npz")]
        own = [match[0] for match in found if match and match[1] == self.key]
        return [self.folder / name for name in sorted(own, reverse=True)]


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _packed(state: State) -> bytes:
    arrays: dict[str, Any] = {
        "history": np.frombuffer(json.dumps(state.history).encode(), np.uint8)
    }
    for name, parts in (("current", state.current), ("kept", state.kept)):
        arrays |= {f"{name}{index:05d}": array for index, array in enumerate(parts)}
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def _unpacked(content: bytes) -> State:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        history = json.loads(arrays["history"].tobytes())
        current, kept = (
            [arrays[name] for name in sorted(arrays.files) if name.startswith(part)]
            for part in ("current", "kept")
        )
    return State(current, kept, history)
