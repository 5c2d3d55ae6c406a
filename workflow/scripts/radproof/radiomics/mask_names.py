"""Names of the masks that stability compares."""

from typing import Any

# In a plan, all perturbed masks; ``perturbed1`` and so on are masks of their own.
PERTURBED = "perturbed"


def perturbed_names(count: int) -> list[str]:
    """Return the names of the perturbed masks of a patient."""
    return [f"{PERTURBED}{number + 1}" for number in range(count)]


def table_masks(extractors: dict[str, Any]) -> list[str]:
    """Return the masks whose features a plan's extractors read from tables, each once."""
    tables = [entry["tables"] for entry in extractors.values() if "tables" in entry]
    return list(dict.fromkeys(mask for own in tables for mask in own))


def compared_masks(stability: dict[str, Any] | None) -> dict[str, list[str]]:
    """Return the masks of each comparison of a plan, perturbed masks one by one.

    Parameters
    ----------
    stability
        ``between`` (comparison → ``masks``, ``decides``) and ``perturbations`` (with their
        ``count``, or None), as the plan has them; None compares nothing.
    """
    if stability is None:
        return {}
    perturbations = stability["perturbations"]
    perturbed = perturbed_names(perturbations["count"]) if perturbations else []
    return {
        name: [
            one
            for mask in comparison["masks"]
            for one in (perturbed if mask == PERTURBED else [mask])
        ]
        for name, comparison in stability["between"].items()
    }
