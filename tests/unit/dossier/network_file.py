"""What a file of Keras says of its network, without the weights."""

import json
import zipfile
from pathlib import Path


def write_network(path: Path) -> Path:
    layer = {"batch_shape": [None, None, None, 3], "dtype": "float32", "name": "image"}
    layers = [{"class_name": "InputLayer", "config": layer}, {"class_name": "Conv2D", "config": {}}]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps({"config": {"layers": layers}}))
    return path
