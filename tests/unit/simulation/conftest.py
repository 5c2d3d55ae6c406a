from typing import Any

import pytest
from radproof.provenance import PROJECT
from radproof.schema import read_schema, read_yaml, typed


@pytest.fixture
def settings() -> dict[str, Any]:
    """The simulation section of the default plan; a test may change its copy."""
    plan = read_yaml(PROJECT / "config/studies/otscc-simulated.yaml")
    return typed(plan["simulation"], read_schema("simulation"))


@pytest.fixture
def patients() -> list[str]:
    return [f"OTS{number:03d}" for number in range(1, 137)]


@pytest.fixture
def few(settings: dict[str, Any]) -> list[str]:
    """A dozen patients; the settings are scaled to them."""
    settings.update(men=7, women=5)
    return [f"SML{number:02d}" for number in range(1, 13)]
