"""The network: sizes, normalisation, pretrained weights and its file."""

import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from radproof.errors import BadInput
from radproof.segmentation.model_files import load_model, save_model
from radproof.segmentation.networks.mobilenetv2_unet import build
from radproof.segmentation.normalisation import with_fused_normalisation

from tests.unit.segmentation.phantoms import SETTINGS

pytestmark = pytest.mark.usefixtures("tensorflow_ready")


def network(**changes):
    return {**SETTINGS["network"], **changes}


@pytest.fixture(scope="module")
def encoder_file(tensorflow_ready, tmp_path_factory) -> Path:
    encoder = keras.applications.MobileNetV2((32, 32, 3), 0.1, include_top=False, weights=None)
    path = tmp_path_factory.mktemp("encoder") / "encoder.weights.h5"
    encoder.save_weights(path)
    return path


@pytest.mark.parametrize("depth", [2, 5])
def test_probabilities_come_at_full_resolution_for_any_multiple_of_32(depth: int) -> None:
    model = build(network(depth=depth), channels=4)
    found = model(np.zeros((2, 32, 64, 4), np.float32), training=False).numpy()
    assert found.shape == (2, 32, 64, 1)
    assert ((found > 0) & (found < 1)).all()


def test_every_batch_normalisation_follows_short_trainings() -> None:
    model = build(network(), channels=3)
    found = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert len(found) > 5
    assert {layer.momentum for layer in found} == {0.9}
    fused = with_fused_normalisation(model)
    assert {layer.momentum for layer in fused.layers if hasattr(layer, "momentum")} == {0.9}


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_the_first_kernel_is_adapted_to_the_number_of_sequences(
    encoder_file: Path, channels: int
) -> None:
    encoder = keras.applications.MobileNetV2((32, 32, 3), 0.1, include_top=False, weights=None)
    encoder.load_weights(encoder_file)
    model = build(network(encoder_weights=str(encoder_file)), channels)
    original = encoder.get_layer("Conv1").kernel.numpy()
    adapted = model.get_layer("Conv1").kernel.numpy()
    assert adapted.shape == (3, 3, channels, original.shape[3])
    # A grey image gives the same response whatever the number of channels.
    np.testing.assert_allclose(adapted.sum(axis=2), original.sum(axis=2), rtol=1e-5, atol=1e-6)
    if channels == 3:
        np.testing.assert_array_equal(adapted, original)
    deeper = "block_1_expand"
    np.testing.assert_array_equal(
        model.get_layer(deeper).kernel.numpy(), encoder.get_layer(deeper).kernel.numpy()
    )


def test_encoder_weights_that_are_not_there_or_do_not_fit_are_named(
    encoder_file: Path, tmp_path: Path
) -> None:
    missing = str(tmp_path / "none.weights.h5")
    with pytest.raises(BadInput, match="not there") as caught:
        build(network(encoder_weights=missing), 3)
    assert missing in str(caught.value)
    with pytest.raises(BadInput, match=r"do not fit.*width 0\.5"):
        build(network(alpha=0.5, encoder_weights=str(encoder_file)), 3)


def test_a_network_that_cannot_be_downloaded_is_a_clear_error(monkeypatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise Exception("URL fetch failure")

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", fail)
    with pytest.raises(BadInput, match=r"ImageNet weights cannot be had.*URL fetch failure"):
        build(network(alpha=0.35, encoder_weights="imagenet"), 3)


def test_a_saved_network_is_plain_keras_without_times(tmp_path: Path) -> None:
    model = build(network(), channels=2)
    for name in ("one.keras", "two.keras"):
        save_model(model, tmp_path / name)
    assert (tmp_path / "one.keras").read_bytes() == (tmp_path / "two.keras").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.keras", "two.keras"]
    with zipfile.ZipFile(tmp_path / "one.keras") as file:
        assert {entry.date_time[0] for entry in file.infolist()} == {1980}
        assert b"date_saved" not in file.read("metadata.json")
        assert b"radproof" not in file.read("config.json")
    image = np.random.default_rng(1).normal(size=(1, 32, 32, 2)).astype(np.float32)
    loaded = load_model(tmp_path / "one.keras")
    np.testing.assert_array_equal(loaded(image, training=False), model(image, training=False))


def test_a_file_that_is_no_network_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(b"nothing")
    with pytest.raises(BadInput, match="network cannot be read") as caught:
        load_model(tmp_path / "model.keras")
    assert "model.keras" in str(caught.value)
