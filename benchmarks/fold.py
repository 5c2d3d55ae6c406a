"""One fold of a study: train on the others, draw the patients of this one, score them.

Run by segmentation.py in a process of its own, so that its time on the clock is that of a job.
"""

import argparse
import hashlib
import json
import time
from pathlib import Path
from typing import Any

STARTED = time.perf_counter()

import numpy as np  # noqa: E402
import SimpleITK as sitk  # noqa: E402
from peers import PEERS  # noqa: E402
from radproof.segmentation.inference import segment  # noqa: E402
from radproof.segmentation.masks import draw_mask  # noqa: E402
from radproof.segmentation.model_files import save_model  # noqa: E402
from radproof.segmentation.scores import score_pair  # noqa: E402
from radproof.segmentation.training import Trainer  # noqa: E402
from radproof.study import Study, read_study  # noqa: E402
from radproof.volumes import read_mask  # noqa: E402

IMPORTED = time.perf_counter()


def main() -> None:
    """Train and score; write one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("plan")
    parser.add_argument("fold")
    parser.add_argument("output", type=Path)
    parser.add_argument("--network", choices=["ours", *PEERS], default="ours")
    parser.add_argument("--training", type=json.loads, default={}, help="changes to the plan")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    study = read_study(arguments.plan, None)
    entry = next(iter(study.plan["segmenters"].values()))
    entry["training"] |= arguments.training
    images, masks = prepared(study, entry["rater"])
    held_out = [name for name in study.patients(fold=arguments.fold) if name in images]
    others = [name for name in study.patients("train") if name in images and name not in held_out]
    marks: list[tuple[float, str]] = []

    def log(line: str) -> None:
        marks.append((time.perf_counter() - STARTED, line))
        print(f"{marks[-1][0]:7.1f} {line}", flush=True)

    channels = len(study.plan["sequences"])
    trainer = Trainer(entry, channels, log, PEERS.get(arguments.network))
    trained = trainer.train(others, images, masks, arguments.seed)
    seconds = time.perf_counter() - STARTED
    origin = {"network": arguments.network}
    file = arguments.output.with_suffix(".keras")
    save_model(trained.model, file, origin)
    settings = {**entry["inference"], "size": entry["training"]["size"]}
    shown = {name: images[name] for name in held_out}
    scores: dict[str, Any] = {}
    for name, probabilities in segment([file], shown, origin, settings):
        drawn, _ = draw_mask(probabilities, 0.5, settings)
        reference = read_mask(masks[name], 1, name)
        arrays = [sitk.GetArrayFromImage(mask) for mask in (reference, drawn)]
        pair = score_pair(arrays[0], arrays[1], reference.GetSpacing()[::-1])
        scores[name] = {metric: pair[metric] for metric in ("dice", "iou")}
    result = {
        "seconds": seconds,
        "import_seconds": IMPORTED - STARTED,
        "epoch_ends": [moment for moment, line in marks if line.startswith("epoch")],
        "log": [line for _, line in marks],
        "parameters": trained.model.count_params(),
        "scores": scores,
        "weights": digest_of(trained.model.get_weights()),
    }
    arguments.output.write_text(json.dumps(result))


def prepared(study: Study, rater: str) -> tuple[dict[str, list[Path]], dict[str, Path]]:
    """Return the prepared images and masks of training patients that were analysed."""
    folder = Path("results") / study.name / "images"
    names = [sequence["name"] for sequence in study.plan["sequences"]]
    found = [folder / name for name in study.patients("train") if (folder / name).is_dir()]
    images = {place.name: [place / f"{name}.nii.gz" for name in names] for place in found}
    return images, {place.name: place / f"mask-{rater}.nii.gz" for place in found}


def digest_of(weights: list[np.ndarray]) -> str:
    """Return one hash of all weights."""
    total = hashlib.sha256()
    for array in weights:
        total.update(array.tobytes())
    return total.hexdigest()


if __name__ == "__main__":
    main()
