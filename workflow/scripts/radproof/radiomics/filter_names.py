"""The names that PyRadiomics gives to filtered images, known before any image is."""

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

Setting = Mapping[str, Any]


def filter_names(image_type: str, setting: Setting) -> list[str]:
    """Return the name of each image that an image type yields, in PyRadiomics' order.

    Parameters
    ----------
    image_type
        Key of ``imageType``, such as ``LoG``.
    setting
        ``setting`` with the image type's own settings on top.

    Source: the generators in ``radiomics.imageoperations`` 3.0.1.
    """
    return NAMES[image_type](setting)


def _log(setting: Setting) -> list[str]:
    widths = [str(sigma).replace(".", "-") for sigma in setting.get("sigma", [])]
    return [f"log-sigma-{width}-mm-3D" for width in widths]


def _wavelet(setting: Setting) -> list[str]:
    """Name each level's details, then the approximation of the last."""
    axes = 2 if setting.get("force2D") else 3
    low, *details = ("".join(letters) for letters in product("LH", repeat=axes))
    levels = [f"wavelet{number if number > 1 else ''}" for number in _count(setting, "level", 1)]
    return [f"{name}-{detail}" for name in levels for detail in details] + [f"{levels[-1]}-{low}"]


def _lbp_3d(setting: Setting) -> list[str]:
    return [f"lbp-3D-m{number}" for number in _count(setting, "lbp3DLevels", 2)] + ["lbp-3D-k"]


def _count(setting: Setting, key: str, usual: int) -> range:
    return range(1, setting.get(key, usual) + 1)


NAMES: dict[str, Callable[[Setting], list[str]]] = {
    "Original": lambda setting: ["original"],
    "LoG": _log,
    "Wavelet": _wavelet,
    "Square": lambda setting: ["square"],
    "SquareRoot": lambda setting: ["squareroot"],
    "Logarithm": lambda setting: ["logarithm"],
    "Exponential": lambda setting: ["exponential"],
    "Gradient": lambda setting: ["gradient"],
    "LBP2D": lambda setting: ["lbp-2D"],
    "LBP3D": _lbp_3d,
}
