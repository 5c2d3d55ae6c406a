"""Checkpoints come back whole, or not at all."""

from pathlib import Path

import numpy as np
import pytest
from radproof.segmentation.checkpoints import Checkpoints, State

KEY = "0123456789abcdef" * 4


def state_after(epochs: int) -> State:
    rng = np.random.default_rng(epochs)
    current = [rng.normal(size=(3, 4)).astype(np.float32), np.float32(0.9**epochs)]
    history = [[epoch, 1 / 3 / epoch, 0.1, 0.2, 1e-3] for epoch in range(1, epochs + 1)]
    return State(current, [rng.normal(size=(2, 2)).astype(np.float32)], history)


def same(first: State, second: State) -> bool:
    pairs = zip([*first.current, *first.kept], [*second.current, *second.kept], strict=True)
    return first.history == second.history and all(np.array_equal(*pair) for pair in pairs)


@pytest.fixture
def written(tmp_path: Path) -> Checkpoints:
    """Checkpoints after the first three epochs."""
    checkpoints = Checkpoints(tmp_path / "checkpoints", KEY, lambda line: None)
    for epoch in (1, 2, 3):
        checkpoints.write(state_after(epoch))
    return checkpoints


def test_the_newest_state_comes_back_bit_for_bit(written: Checkpoints) -> None:
    assert same(written.newest(), state_after(3))


def test_two_are_kept_and_none_is_left_after_removal(written: Checkpoints) -> None:
    names = sorted(path.name.split(".")[0] for path in written.folder.iterdir())
    assert names == ["epoch-00002", "epoch-00003"]
    written.remove()
    assert not written.folder.exists()
    assert written.newest() is None


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_cut_checkpoint_falls_back_to_the_one_before_and_says_so(written, share) -> None:
    newest = max(written.folder.glob("epoch-00003*"))
    content = newest.read_bytes()
    newest.write_bytes(content[: int(share * len(content))])
    lines: list[str] = []
    found = Checkpoints(written.folder, KEY, lines.append).newest()
    assert same(found, state_after(2))
    assert "epoch-00003" in lines[0]
    assert "damaged" in lines[0]
    assert "after epoch 2" in lines[1]


def test_any_changed_byte_is_seen(written: Checkpoints) -> None:
    newest = max(written.folder.glob("epoch-00003*"))
    content = bytearray(newest.read_bytes())
    for place in np.random.default_rng(0).integers(0, len(content), 30):
        newest.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert same(written.newest(), state_after(2))


def test_checkpoints_of_another_training_are_left_aside(written: Checkpoints) -> None:
    lines: list[str] = []
    other = Checkpoints(written.folder, "0" * 64, lines.append)
    assert other.newest() is None
    assert "starts anew" in lines[0]
    # A training that begins with those of an older, longer one about keeps its own.
    other.write(state_after(1))
    assert same(other.newest(), state_after(1))
    assert same(written.newest(), state_after(3))


def test_a_file_half_written_is_no_checkpoint(written: Checkpoints) -> None:
    whole = written.folder / "epoch-00004.0123456789abcdef.0123456789abcdef.npz"
    (written.folder / f".host.1.{whole.name}").write_bytes(b"PK")
    assert same(written.newest(), state_after(3))


def test_all_damaged_is_as_none(written: Checkpoints) -> None:
    for path in written.folder.iterdir():
        path.write_bytes(b"")
    assert written.newest() is None
