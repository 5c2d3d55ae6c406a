"""What a network is made of and what it costs, layer by layer, without running it."""

from math import prod

import keras
import pandas as pd
from keras import layers

COLUMNS = ["layer", "kind", "output", "parameters", "multiply_adds"]
MULTIPLYING = (
    layers.Conv2D,
    layers.DepthwiseConv2D,
    layers.SeparableConv2D,
    layers.Conv2DTranspose,
    layers.Dense,
)


def network_table(model: keras.Model, size: tuple[int, int]) -> pd.DataFrame:
    """Return one row for each layer with weights, in the order of the network.

    Layers without weights (activations, sums, enlargements) multiply no kernel and are left out.
    ``network_totals`` gives the sums, which are those of the network.

    Parameters
    ----------
    model
        Network of images (n, y, x, channels), in which each layer is used once.
    size
        In-plane size of the input, x and y, in voxels.

    Returns
    -------
    pandas.DataFrame
        ``layer kind output parameters multiply_adds``: ``output`` is height x width x channels;
        ``parameters`` count all weights, moving averages included; ``multiply_adds`` are those of
        kernels for one image, margins of zeros included and biases not, 0 for other layers.
    """
    weighted = [layer for layer in model.layers if layer.weights]
    inputs = shapes_within(model, [layer.input for layer in weighted], size)
    outputs = shapes_within(model, [layer.output for layer in weighted], size)
    rows = [
        [
            layer.name,
            type(layer).__name__,
            " x ".join(map(str, after[1:])),
            layer.count_params(),
            _multiply_adds(layer, before, after),
        ]
        for layer, before, after in zip(weighted, inputs, outputs, strict=True)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def network_totals(table: pd.DataFrame) -> dict[str, int]:
    """Return ``parameters`` and ``multiply_adds`` of the whole network."""
    return {name: int(table[name].sum()) for name in ("parameters", "multiply_adds")}


def _multiply_adds(layer: keras.Layer, before: tuple[int, ...], after: tuple[int, ...]) -> int:
    if not isinstance(layer, MULTIPLYING):
        return 0
    # A transposed convolution lays its kernel on every position that it reads, not that it writes.
    positions = before if isinstance(layer, layers.Conv2DTranspose) else after
    kernels = [prod(weight.shape) for weight in layer.weights if len(weight.shape) > 1]
    return prod(positions[1:-1]) * sum(kernels)


def shapes_within(
    model: keras.Model, tensors: list[keras.KerasTensor], size: tuple[int, int]
) -> list[tuple[int, ...]]:
    """Return the shapes of tensors within the network for one image of a size."""
    width, height = size
    channels = model.inputs[0].shape[-1]
    shapes: list[tuple[int, ...]] = keras.Model(model.inputs[0], tensors).compute_output_shape(
        (1, height, width, channels)
    )
    return shapes
