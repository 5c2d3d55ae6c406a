"""Ways to spoil bytes and trees, drawn by hypothesis: the same in every run."""

import copy
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

PIECES = [
    *(b"", b"\0", b"\xff", b"\r", b"\n", b"\t", b'"', b",", b"\xef\xbb\xbf", b"\x1b[2J", b"\x85"),
    *(b"1e999", b"9" * 400, b"nan", b"n/a", b"-", b"=1+1", b"1_0", b"inf", b"../x", b"a\tb\tc"),
    *("\u202e".encode(), "\u2028".encode(), "\u0663".encode()),
]
JUNK: list[Any] = [
    *(None, True, 0, -1, 1.5, 10**30, float("nan"), float("inf"), "", "x", "a\n", "../x", "/etc"),
    *("{patient.x}", "\0", "=1+1", [], [None], [[]], [{}], {}, {"kind": []}, {1: 2}, {None: 1}),
]
TREES = st.recursive(
    st.sampled_from(JUNK) | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


def bounded(examples: int) -> settings:
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        # A plan takes a while to read: what fails is shown as it was drawn.
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@st.composite
def spoilt_bytes(draw: st.DrawFn, sound: bytes) -> bytes:
    """Draw bytes that differ in a few places: put in, taken out, cut off, encoded otherwise."""
    content = sound
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.sampled_from([0, 0, 1, 5])))
        content = content[:start] + draw(st.sampled_from(PIECES)) + content[end:]
    other = draw(st.sampled_from(["", "", "cut", "utf-16", "cr", "crlf", "bom"]))
    changed = {
        "cut": content[: len(content) // 2],
        "utf-16": content.decode("latin-1").encode("utf-16"),
        "cr": content.replace(b"\n", b"\r"),
        "crlf": content.replace(b"\n", b"\r\n"),
        "bom": b"\xef\xbb\xbf" + content,
    }
    return changed.get(other, content)


def places(tree: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the place of every value below the top of a tree."""
    keys = tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    return [place for key in keys for place in [(*above, key), *places(tree[key], (*above, key))]]


@st.composite
def spoilt_tree(draw: st.DrawFn, sound: Any) -> Any:
    """Draw a tree with one to three values taken out or replaced."""
    tree = copy.deepcopy(sound)
    for _ in range(draw(st.integers(1, 3))):
        found = places(tree)
        if not found:
            return tree
        # Any depth is as likely as any other: there are few values near the top.
        depth = draw(st.sampled_from(sorted({len(place) for place in found})))
        *above, last = draw(st.sampled_from([place for place in found if len(place) == depth]))
        holder = tree
        for key in above:
            holder = holder[key]
        if draw(st.booleans()):
            holder[last] = copy.deepcopy(draw(TREES))
        else:
            del holder[last]
    return tree
