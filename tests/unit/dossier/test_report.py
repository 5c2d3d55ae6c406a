import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from radproof.dossier.captions import caption_of, captions
from radproof.dossier.cells import text
from radproof.dossier.claims import check_claims, read_claims
from radproof.dossier.report import STAGES, read_sources, report_context, write_report
from radproof.plan import MARKED_SECTIONS, load_plan
from radproof.radiomics.stability import summarise, verdict
from radproof.segmentation.score_statistics import score_statistics
from radproof.study import EXCLUDED_COLUMNS
from radproof.tables import write_table

from tests.unit.segmentation.score_rows import rows

PROJECT = Path(__file__).resolve().parents[3]
BANNER = "SIMULATED COHORT: no finding here is about real patients"
EVIL = "<script>alert('x')</script>"
# The smallest PNG there is: one transparent pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da63640000000600023081d02f0000000049454e44ae426082"
)


class Page(HTMLParser):
    """Collects elements, their attributes and the text of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


BETWEEN = {
    "automated": {"masks": ["rater1", "unet"], "decides": False},
    "raters": {"masks": ["rater1", "rater2"], "decides": True},
}
NOBODY = pd.DataFrame(columns=EXCLUDED_COLUMNS)


def plan(simulated: bool) -> dict:
    """The plan of the simulated study with marks, a title and a seed of its own."""
    value = load_plan(PROJECT / "config" / "studies" / "otscc-simulated.yaml") | {
        "title": f"A study of {EVIL}",
        "study": "tiny",
        "seed": 7,
        "outcome": {"name": "event", "description": "nodal metastasis"},
        "marks": {
            "stated": ["outcome"],
            "inferred": ["images"],
            "field custom": ["stability"],
            "our choice": [
                name for name in MARKED_SECTIONS if name not in ("outcome", "images", "stability")
            ],
        },
    }
    value["stability"]["between"] = BETWEEN
    return value if simulated else {k: v for k, v in value.items() if k != "simulation"}


def segmentation(dice: list[float]) -> dict[str, tuple[pd.DataFrame, str]]:
    """Every table of a segmenter with two folds, by its place in the results."""
    tables = score_statistics(rows(dice), "unet", {"strata_ml": [4], "failure_dice": 0.5}, 1)
    tables["threshold"] = pd.DataFrame({"fold": ["1", "2", None], "threshold": [0.45, 0.55, 0.5]})
    for fold, best in (("1", 0.6), ("2", 0.7)):
        history = {"epoch": [1, 2, 3], "loss": 0.4, "val_loss": 0.5, "val_dice": [0.1, best, 0.3]}
        tables[f"fold-{fold}/history"] = pd.DataFrame(history | {"kept": [0, 1, 0]})
    layers = {"layer": ["stem", EVIL], "kind": "Conv2D", "output": "8 x 8 x 4"}
    layers |= {"parameters": [1000, 234], "multiply_adds": [2_000_000_000, 1]}
    tables["fold-1/network"] = pd.DataFrame(layers)
    return {
        f"segmentation/unet/{name}.tsv": (table, f"../segmentation/unet/{name}.tsv")
        for name, table in tables.items()
    }


def radiomics() -> dict[str, tuple[pd.DataFrame, str]]:
    """Stability of three features, and one perturbed mask, by place in the results."""
    rows = [
        {"feature": f"T1w__original_{kind}_A", "left_out": left_out, "between": between}
        for left_out in ("none", "1")
        for between in BETWEEN
        for kind in ("shape", "glcm", "ngtdm")
    ]
    icc = pd.DataFrame(rows).assign(icc=[0.9, 0.5, 0.4, 0.95, 0.8, 0.7] * 2, n=[93, 94, 95] * 4)
    icc = icc.assign(passed=icc["icc"] >= 0.75, ci_low=0.1, reason="")
    tables = {"icc": icc, "stability": verdict(icc, BETWEEN), "stability-summary": summarise(icc)}
    dice = {"mask": ["perturbed1"], "n": [95], "dice_median": [0.91], "dice_least": [0.8]}
    tables["perturbations"] = pd.DataFrame(dice)
    return {
        f"radiomics/pyradiomics/{name}-whole.tsv": (
            table,
            f"../radiomics/pyradiomics/{name}-whole.tsv",
        )
        for name, table in tables.items()
    }


def context(
    folder: Path,
    simulated: bool = True,
    excluded: pd.DataFrame = NOBODY,
    dice: tuple[float, ...] = (0.9, 0.3),
) -> dict:
    figures = [folder / f"{name}.png" for name in ("flow", "overlays-unet", "roc")]
    for figure in figures:
        figure.write_bytes(PNG)
    area = {"model": "clinical", "set": "test", "kind": "held_out", "n": 41, "n_events": 18}
    area |= {"auc": 0.8123456, "ci_low": 0.7, "ci_high": 0.9, "note": None}
    flow = pd.DataFrame([{"set": "train", "step": EVIL, "n": 3, "n_events": 1, "note": None}])
    model = {"name": "clinical", "kind": "logistic", "n": 95, "n_events": 43}
    model |= {"n_parameters": 1, "n_candidate_parameters": 1, "events_per_parameter": 43.0}
    model |= {"sample_size": {"n": 381, "n_events": 173}, "warnings": []}
    model |= {"selection": [{"step": "estimable", "n": 1}], "intercept": -0.5}
    model |= {"terms": [{"term": "age", "coefficient": 0.00012}]}
    job = {"rule": "fit_model", "label": "clinical", "code_sha256": "c" * 64, "lock_sha256": "d"}
    job |= {"inputs": [], "outputs": [], "settings": {}}
    claims = read_claims(PROJECT / "config" / "claims" / "otscc.yaml")
    return report_context(
        plan(simulated),
        figures,
        {
            "flow": (flow, "../cohort/flow.tsv"),
            "excluded": (excluded, "../cohort/excluded.tsv"),
            "discrimination": (pd.DataFrame([area]), "../evaluation/discrimination.tsv"),
            **segmentation(list(dice)),
            **radiomics(),
        },
        check_claims(claims, {}, simulated),
        [model],
        [job, job | {"label": "other"}],
        {f"dataset:tiny/{EVIL}.nii.gz": "a" * 64},
        {"numpy": "2.4.6"},
    )


@pytest.fixture
def page(tmp_path) -> tuple[str, Page]:
    path = tmp_path / "dossier" / "report.html"
    write_report(context(tmp_path), path)
    source = path.read_text(encoding="utf-8")
    parsed = Page()
    parsed.feed(source)
    return source, parsed


def test_text_of_plan_table_and_files_is_escaped(page):
    source, _ = page
    assert EVIL not in source
    assert source.count("&lt;script&gt;") >= 3


def test_the_one_script_is_ours_and_the_policy_names_it(page):
    source, parsed = page
    script = (PROJECT / "workflow/scripts/radproof/dossier/report.js").read_text(encoding="utf-8")
    assert parsed.of("script") == [{}] and f"<script>{script}</script>" in source
    assert "</script" not in script and "innerHTML" not in script
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = parsed.of("meta")[2]["content"]
    assert f"script-src 'sha256-{digest}'" in policy and "default-src 'none'" in policy


def test_nothing_is_loaded_and_no_link_leaves_the_folder(page):
    source, parsed = page
    for tag, attributes in parsed.elements:
        for name in ("src", "href", "srcset", "data", "action"):
            value = attributes.get(name) or ""
            assert not re.match(r"(https?:)?//", value), (tag, value)
    assert not re.search(r"url\(|@import", source)
    assert all(image["src"].startswith("data:image/png;base64,") for image in parsed.of("img"))
    assert not parsed.of("link") and not parsed.of("iframe")


def test_simulated_is_said_at_the_top_and_at_each_figure_and_table(page):
    source, parsed = page
    assert BANNER in source
    blocks = re.findall(r"<figcaption>.*?</figcaption>|<caption>.*?</caption>", source, re.S)
    assert len(blocks) == len(parsed.of("figcaption")) + len(parsed.of("caption"))
    assert all("Simulated cohort." in block for block in blocks)


def test_real_patients_are_not_called_simulated(tmp_path):
    path = tmp_path / "report.html"
    write_report(context(tmp_path, simulated=False), path)
    source = path.read_text(encoding="utf-8")
    assert BANNER not in source and "Simulated cohort." not in source


def test_sections_are_the_stages_and_every_figure_has_its_text(page):
    _, parsed = page
    assert [section["id"] for section in parsed.of("section")] == [
        "methods",
        *STAGES,
        "figures",
        "dossier",
    ]
    images = parsed.of("img")
    assert len(images) == 3 and all(len(image["alt"]) > 40 for image in images)
    links = {link["href"] for link in parsed.of("a")}
    assert {"../figures/roc.svg", "../figures/roc.tsv", "../figures/roc.png"} <= links
    assert "../cohort/flow.tsv" in links
    anchors = {attributes["id"] for _, attributes in parsed.elements if attributes.get("id")}
    assert {link[1:] for link in links if link.startswith("#")} <= anchors


def test_every_setting_stands_with_its_mark(page):
    source, _ = page
    for setting, mark in (
        ("outcome.name", "stated"),
        ("images.spacing_mm", "inferred"),
        ("stability.threshold", "field custom"),
        ("models.clinical.kind", "our choice"),
        ("seed", "our choice"),
    ):
        assert re.search(rf"<td>{re.escape(setting)}</td><td>[^<]*</td><td>{mark}</td>", source)


def test_claims_and_jobs_are_listed(page):
    source, _ = page
    assert "the nomogram on automated masks performed comparably" in source
    assert "not testable here" in source
    assert re.search(rf"<td>fit_model</td><td>{'c' * 64}</td><td>d</td><td>2</td>", source)


def test_same_bytes_twice(tmp_path):
    for name in ("first", "second"):
        write_report(context(tmp_path), tmp_path / name / "report.html")
    first, second = ((tmp_path / name / "report.html").read_bytes() for name in ("first", "second"))
    assert first == second


def test_study_without_claims_figures_or_segmenter(tmp_path):
    bare = report_context(
        plan(False), [], {}, check_claims({"claims": []}, {}, False), [], [], {}, {}
    )
    write_report(bare, tmp_path / "report.html")
    assert "No published claim is checked" in (tmp_path / "report.html").read_text()


def test_checklists_are_folded_in_the_dossier_where_there_are_some(tmp_path):
    row = {"checklist": "CLEAR", "item": "9", "section": "s", "text": "t", "answer": "filled"}
    rows = [row | {"value": EVIL, "evidence": "models/clinical/model.json"}]
    rows.append(row | {"item": "10", "answer": "human needed"})
    tables = {"checklists": (pd.DataFrame(rows), "../dossier/checklists.tsv")}
    claims = check_claims({"claims": []}, {}, False)
    page = tmp_path / "report.html"
    write_report(report_context(plan(False), [], tables, claims, [], [], {}, {}), page)
    source = page.read_text()
    section = source[source.index("<h3>Checklists</h3>") : source.index("<h3>Lineage</h3>")]
    assert "<summary>CLEAR: 1 filled, 1 human needed</summary>" in section
    assert "<td>models/clinical/model.json</td>" in section and EVIL not in section
    assert "simulated" not in section


def test_every_figure_has_a_caption():
    modules = {
        path.stem
        for path in (PROJECT / "workflow/scripts/radproof/figures").glob("[a-z]*.py")
        # A montage is a sheet to scan in the folder of images, no figure of the plan.
        if path.stem not in ("style", "boxes", "outlines", "montage", "study_numbers")
    }
    assert modules <= set(captions())
    assert caption_of("nomogram-nomogram_auto").title == "Nomogram of nomogram auto"


def test_negative_control_is_a_table_of_the_evaluation_where_there_is_one(tmp_path):
    row = {"arm": "leaky", "model": "clinical", "set": "test", "kind": "held_out", "auc": 0.71}
    row |= {"permutations": 39, "null_mean": 0.63, "null_low": 0.5, "null_high": 0.75}
    row |= {"contains_half": True, "p": 0.225, "optimism": 0.1, "null_optimism": 0.13}
    tables = {"null/summary.tsv": (pd.DataFrame([row]), "../null/summary.tsv")}
    figure = tmp_path / "null.png"
    figure.write_bytes(PNG)
    claims = check_claims({"claims": []}, {}, False)
    write_report(
        report_context(plan(False), [figure], tables, claims, [], [], {}, {}),
        tmp_path / "report.html",
    )
    source = (tmp_path / "report.html").read_text()
    section = source[source.index('<section id="evaluation">') : source.index('id="figures"')]
    assert "../null/summary.tsv" in section and "<td>0.225</td>" in section
    assert 'id="figure-null"' in section


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.81234, "0.812"),
        (0.00012, "0.00012"),
        (41.0, "41"),
        (0.0, "0"),
        (None, "n/a"),
        (float("nan"), "n/a"),
        (True, "True"),
        ("a", "a"),
        ([1, 2], "[1, 2]"),
    ],
)
def test_cells(value, expected):
    assert text(value) == expected


def test_excluded_patients_stand_with_their_reasons_or_none_is_said(tmp_path):
    path = tmp_path / "report.html"
    write_report(context(tmp_path), path)
    assert "Patients excluded, with every problem found: none." in path.read_text(encoding="utf-8")
    row = ["P7", "train", "sub-P7/anat/x.nii.gz", "file has zero bytes", None, None]
    excluded = pd.DataFrame([row], columns=EXCLUDED_COLUMNS)
    write_report(context(tmp_path, excluded=excluded), path)
    source = path.read_text(encoding="utf-8")
    assert all(f"<td>{cell}</td>" in source for cell in row[:4])


def section(source: str, name: str) -> str:
    return source.split(f'<section id="{name}">')[1].split("</section>")[0]


def cells(source: str, caption: str) -> list[list[str]]:
    """The header and the rows of the table whose caption begins so."""
    table = next(part for part in source.split("<caption>") if part.startswith(caption))
    found = re.findall(r"<tr>(.*?)</tr>", table.split("</table>")[0], re.S)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in found]


def test_segmentation_shows_scores_agreement_strata_and_failures(page):
    part = section(page[0], "segmentation")
    summary = cells(part, "Scores of unet and of raters: mean")
    header, first = summary[0], summary[1]
    assert "n missing" in header
    named = dict(zip(header, first, strict=True))
    assert (named["metric"], named["n"], named["mean"]) == ("dice", "2", "0.600")
    agreement = cells(part, "Agreement of tumour volumes, unet and raters")
    assert {"bias ml", "lower limit ml", "upper limit ci high"} <= set(agreement[0])
    strata = cells(part, "Scores of unet and of raters by volume of the tumour")
    assert {row[strata[0].index("stratum")] for row in strata[1:]} == {"&lt; 4 ml", "≥ 4 ml"}
    failed = cells(part, "Patients whom unet failed")
    assert failed[1][0] == "p1"
    assert failed[1][-1] == "Dice below 0.5"


def test_segmentation_says_what_its_scores_mean(page):
    part = section(page[0], "segmentation")
    for words in ("larger of the two directed 95 % quantiles", "out of fold", "n missing counts"):
        assert words in part


def test_nobody_failed_is_said(tmp_path):
    write_report(context(tmp_path, dice=(0.9, 0.8)), tmp_path / "report.html")
    part = section((tmp_path / "report.html").read_text(encoding="utf-8"), "segmentation")
    assert "Patients whom unet failed, the worst first: none." in part


def test_segmentation_shows_thresholds_training_and_network(page):
    part = section(page[0], "segmentation")
    thresholds = cells(part, "Probability from which a voxel is inside, unet")
    assert thresholds[1:] == [["fold 1", "0.450"], ["fold 2", "0.550"], ["other sets", "0.500"]]
    training = cells(part, "Training of unet, by fold")
    assert training[1:] == [["1", "3", "2", "0.600"], ["2", "3", "2", "0.700"]]
    network = cells(part, "Network of unet")
    assert network[1:] == [["2", "1234", "2000000001"]]
    folded = part.split("<summary>Layers of unet</summary>")[1].split("</details>")[0]
    assert cells(folded, "Layers of unet")[1][0] == "stem"
    assert "Simulated cohort." in folded


def test_sources_are_named_from_the_report(tmp_path):
    path = tmp_path / "segmentation" / "unet" / "failures.tsv"
    write_table(pd.DataFrame({"patient": ["01"]}), path)
    table, file = read_sources({"failures": str(path)}, tmp_path)["failures"]
    assert table["patient"].tolist() == ["01"]
    assert file == "../segmentation/unet/failures.tsv"


def test_stability_is_counted_by_comparison_and_overall(tmp_path):
    stages = {stage["name"]: stage for stage in context(tmp_path)["stages"]}
    counts, classes, dice = stages["radiomics"]["tables"]
    assert counts.caption == "Stable features: pyradiomics, whole"
    rows = {row[0]: dict(zip(counts.columns, row, strict=True)) for row in counts.rows}
    assert list(rows) == ["raters", "automated", "all that decide"]
    assert [rows[name]["passed"] for name in rows] == ["2", "1", "2"]
    assert [rows[name]["role"] for name in rows] == ["decides", "reported only", "kept"]
    assert {row["features"] for row in rows.values()} == {"3"}
    assert rows["raters"]["n"] == "93–95"
    assert "its estimate must reach 0.75" in counts.note
    assert classes.folded
    assert len(classes.rows) == 6
    assert dice.rows == [["perturbed1", "95", "0.910", "0.800"]]


def test_events_and_the_least_sample_stand_beside_each_model(page):
    source, _ = page
    row = next(one for one in re.findall(r"<tr>.*?</tr>", source, re.S) if "estimable 1" in one)
    cells = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.S)
    assert cells[2:9] == ["95", "43", "1", "1", "43", "381", "173"]
    assert "events needed" in source
