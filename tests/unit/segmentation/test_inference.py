"""Probabilities: any size, the grid of the images, mean of networks and mirrors, nobody else's."""

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import SimpleITK as sitk
from radproof.errors import BadInput
from radproof.segmentation.inference import segment
from radproof.segmentation.masks import draw_mask
from radproof.segmentation.model_files import load_model, read_origin, save_model
from radproof.segmentation.probabilities import CERTAIN, level_of, quantised
from radproof.segmentation.scores import score_pair
from radproof.segmentation.windows import blended, fading, probabilities, starts
from radproof.volumes import grid_differences, read_mask, read_volume, write_volume

from tests.unit.segmentation.phantoms import ORIGIN, SETTINGS, placed, write_phantoms

pytestmark = pytest.mark.usefixtures("tensorflow_ready")
INFERENCE: dict[str, Any] = SETTINGS["inference"]
SHAPES = {"odd": (5, 33, 47), "small": (7, 29, 30), "large": (3, 65, 96), "one": (1, 40, 31)}


def network(path: Path, kernel: int = 1, seed: int = 0, origin: dict[str, Any] = ORIGIN) -> Path:
    """Write a network of one convolution; with a kernel of 1 it sees each voxel on its own."""
    weights = keras.initializers.RandomNormal(stddev=1.0 / kernel, seed=seed)
    layer = keras.layers.Conv2D(
        1, kernel, padding="same", activation="sigmoid", kernel_initializer=weights
    )
    save_model(keras.Sequential([keras.Input((None, None, 2)), layer]), path, origin)
    return path


def found(
    models: Sequence[Path], images: dict[str, list[Path]], **settings: Any
) -> dict[str, np.ndarray]:
    patients = segment(models, images, ORIGIN, INFERENCE | settings)
    return {patient: sitk.GetArrayFromImage(image) for patient, image in patients}


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    folder = tmp_path_factory.mktemp("images")
    written: dict[str, list[Path]] = {}
    for patient, shape in SHAPES.items():
        written |= write_phantoms(folder, [patient], shape)[0]
    return written


def voxelwise(model: Path, files: Sequence[Path]) -> np.ndarray:
    channels = np.stack([sitk.GetArrayFromImage(read_volume(file)) for file in files], axis=-1)
    return np.asarray(load_model(model)(channels))[..., 0]


def differ_by_rounding(first: np.ndarray, second: np.ndarray) -> bool:
    return bool(np.abs(first.astype(int) - second.astype(int)).max() <= 1)


def test_a_trained_network_finds_unseen_patients_of_any_size(trained, tmp_path: Path) -> None:
    _, _, model, _ = trained
    images, masks = write_phantoms(tmp_path, ["u1", "u2"])
    for patient in ("odd", "small"):
        files, drawn = write_phantoms(tmp_path, [patient], SHAPES[patient])
        images |= files
        masks |= drawn
    results = dict(segment([model, model], images, ORIGIN, INFERENCE))
    assert [*results] == [*images]
    for patient, image in results.items():
        assert grid_differences(image, read_volume(images[patient][0])) == []
        assert image.GetPixelID() == sitk.sitkUInt16
        mask, _ = draw_mask(image, 0.5, INFERENCE)
        reference = sitk.GetArrayFromImage(read_mask(masks[patient]))
        scores = score_pair(reference, sitk.GetArrayFromImage(mask), (3, 0.9, 0.8))
        assert scores["dice"] > 0.8, patient


@pytest.mark.parametrize("settings", [{}, {"flips": ["x", "y"]}, {"window": [32, 32]}])
def test_probabilities_depend_on_no_other_patient(images, tmp_path: Path, settings) -> None:
    models = [network(tmp_path / f"{seed}.keras", 3, seed) for seed in (1, 2)]
    together = found(models, images, **settings)
    for patient, files in images.items():
        alone = found(models, {patient: files}, **settings)[patient]
        np.testing.assert_array_equal(alone, together[patient])


@pytest.mark.parametrize("patient", SHAPES)
@pytest.mark.parametrize("window", [None, [32, 32], [64, 32], [96, 96]])
@pytest.mark.parametrize("flips", [[], ["y", "x"]])
def test_what_a_network_says_of_each_voxel_alone_is_what_comes_out(
    images, tmp_path: Path, patient, window, flips
) -> None:
    model = network(tmp_path / "model.keras")
    expected = quantised(voxelwise(model, images[patient]))
    values = found([model], {patient: images[patient]}, window=window, flips=flips)[patient]
    assert values.shape == SHAPES[patient]
    assert differ_by_rounding(values, expected)


def test_several_networks_give_their_mean(images, tmp_path: Path) -> None:
    models = [network(tmp_path / f"{seed}.keras", seed=seed) for seed in range(3)]
    files = images["odd"]
    expected = quantised(np.mean([voxelwise(model, files) for model in models], axis=0))
    assert differ_by_rounding(found(models, {"odd": files})["odd"], expected)


@pytest.mark.parametrize("window", [None, [32, 32]])
@pytest.mark.parametrize("flips", [["x"], ["y"], ["x", "y"]])
def test_a_mirrored_patient_has_mirrored_probabilities(
    images, tmp_path: Path, flips, window
) -> None:
    model, axes = network(tmp_path / "model.keras", kernel=5), {"y": 1, "x": 2}
    mirrored = []
    for number, file in enumerate(images["odd"]):
        image = sitk.GetArrayFromImage(read_volume(file))
        turned = np.flip(image, [axes[name] for name in flips]).copy()
        mirrored.append(tmp_path / f"{number}.nii.gz")
        write_volume(placed(sitk.GetImageFromArray(turned)), mirrored[-1])
    both = {"odd": images["odd"], "mirrored": mirrored}
    values = found([model], both, flips=flips, window=window)
    for name in flips:
        assert not differ_by_rounding(values["odd"], np.flip(values["odd"], axes[name]))
    back = np.flip(values["mirrored"], [axes[name] for name in flips])
    assert differ_by_rounding(values["odd"], back)


def test_two_flips_are_four_views() -> None:
    seen = []

    def predict(slices: np.ndarray) -> np.ndarray:
        seen.append(slices.copy())
        return slices[..., 0]

    volume = np.arange(32 * 32, dtype=np.float32).reshape(1, 32, 32, 1)
    probabilities(predict, volume, {"window": None, "flips": ["x", "y"], "size": [32, 32]})
    corners = sorted(float(slices[0, 0, 0, 0]) for slices in seen)
    assert corners == [0, 31, 31 * 32, 32 * 32 - 1]


def test_windows_slide_by_half_and_end_at_the_edge() -> None:
    assert starts(96, 64) == [0, 32]
    assert starts(100, 64) == [0, 32, 36]
    assert starts(64, 64) == [0]
    weight = fading((4, 6))
    assert weight.shape == (4, 6)
    assert weight.min() == weight[0, 0] > 0
    np.testing.assert_array_equal(weight[1], 2 * np.array([1, 2, 3, 3, 2, 1]))


def test_no_edge_of_a_window_shows() -> None:
    """A prediction that is wrong at the edge of each window alone hardly shows."""

    def predict(windows: np.ndarray) -> np.ndarray:
        edge = np.full(windows.shape[:3], 0.0)
        edge[:, 2:-2, 2:-2] = 1.0
        return edge

    inner = blended(predict, np.zeros((1, 96, 96, 1), np.float32), (32, 32))[0, 16:-16, 16:-16]
    assert inner.min() > 0.75
    assert np.abs(np.diff(inner, axis=0)).max() < 0.2


def test_a_threshold_is_rounded_as_probabilities_are() -> None:
    for threshold in [0.05, 0.1, 0.3, 0.5, 0.55, 0.95, 1e-7]:
        assert quantised(np.array([threshold]))[0] <= level_of(threshold)
        assert quantised(np.array([threshold + 1 / CERTAIN]))[0] >= level_of(threshold)
    assert level_of(1e-9) == 1


def test_a_network_of_another_plan_is_refused(images, tmp_path: Path) -> None:
    training = SETTINGS["training"] | {"epochs": 99}
    other = ORIGIN | {"segmenter": ORIGIN["segmenter"] | {"training": training}}
    models = [network(tmp_path / "ours.keras"), network(tmp_path / "other.keras", origin=other)]
    said = (
        r"other.keras: network was trained under another plan \(found segmenter.training.epochs 99,"
        r" expected segmenter.training.epochs 8\); train the segmenter again"
    )
    with pytest.raises(BadInput, match=said) as caught:
        found(models, {"odd": images["odd"]})
    assert len(caught.value.problems) == 1
    more = network(tmp_path / "more.keras", origin=ORIGIN | {"sequences": ["a", "b", "c"]})
    with pytest.raises(BadInput, match=r"found sequences \['a', 'b', 'c'\], expected .*'b'\]\)"):
        found([more], {"odd": images["odd"]})


def test_a_network_segments_nobody_whom_it_was_trained_on(tmp_path: Path) -> None:
    images, _ = write_phantoms(tmp_path, ["a", "b", "c"])
    own = network(tmp_path / "own.keras", origin=ORIGIN | {"patients": ["b", "x"]})
    with pytest.raises(BadInput, match="trained on a patient whom it is to segment") as caught:
        dict(segment([own], images, ORIGIN, INFERENCE))
    assert [problem.patient for problem in caught.value.problems] == ["b"]
    assert set(dict(segment([own], {"a": images["a"]}, ORIGIN, INFERENCE))) == {"a"}


def test_a_network_keeps_its_origin_and_is_read_by_keras(tmp_path: Path) -> None:
    path = network(tmp_path / "model.keras")
    assert read_origin(path) == ORIGIN
    assert "radproof.json" in zipfile.ZipFile(path).namelist()
    assert keras.models.load_model(path).input_shape[-1] == 2
    bare = tmp_path / "bare.keras"
    load_model(path).save(bare)
    with pytest.raises(BadInput, match="does not say which plan"):
        read_origin(bare)
    bare.write_bytes(path.read_bytes()[:300])
    with pytest.raises(BadInput, match="network cannot be read"):
        read_origin(bare)


def test_code_in_a_network_is_refused_and_not_run(tmp_path: Path) -> None:
    target, path = str(tmp_path / "run.txt"), tmp_path / "planted.keras"
    code = keras.layers.Lambda(
        lambda x: (__import__("pathlib").Path(target).write_text("run"), x)[1],
        output_shape=(8, 8, 1),
    )
    inputs = keras.Input((8, 8, 1))
    save_model(keras.Model(inputs, code(inputs)), path, ORIGIN)
    Path(target).unlink(missing_ok=True)
    with pytest.raises(BadInput, match=r"network cannot be read.*[Ll]ambda"):
        load_model(path)
    assert not Path(target).exists()


def test_a_network_for_other_sequences_is_refused(images, tmp_path: Path) -> None:
    model = network(tmp_path / "model.keras")
    with pytest.raises(BadInput, match=r"another number of sequences.*found 2, expected 1"):
        found([model], {"odd": images["odd"][:1]})


def test_sequences_on_different_grids_are_refused(images, tmp_path: Path) -> None:
    model = network(tmp_path / "model.keras")
    mixed = {"odd": [images["odd"][0], images["small"][1]]}
    with pytest.raises(BadInput, match=r"patient odd: .*another grid.*prepare the images again"):
        found([model], mixed)


def test_a_network_that_gives_no_number_is_refused(images, tmp_path: Path) -> None:
    model = load_model(network(tmp_path / "model.keras"))
    model.set_weights([weights * np.nan for weights in model.get_weights()])
    save_model(model, tmp_path / "nan.keras", ORIGIN)
    with pytest.raises(BadInput, match=r"patient one: .*nan.keras: .*not finite"):
        found([tmp_path / "nan.keras"], {"one": images["one"]})
