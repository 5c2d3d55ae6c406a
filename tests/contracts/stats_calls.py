"""Calls of ``radproof stats`` in this process, and a table to call them on."""

import json
from typing import Any

from radproof.cli_stats import app
from typer.testing import CliRunner, Result

PREDICTED = """\
y,p,q,a,b
1,0.9,0.8,1,1
1,0.7,0.9,1,1
1,0.4,0.6,0,1
1,0.3,0.2,0,0
0,0.6,0.3,1,0
0,0.5,0.4,1,0
0,0.2,0.7,0,1
0,0.1,0.1,0,0
0,0.3,0.2,0,0
"""


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def stats(*arguments: object) -> dict[str, Any]:
    result = call(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def refusal(*arguments: object) -> str:
    """What a refused call says on standard error; nothing may stand on standard output."""
    result = call(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    return result.stderr
