import copy
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, nodes
from markupsafe import Markup
from radproof.dossier.claims import check_claims
from radproof.dossier.methods import WORDS, methods_of, phrase, phrase_book
from radproof.dossier.report import report_context
from radproof.dossier.settings import LETTERS, Setting, alike, listed, plain
from radproof.kinds import FAMILIES, available_kinds
from radproof.plan import MARKED_SECTIONS, leaves, load_plan, marks
from radproof.schema import read_schema

PROJECT = Path(__file__).resolve().parents[3]
STUDIES = sorted(path.stem for path in (PROJECT / "config" / "studies").glob("*.yaml"))
KINDS = [(family, kind) for family in FAMILIES for kind in available_kinds(family)]
EVIL = "<script>alert('x')</script> & \"quoted\" {{ 7 * 7 }}"
SETTING = re.compile(r'<span class="setting" title="([^"]*): ([^:"]*)">(.*?)</sup></span>', re.S)
# Numbers that are the words' own: of the interval, of the scale that a window is mapped to.
OWN_NUMBERS = {"95", "1"}


def study(name: str) -> dict[str, Any]:
    """A plan as a job reads it: keys sorted."""
    plan = load_plan(PROJECT / "config" / "studies" / f"{name}.yaml")
    return json.loads(json.dumps(plan, sort_keys=True))


def prose(plan: dict[str, Any]) -> str:
    return "\n".join(text for _, text in methods_of(plan))


def words(html: str) -> str:
    """What is read by eye, without the letters of marks."""
    return unescape(re.sub(r"<[^>]+>", "", re.sub(r"<sup>.*?</sup>", "", html)))


def said(html: str) -> dict[str, str]:
    """Place of each setting that is said, with the mark that stands behind it."""
    found = SETTING.findall(html)
    return {place: mark for places, mark, _ in found for place in unescape(places).split(", ")}


def test_every_kind_has_a_phrase_and_every_phrase_a_kind():
    written = {(path.parent.name, path.stem) for path in WORDS.glob("*/*.j2")}
    assert written == set(KINDS)


def chains(node: nodes.Node) -> Iterator[list[str]]:
    """Names after ``s`` in every expression of a template: ``s.a.b`` gives a, b."""
    for found in node.find_all(nodes.Getattr):
        names, inner = [found.attr], found.node
        while isinstance(inner, nodes.Getattr):
            names, inner = [inner.attr, *names], inner.node
        if isinstance(inner, nodes.Name) and inner.name == "s":
            yield names


@pytest.mark.parametrize(("family", "kind"), KINDS)
def test_a_phrase_speaks_of_settings_that_its_kind_has_and_names_the_kind(family, kind):
    source = (WORDS / family / f"{kind}.j2").read_text(encoding="utf-8")
    spoken = list(chains(Environment().parse(source)))
    for names in spoken:
        at = read_schema(f"{family}/{kind}")
        for name in names:
            if "properties" not in at:
                assert name in ("say", "by", "value", "items"), names
                break
            if name == "items":
                break
            assert name in at["properties"], names
            at = at["properties"][name]
    assert any(names[0] == "kind" for names in spoken)


def examples(schema: dict[str, Any], defs: dict[str, Any]) -> list[Any]:
    """Values that a schema allows: every word of an enumeration, null, empty and filled."""
    if "$ref" in schema:
        return examples(defs[schema["$ref"].rsplit("/", 1)[1]], defs)
    if "const" in schema:
        return [schema["const"]]
    if "enum" in schema:
        return schema["enum"]
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return [one for name in types for one in EXAMPLES[name](schema, defs)]


def objects(schema: dict[str, Any], defs: dict[str, Any]) -> list[dict[str, Any]]:
    """Each value of each setting at least once, and what must be there alone."""
    if "properties" not in schema:
        return [{"one": "file.tsv", EVIL: "other.tsv"}]
    if schema["properties"] == {"kind": {"type": "string"}}:
        return [{"kind": "dice"}]
    values = {name: examples(one, defs) for name, one in schema["properties"].items()}
    rows = range(max(map(len, values.values())))
    every = [{name: one[row % len(one)] for name, one in values.items()} for row in rows]
    needed = {name: every[0][name] for name in schema.get("required", [])}
    return every if schema.get("minProperties") and not needed else [*every, needed]


EXAMPLES: dict[str, Any] = {
    "object": objects,
    "null": lambda schema, defs: [None],
    "boolean": lambda schema, defs: [True, False],
    "integer": lambda schema, defs: [schema.get("minimum", 1), 7],
    "number": lambda schema, defs: [schema.get("minimum", 0.5), 0.25],
    "string": lambda schema, defs: ["imagenet", "out_of_fold", EVIL],
    "array": lambda schema, defs: [
        *([] if schema.get("minItems") else [[]]),
        examples(schema["items"], defs)[:3] * (1 if schema.get("uniqueItems") else 2),
    ],
}


def as_settings(value: Any, place: str = "entry") -> Any:
    if isinstance(value, dict) and value:
        return {key: as_settings(item, f"{place}.{key}") for key, item in value.items()}
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return [as_settings(item, f"{place}.{index}") for index, item in enumerate(value)]
    return Setting(value, "our choice", (place,))


@pytest.mark.parametrize(("family", "kind"), KINDS)
def test_a_phrase_can_be_said_of_whatever_its_schema_allows(family, kind):
    schema = read_schema(f"{family}/{kind}")
    book = phrase_book()
    more = {"name": EVIL, "reference": EVIL, "phrase": book.globals["phrase"]}
    for entry in objects(schema, schema.get("$defs", {})):
        html = phrase(book, family, as_settings(entry), **more)
        assert "<script" not in html and "Undefined" not in html
        assert "entry.kind" in said(html)


@pytest.mark.parametrize("name", STUDIES)
def test_every_marked_setting_is_said_or_stands_in_a_table_of_the_page(name):
    plan = study(name)
    none = check_claims({"claims": []}, {}, False)
    context = report_context(plan, [], {}, none, [], [], {}, {})
    tables = {row[0] for stage in context["stages"] for row in stage["settings"].rows}
    spoken = said("".join(text for _, text in context["methods"]))
    sections = {section: plan[section] for section in MARKED_SECTIONS if section in plan}
    places = [place for place, _ in leaves(sections)]
    assert not [place for place in places if place not in spoken and place not in tables]
    assert set(spoken) <= set(places)


@pytest.mark.parametrize("name", STUDIES)
def test_what_is_said_has_the_plans_value_and_mark_and_no_number_of_its_own(name):
    plan = study(name)
    html, origin = prose(plan), marks(plan)
    values = dict(
        leaves({section: plan[section] for section in MARKED_SECTIONS if section in plan})
    )
    for places, mark, shown in SETTING.findall(html):
        assert f"({mark})" in shown and f">{LETTERS[mark]}<" in shown
        for place in unescape(places).split(", "):
            assert origin[place] == mark
            value = values[place]
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                assert plain(value) in words(shown.split("<sup>")[0]), place
    rest = unescape(re.sub(r"<[^>]+>", "", SETTING.sub("", html)))
    assert set(re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?!\w)", rest)) <= OWN_NUMBERS


def words_of_plan() -> list[tuple[tuple[str | int, ...], Any]]:
    """Every word of an enumeration, and null, of settings that have no kind."""
    top = read_schema("plan")["properties"]
    moments = ["baseline", "imaging", "surgery", "pathology", "follow_up"]
    cases: list[tuple[tuple[str | int, ...], Any]] = [
        *((("decision",), moment) for moment in moments),
        *((("clinical", 0, "available"), moment) for moment in moments),
        (("cohort", "person"), "person_id"),
        (("cohort", "masks", "distance_mm"), None),
        (("cohort", "masks", "edge"), "refuse"),
        (("images", "size"), None),
        (("sequences", 0, "flags"), {}),
        (("stability", "bound"), "lower"),
        (("stability", "perturbations"), None),
        (("stability", "perturbations", "contour"), None),
        (("models", "radiomics_auto", "selection"), []),
        (("evaluation", "optimism"), None),
        (("evaluation", "negative_control"), {"permutations": 39}),
        (("evaluation", "risk_categories"), None),
    ]
    for section in ("cohort", "images"):
        for name, schema in top[section]["properties"].items():
            cases += [((section, name), word) for word in schema.get("enum", [])]
    missing = read_schema("model/logistic")["properties"]["missing"]["enum"]
    return cases + [(("models", "clinical", "missing"), word) for word in missing]


@pytest.mark.parametrize(("path", "value"), words_of_plan())
def test_words_are_there_for_every_setting_without_a_kind(path, value):
    plan = study("sts")
    *parents, last = path
    holder: Any = plan
    for parent in parents:
        holder = holder[parent]
    changed = holder[last] != value
    before = prose(plan)
    holder[last] = value
    assert (words(prose(plan)) != words(before)) == changed


def test_a_changed_setting_changes_the_words():
    plan = study("otscc-simulated")
    plan["stability"]["threshold"] = 0.8125
    plan["comparisons"][0]["margin"] = 0.0375
    plan["models"]["radiomics_auto"]["rule"] = "1se"
    text = words(prose(plan))
    assert "ICC2, reached 0.8125" in text and "nomogram_manual (margin 0.0375)" in text
    assert "largest within one standard error" in text and "of the least deviance in" in text


def test_sequences_of_one_preparation_are_spoken_of_together():
    text = words(prose(study("otscc-simulated")))
    assert text.count("the bias field was") == 1
    assert "In ceT1w, T2w and T1w, the bias field was corrected by N4" in text
    assert "T2w and T1w: rigid registration to ceT1w" in text


def test_the_reference_is_not_said_to_be_registered():
    plan = study("otscc-simulated")
    plan["sequences"][0]["registration"] = copy.deepcopy(plan["sequences"][1]["registration"])
    assert "ceT1w, T2w and T1w: rigid" not in words(prose(plan))


def test_a_study_of_tables_says_that_nothing_was_imaged():
    text = words(prose(study("hnscc-table")))
    assert "No image was prepared" in text and "No automated mask was drawn" in text
    assert "Stability of features was not assessed" in text
    assert "bias field" not in text and "MobileNetV2" not in text


def test_a_study_of_real_patients_is_not_called_simulated():
    assert "simulated" in words(prose(study("otscc-simulated")))
    assert "simulated" not in words(prose(study("sts")))


def test_what_comes_from_the_plan_is_escaped():
    plan = study("sts")
    plan["outcome"]["description"] = EVIL
    plan["clinical"][2]["levels"] = [EVIL, "b"]
    plan["subgroups"][2]["levels"] = {EVIL: ["b"]}
    plan["models"][EVIL] = plan["models"].pop("clinical")
    plan["marks"]["our choice"].append(f"models.{EVIL}")
    html = prose(plan)
    assert "<script" not in html and "&#34;quoted&#34;" in html
    assert words(html).count(EVIL) >= 4


def test_same_words_whatever_the_order_of_entries_with_names_of_their_own():
    plan = study("otscc-simulated")
    again = {key: plan[key] for key in reversed(plan)}
    assert prose(plan) == prose(again)


def test_settings_are_alike_by_value_and_mark_wherever_they_stand():
    one, two = Setting(4, "stated", ("a.x",)), Setting(4, "stated", ("b.x",))
    ((names, merged),) = alike([("a", {"x": one}), ("b", {"x": two})])
    assert names == ["a", "b"] and merged["x"].places == ("a.x", "b.x")
    assert len(alike([("a", one), ("b", Setting(4, "inferred", ("b.x",)))])) == 2


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (3.0, "3"),
        (0.0001, "0.0001"),
        (1e-5, "1e-05"),
        (20261, "20261"),
        (True, "true"),
        (None, "none"),
        ([], "none"),
        ({}, "none"),
        (["x"], "x"),
        ([1.0, 2.5, 3], "1, 2.5 and 3"),
    ],
)
def test_values_are_written_as_they_are_read(value, read):
    assert plain(value) == read


def test_rows_of_words_escape_what_is_no_html():
    assert listed(["a<b", Markup("<i>c</i>")]) == "a&lt;b and <i>c</i>"


def test_words_for_other_values_only_are_refused():
    with pytest.raises(KeyError):
        Setting("cubic", "stated", ("x",)).say({"linear": "lines"})
