"""What a fold logs: its settings, the size of its network, and whose threshold it is."""

from pathlib import Path

import pandas as pd
from radproof.dossier.runs import fold_run
from radproof.tables import write_table


def test_a_fold_logs_its_own_network_and_threshold(tmp_path: Path) -> None:
    folder = tmp_path / "unet" / "fold-2"
    history = pd.DataFrame({"epoch": [1, 2, 3], "loss": 0.5, "val_dice": [0.2, 0.7, 0.6]})
    history["kept"] = [0, 1, 0]
    write_table(history, folder / "history.tsv")
    columns = ["layer", "kind", "output", "parameters", "multiply_adds"]
    layers = [["a", "Conv2D", "8 x 8 x 4", 76, 4608], ["b", "Conv2D", "8 x 8 x 1", 5, 256]]
    write_table(pd.DataFrame(layers, columns=columns), folder / "network.tsv")
    thresholds = pd.DataFrame({"fold": ["1", "2", None], "threshold": [0.4, 0.55, 0.5]})
    write_table(thresholds, folder.parent / "threshold.tsv")
    run = fold_run({"segmenters": {"unet": {"kind": "tiny"}}}, folder)
    assert run.name == "unet fold 2"
    assert run.params == {"segmenter": "unet", "fold": "2", "kind": "tiny"}
    expected = {
        "kept_epoch": 2,
        "kept_val_dice": 0.7,
        "parameters": 81,
        "multiply_adds": 4864,
        "threshold": 0.55,
    }
    assert run.metrics == expected
    assert len(run.history) == 3
