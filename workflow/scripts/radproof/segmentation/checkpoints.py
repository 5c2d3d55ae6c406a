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

KEPT = 2
NAME = re.compile(r"epoch-\d+\.[0-9a-f]{16}\.npz")
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

    A file's name holds the start of the SHA-256 of its bytes, so that damage is seen; it is
    written beside its place and moved there, so that a kill at any moment leaves whole files.

    Parameters
    ----------
    folder
        Made when the first checkpoint is written.
    key
        What determines the training: patients, settings, bytes of the images, code. Checkpoints
        with another key are of another training and are left aside.
    log
        Takes a line on what was found.
    """

    def __init__(self, folder: str | Path, key: str, log: Log) -> None:
        self.folder, self.key, self.log = Path(folder), key, log

    def write(self, state: State) -> None:
        """Write the state after an epoch; older checkpoints than the one before are removed."""
        content = self._packed(state)
        epoch, digest = len(state.history), hashlib.sha256(content).hexdigest()[:16]
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / "unfinished.part"
        with part.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(self.folder / f"epoch-{epoch:05d}.{digest}.npz")
        for older in self._files()[KEPT:]:
            older.unlink()

    def newest(self) -> State | None:
        """Return the newest whole state of this training, None where there is none."""
        for path in self._files():
            content = path.read_bytes()
            if hashlib.sha256(content).hexdigest()[:16] != path.name.split(".")[1]:
                self.log(f"checkpoint {path} is damaged; the one before is taken")
                continue
            key, state = _unpacked(content)
            if key == self.key:
                self.log(f"going on from {path}, after epoch {len(state.history)}")
                return state
            self.log(f"checkpoint {path} is of another training and is left aside")
        return None

    def remove(self) -> None:
        """Remove every checkpoint, once the training has left its results."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _files(self) -> list[Path]:
        """Return the files of checkpoints, the newest epoch first."""
        return sorted(filter(_is_checkpoint, self.folder.glob("epoch-*.npz")), reverse=True)

    def _packed(self, state: State) -> bytes:
        meta = json.dumps({"key": self.key, "history": state.history}).encode()
        arrays: dict[str, Any] = {
            f"current{index:05d}": array for index, array in enumerate(state.current)
        }
        arrays |= {f"kept{index:05d}": array for index, array in enumerate(state.kept)}
        stream = io.BytesIO()
        np.savez(stream, meta=np.frombuffer(meta, np.uint8), **arrays)
        return stream.getvalue()


def _is_checkpoint(path: Path) -> bool:
    return NAME.fullmatch(path.name) is not None


def _unpacked(content: bytes) -> tuple[str, State]:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        meta = json.loads(arrays["meta"].tobytes())
        current, kept = (
            [arrays[name] for name in sorted(arrays.files) if name.startswith(part)]
            for part in ("current", "kept")
        )
    return meta["key"], State(current, kept, meta["history"])
