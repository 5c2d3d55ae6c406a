"""The graph of a lineage: jobs by rule and stage, drawn as SVG."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from radproof.dossier.lineage import Lineage

STAGES = [
    *("raw files", "dataset", "cohort", "images", "segmentation", "radiomics"),
    *("models", "evaluation", "null", "figures", "dossier"),
]
BOX = (156, 40)
STEP = (206, 58)
MARGIN, HEAD = 16, 62
INK, GREY, BAD = "#1a1a1a", "#8a8a8a", "#b34700"


@dataclass(frozen=True)
class Node:
    """A rule with its jobs, or raw files of one place; ``changed`` if a file of it is not right."""

    name: str
    stage: str
    text: str
    depth: int
    changed: bool


def job_depths(jobs: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], int]:
    """Return how many jobs lie, at most, between each job (rule, label) and raw files."""
    listed = sorted(jobs, key=lambda job: job["ended"])
    maker = {entry["path"]: job for job in listed for entry in job["outputs"]}
    depths: dict[tuple[str, str], int] = {}

    def depth(job: Mapping[str, Any]) -> int:
        key = job["rule"], job["label"]
        if key not in depths:
            makers = [maker[entry["path"]] for entry in job["inputs"] if entry["path"] in maker]
            unlike = [made for made in makers if made is not job]
            depths[key] = 1 + max(map(depth, unlike), default=0)
        return depths[key]

    for job in listed:
        depth(job)
    return depths


def rule_order(jobs: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the rules of jobs in an order in which they could have run."""
    deepest: dict[str, int] = {}
    for (rule, _), depth in job_depths(jobs).items():
        deepest[rule] = max(depth, deepest.get(rule, 0))
    return sorted(deepest, key=lambda rule: (deepest[rule], rule))


def collapse(lineage: Lineage) -> tuple[list[Node], Counter[tuple[str, str]]]:
    """Return a node a rule and place of raw files, and files read between each two of them."""
    changed = {problem.file for problem in lineage.problems}
    order = rule_order(lineage.jobs)
    nodes = [
        _rule_node(depth, rule, [job for job in lineage.jobs if job["rule"] == rule], changed)
        for depth, rule in enumerate(order, 1)
    ]
    places = Counter(_source_of(path) for path in lineage.sources)
    bad_places = {_source_of(path) for path in changed & set(lineage.sources)}
    nodes += [
        Node(place, STAGES[0], f"{count} files", 0, place in bad_places)
        for place, count in sorted(places.items())
    ]
    maker = {entry["path"]: job["rule"] for job in lineage.jobs for entry in job["outputs"]}
    read = {(entry["path"], job["rule"]) for job in lineage.jobs for entry in job["inputs"]}
    edges = Counter((maker.get(path, _source_of(path)), rule) for path, rule in read)
    names = {node.name for node in nodes}
    known = {edge: n for edge, n in edges.items() if edge[0] in names and edge[0] != edge[1]}
    return nodes, Counter(known)


def needed(
    nodes: Iterable[Node], edges: Mapping[tuple[str, str], int]
) -> dict[tuple[str, str], int]:
    """Return the edges without those that a longer way leads along as well.

    Edges back to an earlier rule (a model that takes another's scores) all stay.
    """
    depth = {node.name: node.depth for node in nodes}
    onward: dict[str, set[str]] = {}
    for first, second in edges:
        if depth[first] < depth[second]:
            onward.setdefault(first, set()).add(second)

    @cache
    def reached(name: str) -> frozenset[str]:
        nexts = onward.get(name, set())
        return frozenset(nexts).union(*map(reached, nexts))

    return {
        (first, second): count
        for (first, second), count in edges.items()
        if depth[first] >= depth[second]
        or not any(second in reached(other) for other in onward[first] - {second})
    }


def _rule_node(depth: int, rule: str, jobs: list[Mapping[str, Any]], changed: set[str]) -> Node:
    paths = {entry["path"] for job in jobs for entry in job["outputs"]}
    paths |= {f"records/{job['rule']}/{job['label']}.json" for job in jobs}
    paths |= {path for job in jobs for path in job["code"]["files"]}
    folder = min(entry["path"] for entry in jobs[0]["outputs"]).split("/")[0]
    codes = sorted({job["code"]["sha256"][:8] for job in jobs})
    count = f"{len(jobs)} job{'s' if len(jobs) > 1 else ''}"
    stage = folder if folder in STAGES else STAGES[-1]
    return Node(rule, stage, f"{count}, code {codes[0]}", depth, bool(paths & changed))


def _source_of(path: str) -> str:
    return path.split("/")[0] if path.startswith("dataset:") else "project files"


def as_svg(lineage: Lineage) -> str:
    """Return a lineage drawn as SVG: columns are stages, boxes rules, lines files read."""
    nodes, edges = collapse(lineage)
    places = _places(nodes)
    width = max((x for x, _ in places.values()), default=STEP[0]) + STEP[0]
    rows = max((y for _, y in places.values()), default=0) + BOX[1]
    notes = _notes(lineage)
    height = rows + MARGIN + 18 * len(notes)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}" font-family="DejaVu Sans, Arial, sans-serif" font-size="11">',
        f"<title>{escape(lineage.file)}</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="{MARGIN}" y="24" font-size="14" fill="{INK}">{escape(lineage.file)}</text>',
        *_heads(nodes, places),
        *(_edge(places, edge, count) for edge, count in sorted(needed(nodes, edges).items())),
        *(_box(node, places[node.name]) for node in nodes),
        *(
            f'<text x="{MARGIN}" y="{rows + 22 + 18 * line}" fill="{colour}">{escape(text)}</text>'
            for line, (text, colour) in enumerate(notes)
        ),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _places(nodes: Iterable[Node]) -> dict[str, tuple[int, int]]:
    """Return the upper left corner of each box: a column a stage, later rules further down."""
    listed = sorted(nodes, key=lambda node: (node.depth, node.name))
    shown = [stage for stage in STAGES if any(node.stage == stage for node in listed)]
    places = {}
    for column, stage in enumerate(shown):
        of_stage = [node for node in listed if node.stage == stage]
        for row, node in enumerate(of_stage):
            places[node.name] = MARGIN + column * STEP[0], HEAD + row * STEP[1]
    return places


def _heads(nodes: Iterable[Node], places: Mapping[str, tuple[int, int]]) -> list[str]:
    columns = {node.stage: places[node.name][0] for node in nodes}
    return [
        f'<text x="{x}" y="{HEAD - 12}" font-weight="bold" fill="{INK}">{stage}</text>'
        for stage, x in sorted(columns.items(), key=lambda item: item[1])
    ]


def _edge(places: Mapping[str, tuple[int, int]], edge: tuple[str, str], count: int) -> str:
    (x1, y1), (x2, y2) = places[edge[0]], places[edge[1]]
    if x1 == x2:
        x1, y1, x2, y2 = x1 + BOX[0], y1 + BOX[1] // 2, x2 + BOX[0], y2 + BOX[1] // 2
        bend = f"C {x1 + 26} {y1}, {x2 + 26} {y2}"
    else:
        x1, y1, y2 = x1 + BOX[0], y1 + BOX[1] // 2, y2 + BOX[1] // 2
        middle = (x1 + x2) // 2
        bend = f"C {middle} {y1}, {middle} {y2}"
    title = f"{edge[1]} reads {count} file{'s' if count > 1 else ''} of {edge[0]}"
    return (
        f'<path d="M {x1} {y1} {bend}, {x2} {y2}" fill="none" stroke="{GREY}"'
        f' stroke-opacity="0.7"><title>{escape(title)}</title></path>'
    )


def _box(node: Node, place: tuple[int, int]) -> str:
    x, y = place
    colour = BAD if node.changed else INK
    fill = "#fbe9df" if node.changed else "#f2f5f9"
    second = f"{node.text}, CHANGED" if node.changed else node.text
    name, second = escape(node.name), escape(second)
    return (
        f"<g><title>{name}: {second}</title>"
        f'<rect x="{x}" y="{y}" width="{BOX[0]}" height="{BOX[1]}" rx="4" fill="{fill}"'
        f' stroke="{colour}"/>'
        f'<text x="{x + 8}" y="{y + 17}" font-weight="bold" fill="{INK}">{name}</text>'
        f'<text x="{x + 8}" y="{y + 32}" font-size="9.5" fill="{colour}">{second}</text></g>'
    )


def _notes(lineage: Lineage, most: int = 12) -> list[tuple[str, str]]:
    """Return the lines below the graph: what it counts, and what is wrong."""
    counts = f"{len(lineage.jobs)} jobs, {len(lineage.sources)} raw files"
    if lineage.absent:
        counts += f", {len(lineage.absent)} of them not on this machine"
    problems = [(f"PROBLEM: {problem}", BAD) for problem in lineage.problems[:most]]
    more = len(lineage.problems) - len(problems)
    rest = [(f"and {more} problems more", BAD)] if more > 0 else []
    verdict = [] if problems else [("every hash that could be checked is as recorded", INK)]
    return [(counts, INK), *verdict, *problems, *rest]
