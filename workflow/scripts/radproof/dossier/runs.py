"""What a study logs: the study as parent run, and below it each fold and each model."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from radproof.dossier.logged_models import FrozenModel, Network
from radproof.dossier.tracking import Run
from radproof.provenance import sha256_of
from radproof.tables import read_table

# A network up to this size is copied into the store; of a larger one the SHA-256 is logged.
NETWORK_BYTES = 100_000_000


def study_run(
    plan: Mapping[str, Any], summaries: Mapping[str, pd.DataFrame], artifacts: Sequence[Path]
) -> Run:
    """Return the parent run: the plan, the mean scores of the masks, figures and tables.

    The plan is among the files as well, as one that can be run again.
    """
    metrics = {}
    for segmenter, summary in summaries.items():
        means = summary[(summary["candidate"] == segmenter) & summary["mean"].notna()]
        for row in means.to_dict("records"):
            name = f"{segmenter}.{row['set']}.{row['reference']}.{row['metric']}"
            metrics[name] = float(row["mean"])
    params = {name: value for name, value in plan.items() if name != "marks"}
    tags = {"simulated": str("simulation" in plan).lower()}
    texts = {"plan.yaml": yaml.safe_dump(dict(plan), sort_keys=False, allow_unicode=True)}
    return Run(str(plan["study"]), params, metrics, artifacts=artifacts, tags=tags, texts=texts)


def fold_run(plan: Mapping[str, Any], folder: Path) -> Run:
    """Return the run of one fold's network: its settings, curves by epoch, size and threshold.

    ``folder`` holds ``history.tsv``, ``network.tsv`` and ``model.keras`` of the fold;
    ``threshold.tsv`` of the segmenter lies above it.
    """
    segmenter, fold = folder.parent.name, folder.name.removeprefix("fold-")
    history, network = (read_table(folder / f"{name}.tsv") for name in ("history", "network"))
    thresholds = read_table(folder.parent / "threshold.tsv")
    settings = {"segmenter": segmenter, "fold": fold, **plan["segmenters"][segmenter]}
    kept = history[history["kept"] == 1].iloc[0]
    metrics = {
        "kept_epoch": float(kept["epoch"]),
        "kept_val_dice": float(kept["val_dice"]),
        "parameters": float(network["parameters"].sum()),
        "multiply_adds": float(network["multiply_adds"].sum()),
        "threshold": float(thresholds.loc[thresholds["fold"] == fold, "threshold"].item()),
    }
    curves, file = history.drop(columns="kept"), folder / "model.keras"
    tags = {"fold": fold, "network_sha256": sha256_of(file)}
    small = file.stat().st_size <= NETWORK_BYTES
    model = Network(f"{segmenter}-fold-{fold}", file) if small else None
    return Run(f"{segmenter} fold {fold}", settings, metrics, curves, tags=tags, model=model)


def model_run(plan: Mapping[str, Any], path: Path, discrimination: pd.DataFrame) -> Run:
    """Return the run of one model: its settings, its areas under the curve, itself."""
    name = path.parent.name
    rows = discrimination[(discrimination["model"] == name) & discrimination["auc"].notna()]
    metrics = {
        f"auc.{row['set']}.{row['kind']}": float(row["auc"]) for row in rows.to_dict("records")
    }
    settings = plan["models"][name]
    model = FrozenModel(name, path, settings)
    return Run(name, settings, metrics, tags={"model": name}, model=model)
