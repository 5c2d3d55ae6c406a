"""The batch follows from the plan, and one that does not fit says which would."""

import pytest
from radproof.errors import BadInput
from radproof.segmentation import memory

from tests.unit.segmentation.phantoms import SETTINGS

pytestmark = pytest.mark.usefixtures("tensorflow_ready")


@pytest.fixture(scope="module")
def model(tensorflow_ready):
    """The small network of the tests."""
    from radproof.segmentation.networks.mobilenetv2_unet import build

    return build(SETTINGS["network"], 2)


def test_memory_grows_with_the_area(model) -> None:
    small = memory.slice_bytes(model, [64, 64])
    assert memory.slice_bytes(model, [128, 64]) == pytest.approx(2 * small, rel=0.02)
    assert memory.slice_bytes(model, [128, 128]) == pytest.approx(4 * small, rel=0.02)


def test_the_plan_s_bound_makes_batches_smaller_and_never_larger(model) -> None:
    each = memory.slice_bytes(model, [32, 32])
    settings = SETTINGS["training"] | {"memory_gb": 5.5 * each / 1e9}
    assert memory.fitting_batch(model, settings) == 5
    assert memory.fitting_batch(model, settings | {"memory_gb": 1000.0}) == 8
    assert memory.fitting_batch(model, settings | {"memory_gb": None}) == 8
    with pytest.raises(BadInput, match="memory_gb"):
        memory.fitting_batch(model, settings | {"memory_gb": 1.5 * each / 1e9})


def test_a_machine_too_small_says_the_batch_that_would_fit(model, monkeypatch) -> None:
    each = memory.slice_bytes(model, [32, 32])
    monkeypatch.setattr(memory, "host_bytes", lambda: int(3.5 * each))
    with pytest.raises(BadInput, match="a batch_size of 3"):
        memory.fitting_batch(model, SETTINGS["training"])
    monkeypatch.setattr(memory, "host_bytes", lambda: int(1.5 * each))
    with pytest.raises(BadInput, match="a smaller size or network"):
        memory.fitting_batch(model, SETTINGS["training"])


def test_a_limit_of_the_control_group_counts(tmp_path, monkeypatch) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "CGROUP", limit)
    free = memory.host_bytes()
    assert free > 1e8
    limit.write_text("12345678\n")
    assert memory.host_bytes() == 12345678
    limit.write_text("max\n")
    assert memory.host_bytes() > 1e8
