"""The report in a real Chromium: its nomograms, its tables, and what it asks of the network.

Needs Debian's packages chromium and chromium-driver; skipped where they are not installed.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from radproof.dossier.claims import check_claims, read_claims
from radproof.dossier.report import report_context, write_report
from radproof.models.coding import encode
from radproof.models.imputation import expect
from radproof.models.learners.logistic import fit, predict
from radproof.models.nomogram import nomogram, probability_of_points
from scipy.special import expit
from scipy.stats import norm

from tests.browser import Browser, open_browser
from tests.unit.dossier.test_report import PNG, plan

PROJECT = Path(__file__).resolve().parents[3]
EVIL = "</script><img src=x onerror=\"alert('x')\"> & \"quoted\" 'level' {{ 7 * 7 }}"
LEVELS = ["1", EVIL, "constructor", "4"]
CLINICAL = [
    {"name": "age", "kind": "number", "unit": "years", "available": "imaging"},
    {"name": "depth_mm", "kind": "number", "unit": "mm", "available": "imaging"},
    {"name": "stage", "kind": "category", "levels": LEVELS, "available": "imaging"},
]
SETTINGS: dict[str, dict[str, Any]] = {
    "indicated": {"missing": "indicator", "separation": "firth"},
    "imputed": {"missing": "multiple", "imputations": 3, "separation": "firth"},
    "separated": {"missing": "impute", "separation": "firth"},
    "refusing": {"missing": "refuse", "separation": "firth"},
}
FILLING = [name for name in SETTINGS if name != "refusing"]


def patients(count: int, seed: int, unknown: float) -> pd.DataFrame:
    """Numbers and levels, some of them unknown; nobody has the level ``constructor``."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "age": rng.normal(60, 15, count).round(1),
            "depth_mm": rng.lognormal(2, 0.5, count),
            "radiomics": rng.normal(0, 2, count),
        }
    )
    table["depth_mm"] += 0.1 * table["age"]
    # So bound to age that the shares expected at extreme ages fall below 0.
    table.insert(2, "stage", np.array(["1", EVIL, "4"])[np.digitize(table["age"], [50, 70])])
    table = table.mask(rng.uniform(size=table.shape) < unknown)
    # Of no weight: one magnet.
    table["field_t"] = 3.0
    table["stage"] = pd.Categorical(table["stage"], categories=LEVELS)
    return table


def made_up_model(name: str) -> dict[str, Any]:
    table = patients(150, seed=1, unknown=0.0 if name == "refusing" else 0.1)
    noise = np.random.default_rng(2).normal(0, 0.0 if name == "separated" else 3.0, 150)
    middle = table["radiomics"].median()
    outcome = (table["radiomics"].fillna(middle) + noise > middle).astype(int)
    learned = fit(table, outcome, SETTINGS[name], seed=3)
    sizes = {"n": 150, "n_events": int(outcome.sum()), "n_parameters": len(learned["terms"])}
    sizes |= {"events_per_parameter": 10.0, "sample_size": None}
    return {"name": name, "kind": "logistic", "clinical": CLINICAL, **learned, **sizes}


def job(rule: str, inputs: list[str], outputs: list[str]) -> dict[str, Any]:
    files = [
        [{"name": "x", "path": path, "sha256": "a" * 64} for path in one]
        for one in (inputs, outputs)
    ]
    told = {"rule": rule, "label": "all", "settings": {"seed": 7}}
    told |= {"inputs": files[0], "outputs": files[1]}
    return told | {"code_sha256": "c" * 64, "lock_sha256": "d" * 64}


@pytest.fixture(scope="module")
def models() -> dict[str, dict[str, Any]]:
    return {name: made_up_model(name) for name in SETTINGS}


@pytest.fixture(scope="module")
def report(models: dict[str, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    (folder / "roc.png").write_bytes(PNG)
    predictors = {"clinical": [one["name"] for one in CLINICAL], "scores": ["radiomics"]}
    entries = {name: {"kind": "logistic", **predictors, **SETTINGS[name]} for name in models}
    study = plan(simulated=True) | {"models": entries, "clinical": CLINICAL}
    study["outcome"] = {"name": "event", "description": EVIL}
    jobs = [
        job("plot_roc", ["evaluation/roc.tsv"], ["figures/roc.png"]),
        job("evaluate_models", ["dataset:scans/1.nii.gz"], ["evaluation/roc.tsv"]),
        job("unrelated", [], ["figures/other.png"]),
    ]
    rows = {
        "n": [0.5, -2, 0.5, None, 1e-5],
        "step": ["b", "a", "a", "c", EVIL],
        "note": list("vwxyz"),
    }
    claims = check_claims(read_claims(PROJECT / "config" / "claims" / "otscc.yaml"), {}, True)
    path = folder / "dossier" / "report.html"
    tables = {"flow": (pd.DataFrame(rows), "../cohort/flow.tsv")}
    figures = [folder / "roc.png"]
    context = report_context(study, figures, tables, claims, [*models.values()], jobs, {}, {})
    write_report(context, path)
    return path


@pytest.fixture(scope="module")
def driven(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with open_browser(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture
def browser(driven: Browser, report: Path) -> Browser:
    driven.log("performance")
    driven.open(report)
    return driven


ENTER = """
const [name, patient] = arguments;
const form = document.querySelector(`#nomogram-${name} form`);
form.querySelectorAll(".variable").forEach((row, i) => {
  const value = patient[i], control = row.querySelector("select, input[type=number]");
  if (control.tagName === "SELECT") {
    const known = [...control.options].findIndex((option) => option.text.trim() === value);
    control.selectedIndex = value === null ? control.options.length - 1 : known;
  } else {
    const unknown = row.querySelector("input[type=checkbox]");
    if (unknown !== null) unknown.checked = value === null;
    control.value = value === null ? "" : String(value);
  }
});
form.dispatchEvent(new Event("input"));
const shown = (one) => Number(form.querySelector(`data.${one}`).value);
return ["probability", "low", "high", "total"].map(shown);
"""


def expected(model: dict[str, Any], table: pd.DataFrame) -> np.ndarray:
    """Probability and limits of its interval of each patient, shape (n, 3)."""
    columns = encode(model["variables"], table)
    if "imputation" in model:
        columns = expect(columns, model["variables"], model["imputation"])
    terms = [term["term"] for term in model["terms"]]
    x = np.column_stack([np.ones(len(table)), columns[terms].to_numpy(float)])
    prediction = predict(model, table)
    spread = np.sqrt(np.einsum("ij,jk,ik->i", x, np.array(model["covariance"]), x))
    limits = [expit(prediction["score"] + z * spread) for z in norm.ppf([0.025, 0.975])]
    return np.column_stack([prediction["probability"], *limits])


@pytest.mark.parametrize("name", FILLING)
def test_form_gives_the_probability_and_interval_of_the_model(browser, models, name):
    model, table = models[name], patients(20, seed=9, unknown=0.3)
    table.loc[0, "stage"] = "constructor"
    table.loc[1] = np.nan
    table.loc[2:4, "field_t"] = np.nan
    # What such an age lets expect lies outside the range of training.
    table.loc[5, ["age", "depth_mm", "radiomics"]] = [200.0, np.nan, -1.0]
    rows = table.astype(object).where(table.notna(), None).to_numpy().tolist()
    shown = np.array([browser.run(ENTER, name, row) for row in rows])
    wanted = expected(model, table)
    assert np.abs(shown[:, 0] - wanted[:, 0]).max() < 1e-9
    drawn = [probability_of_points(nomogram(model), total) for total in shown[:, 3]]
    assert np.abs(shown[:, 0] - drawn).max() < 1e-9
    if name == "imputed":
        # Student's t reaches further than the normal distribution that is reckoned with here.
        assert (shown[:, 1] <= wanted[:, 1]).all()
        assert (shown[:, 2] >= wanted[:, 2]).all()
        assert np.abs(shown[:, 1:3] - wanted[:, 1:]).max() < 0.05
    else:
        assert np.abs(shown[:, 1:3] - wanted[:, 1:]).max() < 1e-9
    assert not [entry for entry in browser.log("browser") if entry["level"] == "SEVERE"]


def test_what_a_model_refuses_to_fill_has_no_choice_of_not_known(browser, models):
    form = "#nomogram-refusing"
    assert browser.run(f"return document.querySelectorAll('{form} [type=checkbox]').length") == 0
    options = browser.run(
        f"return [...document.querySelectorAll('{form} option')].map(o => o.text)"
    )
    assert options == ["choose", *LEVELS]
    assert "must be known: the model refuses a patient without it" in browser.text(form)
    browser.run(ENTER, "refusing", [50, None, "1", 1, 3])
    assert "Still to be entered: depth, mm." in browser.text(f"{form} [role=status]")
    table = patients(5, seed=9, unknown=0.0)
    shown = [
        browser.run(ENTER, "refusing", row) for row in table.astype(object).to_numpy().tolist()
    ]
    wanted = expected(models["refusing"], table)
    assert np.abs(np.array(shown)[:, :3] - wanted).max() < 1e-9


def test_form_is_worked_by_keyboard_and_told_to_screen_readers(browser):
    form = "#nomogram-indicated"
    assert "Still to be entered: age, years, depth, mm" in browser.text(f"{form} [role=status]")
    first = f"{form} .variable:nth-of-type(1) input"
    assert browser.accessible(first) == ("spinbutton", "age, years")
    unknown = f"{form} .variable:nth-of-type(1) input[type=checkbox]"
    assert browser.accessible(unknown) == ("checkbox", "age, years not known")
    assert browser.accessible(f"{form} select") == ("combobox", "stage")
    assert browser.accessible(f"{form} [role=status]")[0] == "status"
    tab = "\ue004"
    # Enter must not send the form, which would open the page anew.
    browser.type(first, f"70\ue007{tab}{tab}200{tab}{tab}4{tab}{tab}")
    for row in (4, 5):
        browser.type(f"{form} .variable:nth-of-type({row}) input[type=checkbox]", " ")
    said = browser.text(f"{form} [role=status]")
    assert "Total: " in said and "95 % interval" in said
    assert "depth, mm lies outside the range of training" in said
    assert "it is too narrow" in said
    assert "points" in browser.text(f"{form} .variable:nth-of-type(2) output")
    browser.type(f"{form} button", "\ue007")
    assert "Still to be entered" in browser.text(f"{form} [role=status]")


def test_form_says_what_it_is_not_for(browser):
    said = browser.text("#nomogram-separated")
    assert "For research. Not a medical device, not for the care of patients." in said
    assert "Simulated cohort." in said
    assert "Firth's penalised likelihood" in said
    assert "constructor: not seen in training, counts as" in said


def test_data_never_become_elements_or_scripts(browser):
    assert browser.run("return document.querySelectorAll('img[src=x], [onerror]').length") == 0
    kinds = browser.run("return [...document.scripts].map((one) => one.type)")
    assert sorted(kinds) == ["", *["application/json"] * len(SETTINGS)]
    browser.run(ENTER, "indicated", [50, 10, EVIL, 1, 3])
    assert EVIL in browser.text("#nomogram-indicated .answer")


def test_another_script_does_not_run(browser):
    browser.run(
        "const one = document.createElement('script'); one.textContent = 'window.hurt = 1';"
        "document.body.append(one)"
    )
    assert browser.run("return window.hurt ?? null") is None
    # Only the policy's own message about it.
    assert all("Content Security Policy" in entry["message"] for entry in browser.log("browser"))


def test_nothing_is_asked_of_the_network_and_no_error_is_logged(browser, report):
    asked = [address for address in browser.requests() if not address.startswith("data:")]
    assert asked == [report.resolve().as_uri()]
    assert browser.log("browser") == []


@pytest.mark.parametrize(
    ("column", "ascending", "descending"), [(1, "wzvxy", "vxzwy"), (2, "zwxvy", "yvwxz")]
)
def test_tables_sort_numbers_as_numbers_ties_in_place_and_unknown_last(
    browser, column, ascending, descending
):
    for direction, order in (("ascending", ascending), ("descending", descending)):
        browser.type(f"#cohort th:nth-child({column}) button", "\ue007")
        notes, sorts = browser.run(
            "const table = document.querySelector('#cohort table');"
            "const heads = [...table.tHead.rows[0].cells].map((cell) => cell.ariaSort);"
            "return [[...table.tBodies[0].rows].map((row) => row.cells[2].textContent), heads]"
        )
        assert "".join(notes) == order
        assert [one for one in sorts if one] == [sorts[column - 1]] == [direction]


def test_figure_opens_on_its_chain(browser):
    browser.type("#figure-roc summary", "\ue007")
    said = browser.text("#figure-roc .chain")
    assert "plot_roc all" in said and "evaluation/roc.tsv" in said and "other end: 1." in said
    assert "evaluate_models" in said and "unrelated" not in said


def test_page_prints(browser):
    browser.run(ENTER, "indicated", [50, 10, "1", 1, 3])
    printed = browser.pdf()
    assert printed.startswith(b"%PDF") and printed.count(b"/Type /Page\n") >= 3


def test_page_reads_without_scripts(report, tmp_path):
    with open_browser(tmp_path, scripts=False) as browser:
        browser.open(report)
        page = browser.text("main")
        assert "A form stands here where scripts may run" in page
        assert "Still to be entered" not in page
        assert "Terms of indicated" in page and "Receiver operating characteristic" in page
        assert len(browser.pdf()) > 20_000


def test_copied_methods_come_without_the_letters_that_are_read_out(browser: Browser) -> None:
    seed = "document.querySelector('.methods .setting[title=\"seed: our choice\"]')"
    assert browser.run(f"return {seed}.textContent") == "7c (our choice)"
    copied = browser.run(
        "getSelection().selectAllChildren(document.querySelector('.methods'));"
        " return getSelection().toString();"
    )
    assert "follows from the seed 7." in copied and "our choice" not in copied
