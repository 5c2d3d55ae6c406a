"""Settings of a plan that know their mark of origin, to be written into prose."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from markupsafe import Markup, escape

from radproof.plan import MARKED_SECTIONS, marks

# How a mark stands behind a value, in the order of the legend; a raised o would be read
# as degrees.
LETTERS = {"stated": "s", "inferred": "i", "field custom": "f", "our choice": "c"}
HTML = Markup(
    '<span class="setting" title="{places}: {mark}">{words}<sup><span aria-hidden="true">{letter}'
    '</span><span class="unseen"> ({mark})</span></sup></span>'
)


@dataclass(frozen=True)
class Setting:
    """A value of the plan with its mark, and where it stands: in several places if alike there.

    In a template it writes itself with its mark, and is true where its value is.
    """

    value: Any
    mark: str
    places: tuple[str, ...] = field(compare=False)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __str__(self) -> str:
        return plain(self.value)

    def __html__(self) -> Markup:
        return self.say(str(self))

    def say(self, words: str | Mapping[Any, str]) -> Markup:
        """Return words in place of the value, or those that stand for it, with the mark.

        Raises
        ------
        KeyError
            If there are words for other values only.
        """
        chosen = words[self.value] if isinstance(words, Mapping) else words
        return HTML.format(
            places=", ".join(self.places), mark=self.mark, words=chosen, letter=LETTERS[self.mark]
        )

    def by(self, separator: str) -> Markup:
        """Return the parts of a list with something between them, such as ``1 × 1 × 3``."""
        return self.say(separator.join(map(plain, self.value)))


def plain(value: Any) -> str:
    """Return a value as it is read: a list in a row, a number without needless digits."""
    if isinstance(value, (list, dict)):
        return _in_a_row(list(map(plain, value))) if value else "none"
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def listed(words: Iterable[Any]) -> Markup:
    """Return words in a row as HTML; what is no HTML is escaped."""
    return Markup(_in_a_row([escape(word) for word in words]))


def _in_a_row(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def plural(setting: Setting, noun: str) -> str:
    """Return a noun in the number of a setting, or of what it lists."""
    count = len(setting.value) if isinstance(setting.value, list) else setting.value
    return noun if count == 1 else f"{noun}s"


def marked(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plan's marked sections with a `Setting` for every leaf of ``plan.leaves``."""
    origin = marks(dict(plan))

    def tree(value: Any, place: str) -> Any:
        if isinstance(value, dict) and value:
            return {key: tree(item, f"{place}.{key}") for key, item in value.items()}
        if isinstance(value, list) and any(isinstance(item, dict) for item in value):
            names = [item.get("name", index) for index, item in enumerate(value)]
            return [tree(item, f"{place}.{name}") for name, item in zip(names, value, strict=True)]
        return Setting(value, str(origin[place]), (place,))

    return {name: tree(plan[name], name) for name in MARKED_SECTIONS if name in plan}


def alike(entries: Iterable[tuple[Any, Any]]) -> list[tuple[list[Any], Any]]:
    """Return equal trees of settings once, in the order met, with the names of all that have it."""
    groups: list[tuple[list[Any], list[Any]]] = []
    for name, tree in entries:
        same = next((group for group in groups if group[1][0] == tree), None)
        if same is None:
            same = ([], [])
            groups.append(same)
        same[0].append(name)
        same[1].append(tree)
    return [(names, _together(trees)) for names, trees in groups]


def _together(trees: Sequence[Any]) -> Any:
    """Return equal trees as one, whose settings stand wherever they stood in any of them."""
    first = trees[0]
    if isinstance(first, dict):
        return {key: _together([tree[key] for tree in trees]) for key in first}
    if isinstance(first, list):
        return [_together(items) for items in zip(*trees, strict=True)]
    return replace(first, places=tuple(place for tree in trees for place in tree.places))
