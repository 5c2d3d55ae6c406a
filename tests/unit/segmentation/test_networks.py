"""The network: sizes, fusion, normalisation, pretrained weights and its file."""

import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from radproof.errors import BadInput
from radproof.segmentation.model_files import load_model, save_model
from radproof.segmentation.networks.mobilenetv2_unet import ENCODER_ENDS, build
from radproof.segmentation.normalisation import with_fused_normalisation

from tests.unit.segmentation.phantoms import SETTINGS

pytestmark = pytest.mark.usefixtures("tensorflow_ready")


def network(**changes):
    return {**SETTINGS["network"], **changes}


def image(channels: int, height: int = 32, width: int = 32) -> np.ndarray:
    rng = np.random.default_rng(1)
    return rng.normal(size=(2, height, width, channels)).astype(np.float32)


def applied(model: keras.Model, x: np.ndarray) -> np.ndarray:
    return np.asarray(model(x, training=False))


def mobilenetv2(channels: int = 3, alpha: float = 0.1) -> keras.Model:
    return keras.applications.MobileNetV2(
        (32, 32, channels), alpha, include_top=False, weights=None
    )


@pytest.fixture(scope="module")
def encoder(tensorflow_ready) -> keras.Model:
    return mobilenetv2()


@pytest.fixture(scope="module")
def encoder_file(encoder, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("encoder") / "encoder.weights.h5"
    encoder.save_weights(path)
    return path


@pytest.fixture(scope="module")
def late(tensorflow_ready) -> keras.Model:
    return build(network(fusion="late"), channels=2)


@pytest.mark.parametrize("depth", [2, 5])
@pytest.mark.parametrize("fusion", ["early", "late"])
def test_probabilities_come_at_full_resolution_for_any_multiple_of_32(depth, fusion) -> None:
    model = build(network(depth=depth, fusion=fusion), channels=2)
    for height, width in [(32, 32), (32, 64), (96, 32), (160, 96)]:
        found = applied(model, image(2, height, width))
        assert found.shape == (2, height, width, 1)
        assert ((found > 0) & (found < 1)).all()


@pytest.mark.parametrize("fusion", ["early", "late"])
def test_every_batch_normalisation_follows_short_trainings(fusion) -> None:
    model = build(network(fusion=fusion), channels=2)
    found = [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)]
    assert len(found) > 5
    assert {layer.momentum for layer in found} == {0.9}
    fused = with_fused_normalisation(model)
    assert {layer.momentum for layer in fused.layers if hasattr(layer, "momentum")} == {0.9}


@pytest.mark.parametrize("depth", [2, 5])
def test_skips_are_the_encoder_ends_of_their_depth(depth) -> None:
    early = build(network(depth=depth), channels=2)
    late = build(network(depth=depth, fusion="late"), channels=2)
    for level, end in enumerate(ENCODER_ENDS[:depth], start=1):
        joined = late.get_layer(f"fusion_{level}_concat").input
        for number, tensor in enumerate(joined, start=1):
            assert tensor is late.get_layer(f"sequence_{number}_{end}").output
        if level < depth:
            decoder = f"decoder_{level}_concat"
            assert early.get_layer(decoder).input[1] is early.get_layer(end).output
            fused = late.get_layer(f"fusion_{level}_relu").output
            assert late.get_layer(decoder).input[1] is fused
            # Joined outputs are as wide as those of one encoder.
            assert fused.shape == early.get_layer(end).output.shape


@pytest.mark.parametrize(
    ("decoder", "kind"), [("separable", layers.SeparableConv2D), ("full", layers.Conv2D)]
)
def test_the_decoder_has_the_kind_of_convolution_asked_for(decoder, kind) -> None:
    model = build(network(depth=3, decoder=decoder), channels=1)
    found = [model.get_layer(f"decoder_{level}_conv") for level in (1, 2)]
    assert {type(layer) for layer in found} == {kind}
    assert {(layer.filters, layer.kernel_size, layer.use_bias) for layer in found} == {
        (8, (3, 3), False)
    }


def test_late_fusion_of_one_sequence_is_one_encoder() -> None:
    early, late = (build(network(fusion=fusion), channels=1) for fusion in ("early", "late"))
    assert late.get_config() == early.get_config()


def test_each_encoder_of_late_fusion_sees_its_own_sequence(late) -> None:
    x = image(2)
    for number in (1, 2):
        one = keras.Model(late.input, late.get_layer(f"sequence_{number}").output)
        np.testing.assert_array_equal(applied(one, x), x[..., number - 1 : number])
        changed = x.copy()
        changed[..., number - 1] += 1
        for other in (1, 2):
            end = late.get_layer(f"sequence_{other}_block_2_add").output
            seen = keras.Model(late.input, end)
            same = np.array_equal(applied(seen, changed), applied(seen, x))
            assert same == (other != number)
        assert not np.array_equal(applied(late, changed), applied(late, x))


def test_sequences_can_be_exchanged_together_with_their_encoders(late) -> None:
    exchanged = with_fused_normalisation(late)
    for layer in late.layers:
        weights, name = layer.get_weights(), layer.name
        if name.startswith("fusion") and name.endswith("conv"):
            weights = [np.roll(weights[0], weights[0].shape[2] // 2, axis=2)]
        if name.startswith("sequence"):
            number = int(name.removeprefix("sequence_")[0])
            name = name.replace(f"sequence_{number}", f"sequence_{3 - number}")
        exchanged.get_layer(name).set_weights(weights)
    x = image(2)
    np.testing.assert_allclose(
        applied(exchanged, x[..., ::-1]), applied(late, x), rtol=1e-5, atol=1e-6
    )
    assert not np.allclose(applied(late, x[..., ::-1]), applied(late, x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("fusion", ["early", "late"])
def test_the_fused_copy_is_the_same_network(fusion) -> None:
    model = build(network(fusion=fusion, depth=3), channels=3)
    rng = np.random.default_rng(2)
    model.set_weights([rng.uniform(0.1, 1, array.shape) for array in model.get_weights()])
    fused = with_fused_normalisation(model)
    assert [layer.name for layer in fused.layers] == [layer.name for layer in model.layers]
    for copied, original in zip(fused.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(copied, original)
    logits = keras.Model(fused.input, fused.get_layer("logits").output)
    x = image(3)
    np.testing.assert_allclose(
        applied(logits, x),
        applied(keras.Model(model.input, model.get_layer("logits").output), x),
        rtol=1e-5,
    )


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_the_first_kernel_is_adapted_to_the_number_of_sequences(
    encoder, encoder_file, channels
) -> None:
    model = build(network(encoder_weights=str(encoder_file)), channels)
    original = encoder.get_layer("Conv1").kernel.numpy()
    adapted = model.get_layer("Conv1").kernel.numpy()
    assert adapted.shape == (3, 3, channels, original.shape[3])
    # A grey image gives the same response whatever the number of channels.
    np.testing.assert_allclose(adapted.sum(axis=2), original.sum(axis=2), rtol=1e-5, atol=1e-6)
    if channels == 3:
        np.testing.assert_array_equal(adapted, original)


@pytest.mark.parametrize(("fusion", "prefixes"), [("early", [""]), ("late", ["1_", "2_"])])
@pytest.mark.parametrize("suffix", ["weights.h5", "h5", "keras"])
def test_every_encoder_gets_all_weights_of_a_file(
    encoder, tmp_path, fusion, prefixes, suffix
) -> None:
    rng = np.random.default_rng(3)
    encoder.set_weights([rng.normal(size=array.shape) for array in encoder.get_weights()])
    file = tmp_path / f"encoder.{suffix}"
    (encoder.save_weights if suffix == "weights.h5" else encoder.save)(file)
    model = build(network(depth=5, fusion=fusion, encoder_weights=str(file)), channels=2)
    for prefix in prefixes:
        for layer in encoder.layers[2:]:
            loaded = model.get_layer(f"sequence_{prefix}{layer.name}" if prefix else layer.name)
            for found, expected in zip(loaded.get_weights(), layer.get_weights(), strict=True):
                np.testing.assert_array_equal(found, expected)
        first = model.get_layer(f"sequence_{prefix}Conv1" if prefix else "Conv1").kernel.numpy()
        expected = encoder.get_layer("Conv1").kernel.numpy().sum(axis=2)
        np.testing.assert_allclose(first.sum(axis=2), expected, rtol=1e-4, atol=1e-5)


def test_encoder_weights_that_are_not_there_are_named(tmp_path) -> None:
    missing = str(tmp_path / "none.weights.h5")
    with pytest.raises(BadInput, match="not there") as caught:
        build(network(encoder_weights=missing), 3)
    assert missing in str(caught.value)


@pytest.mark.parametrize("suffix", ["weights.h5", "h5", "keras", "txt"])
def test_encoder_weights_of_another_network_are_refused(tmp_path, suffix) -> None:
    other = keras.Sequential([keras.Input((32, 32, 3)), layers.Conv2D(8, 3), layers.Conv2D(8, 1)])
    file = tmp_path / f"other.{suffix}"
    if suffix == "txt":
        file.write_text("nothing")
    else:
        (other.save_weights if suffix == "weights.h5" else other.save)(file)
    with pytest.raises(BadInput, match=r"do not fit.*found .*expected MobileNetV2") as caught:
        build(network(encoder_weights=str(file)), 3)
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].file == str(file)


def test_encoder_weights_of_another_width_are_refused(encoder_file) -> None:
    with pytest.raises(BadInput, match=r"do not fit.*width 0\.5"):
        build(network(alpha=0.5, encoder_weights=str(encoder_file)), 3)


@pytest.mark.parametrize("suffix", ["weights.h5", "h5", "keras"])
def test_encoder_weights_of_another_number_of_channels_are_refused(tmp_path, suffix) -> None:
    file, grey = tmp_path / f"grey.{suffix}", mobilenetv2(channels=1)
    (grey.save_weights if suffix == "weights.h5" else grey.save)(file)
    said = r"do not fit.*\(3, 3, 1, 8\)" if suffix == "keras" else "found 1 in.*expected 3"
    with pytest.raises(BadInput, match=said):
        build(network(fusion="late", encoder_weights=str(file)), 2)


def test_weights_that_keras_leaves_out_are_noticed(encoder_file, monkeypatch) -> None:
    monkeypatch.setattr(keras.Model, "load_weights", lambda *_, **__: None)
    with pytest.raises(BadInput, match=r"do not fit.*no numbers for 260 of 260"):
        build(network(encoder_weights=str(encoder_file)), 3)


def test_imagenet_weights_are_those_that_keras_downloads(tmp_path, monkeypatch) -> None:
    downloaded = mobilenetv2(alpha=0.35)
    downloaded.save(tmp_path / "imagenet.h5")
    monkeypatch.setattr(
        "keras.src.utils.file_utils.get_file", lambda *_, **__: tmp_path / "imagenet.h5"
    )
    model = build(network(alpha=0.35, encoder_weights="imagenet"), 3)
    for name in ("Conv1", "block_2_expand"):
        found, expected = (owner.get_layer(name).kernel.numpy() for owner in (model, downloaded))
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("message", ["URL fetch failure", ""])
def test_a_network_that_cannot_be_downloaded_is_a_clear_error(monkeypatch, message) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise Exception(message)

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", fail)
    said = f"ImageNet weights cannot be had.*found {message or 'Exception'}"
    with pytest.raises(BadInput, match=said):
        build(network(alpha=0.35, encoder_weights="imagenet"), 3)


def test_widths_without_imagenet_weights_are_refused() -> None:
    with pytest.raises(BadInput, match=r"found alpha 0\.1, expected 0\.35 or .* or 1\.4"):
        build(network(alpha=0.1, encoder_weights="imagenet"), 3)


@pytest.mark.parametrize("fusion", ["early", "late"])
def test_a_saved_network_is_plain_keras_without_times(tmp_path, fusion) -> None:
    for name in ("one.keras", "two.keras"):
        keras.utils.set_random_seed(4)
        model = build(network(fusion=fusion), channels=2)
        save_model(model, tmp_path / name, {"sequences": ["a", "b"]})
    assert (tmp_path / "one.keras").read_bytes() == (tmp_path / "two.keras").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.keras", "two.keras"]
    with zipfile.ZipFile(tmp_path / "one.keras") as file:
        assert {entry.date_time[0] for entry in file.infolist()} == {1980}
        assert b"date_saved" not in file.read("metadata.json")
        assert b"radproof" not in file.read("config.json")
    loaded = load_model(tmp_path / "one.keras")
    np.testing.assert_array_equal(applied(loaded, image(2)), applied(model, image(2)))


def test_a_file_that_is_no_network_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(b"nothing")
    with pytest.raises(BadInput, match="network cannot be read") as caught:
        load_model(tmp_path / "model.keras")
    assert "model.keras" in str(caught.value)
