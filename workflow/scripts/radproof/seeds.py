"""One seed in the plan; every job, patient and model derives its own."""

import hashlib


def derive_seed(seed: int, *names: str) -> int:
    """Return a 31-bit seed that depends on the plan's seed and the given names alone.

    Independent of the order in which jobs run and of how patients are batched.
    """
    text = "\x1f".join([str(seed), *names])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1
