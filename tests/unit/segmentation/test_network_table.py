"""What a network is made of and what it costs, against counts made otherwise."""

import keras
import numpy as np
import pytest
from keras import layers
from radproof.segmentation.network_table import network_table, network_totals
from radproof.segmentation.networks.mobilenetv2_unet import build

from tests.unit.segmentation.phantoms import SETTINGS

pytestmark = pytest.mark.usefixtures("tensorflow_ready")


def network(**changes):
    return {**SETTINGS["network"], **changes}


def mobilenetv2_by_the_paper(size: int) -> int:
    """Multiply-adds of the convolutions in Table 2 of Sandler et al."""
    total, channels, size = 9 * 3 * 32 * (size // 2) ** 2, 32, size // 2
    for t, c, n, s in [
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    ]:
        for stride in [s, *[1] * (n - 1)]:
            expanded = t * channels
            total += size**2 * channels * expanded * (t > 1)
            size //= stride
            total += size**2 * expanded * (9 + c)
            channels = c
    return total + size**2 * channels * 1280


def test_multiply_adds_of_mobilenetv2_are_those_of_its_paper() -> None:
    model = keras.applications.MobileNetV2((None, None, 3), include_top=False, weights=None)
    totals = network_totals(network_table(model, (224, 224)))
    assert totals == {"parameters": 2_257_984, "multiply_adds": mobilenetv2_by_the_paper(224)}
    # The paper says 300 million, with the classifier of 1280 x 1000.
    assert round((totals["multiply_adds"] + 1_280_000) / 1e6) == 301


def test_a_small_network_is_counted_as_by_hand() -> None:
    x = source = keras.Input((None, None, 2))
    x = layers.Conv2D(4, 3, strides=2, padding="same", name="conv")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.DepthwiseConv2D(3, padding="valid", use_bias=False, name="depthwise")(x)
    x = layers.SeparableConv2D(6, 3, padding="same", name="separable")(layers.ReLU()(x))
    x = layers.Conv2DTranspose(3, 2, strides=2, name="transpose")(x)
    x = layers.Dense(5, name="dense")(layers.GlobalAveragePooling2D()(x))
    table = network_table(keras.Model(source, x), (16, 8)).set_index("layer")
    assert table.columns.tolist() == ["kind", "output", "parameters", "multiply_adds"]
    assert {name: tuple(row) for name, row in table.iterrows()} == {
        "conv": ("Conv2D", "4 x 8 x 4", 76, 32 * 72),
        "norm": ("BatchNormalization", "4 x 8 x 4", 16, 0),
        "depthwise": ("DepthwiseConv2D", "2 x 6 x 4", 36, 12 * 36),
        "separable": ("SeparableConv2D", "2 x 6 x 6", 36 + 24 + 6, 12 * (36 + 24)),
        "transpose": ("Conv2DTranspose", "4 x 12 x 3", 75, 12 * 72),
        "dense": ("Dense", "5", 20, 15),
    }


@pytest.mark.parametrize("fusion", ["early", "late"])
@pytest.mark.parametrize("decoder", ["separable", "full"])
def test_the_table_adds_up_to_the_network(fusion, decoder) -> None:
    model = build(network(fusion=fusion, decoder=decoder, depth=3), channels=2)
    small, large = (network_table(model, size) for size in [(32, 64), (64, 128)])
    assert network_totals(small)["parameters"] == model.count_params()
    # Convolutions cost by the voxel.
    assert network_totals(large)["multiply_adds"] == 4 * network_totals(small)["multiply_adds"]
    drawn = keras.Model(model.input, model.get_layer("decoder_1_conv").output)
    found = drawn(np.zeros((1, 64, 32, 2), np.float32), training=False)
    row = network_table(model, (32, 64)).set_index("layer").loc["decoder_1_conv"]
    assert row["output"] == " x ".join(map(str, found.shape[1:]))


def test_a_network_is_counted_without_running_it() -> None:
    model = build(network(fusion="late"), channels=2)
    once, vast = (network_table(model, size) for size in [(32, 32), (2**20, 2**20)])
    assert network_totals(vast)["multiply_adds"] == 4**15 * network_totals(once)["multiply_adds"]
