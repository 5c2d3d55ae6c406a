"""What the BIDS validator says of a data set."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def bids_errors(folder: Path) -> list[dict[str, Any]]:
    """Return the errors of a data set; warnings say what could be told besides."""
    validator = Path(sys.executable).parent / "bids-validator-deno"
    done = subprocess.run(
        [str(validator), str(folder), "--json"], capture_output=True, text=True, check=False
    )
    issues = json.loads(done.stdout)["issues"]["issues"]
    return [issue for issue in issues if issue["severity"] == "error"]
