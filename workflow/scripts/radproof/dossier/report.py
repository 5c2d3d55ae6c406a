"""The report: one self-contained page, readable without a network and without scripts."""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from radproof.dossier.captions import caption_of, table_caption
from radproof.dossier.cells import Table, shown
from radproof.dossier.chains import chain_of
from radproof.dossier.checklists_section import checklist_tables
from radproof.dossier.evaluation_section import evaluation_tables
from radproof.dossier.methods import methods_of
from radproof.dossier.nomogram_form import nomogram_forms
from radproof.dossier.radiomics_section import radiomics_tables
from radproof.dossier.segmentation_section import segmentation_tables
from radproof.dossier.settings import LETTERS
from radproof.dossier.summary import summary_table
from radproof.dossier.templates import templates_in
from radproof.plan import MARKED_SECTIONS, leaves, marks
from radproof.provenance import canonical
from radproof.tables import put_in_place, read_table

TEMPLATE, SCRIPT = "report.html.j2", "report.js"
STAGES = {
    "cohort": "The patients, and how many each check left.",
    "images": "How scans were prepared: bias field, registration, common grid, intensities.",
    "segmentation": "Automated outlines, each by networks that had not seen the patient.",
    "radiomics": "Features of every mask, and which of them are stable.",
    "models": "What was fitted, on training patients alone.",
    "evaluation": "Frozen predictions against outcomes.",
}
SETTINGS_OF = {
    "cohort": ["simulation", "outcome", "decision", "cohort", "clinical", "seed"],
    "images": ["sequences", "raters", "images"],
    "segmentation": ["segmenters"],
    "radiomics": ["regions", "extractors", "stability", "harmonisation"],
    "models": ["models"],
    "evaluation": ["comparisons", "subgroups", "evaluation"],
}
# Stage, caption (None: it stands in workflow/report), and the columns shown; the linked file holds
# all of them.
TABLES = {
    "flow": ("cohort", "Patients left by each step, and masks that are not measured whole", None),
    "excluded": ("cohort", "Patients excluded, with every problem found", None),
    "description": (
        "cohort",
        "Patients: number (%) of categories, mean (SD) of numbers; n with a known value",
        None,
    ),
    "table1": ("cohort", None, None),
    "quality": (
        "images",
        "Sequences to look at, by the plan's limits; montage-*.png beside the tables shows each"
        " patient before and after registration",
        ["patient", "sequence", "flags"],
    ),
    "odds_ratios": ("models", None, None),
}
CLAIM_COLUMNS = "statement published ours ci_low ci_high n verdict reason check mark"


def read_sources(paths: Mapping[str, str], results: Path) -> dict[str, tuple[pd.DataFrame, str]]:
    """Read tables of a results folder, each with its path from the report in ``dossier/``."""
    return {
        name: (read_table(path), f"../{Path(path).relative_to(results)}")
        for name, path in paths.items()
    }


def report_context(
    plan: Mapping[str, Any],
    figures: Sequence[Path],
    tables: Mapping[str, tuple[pd.DataFrame, str]],
    claims: pd.DataFrame,
    models: Sequence[Mapping[str, Any]],
    jobs: Sequence[Mapping[str, Any]],
    sources: Mapping[str, str],
    versions: Mapping[str, str],
) -> dict[str, Any]:
    """Gather what the page shows.

    Parameters
    ----------
    plan
        The study plan.
    figures
        PNG files; SVG and TSV of the same name lie beside them.
    tables
        ``flow excluded description table1 quality odds_ratios checklists``, those of the evaluation
        by name (:data:`radproof.dossier.evaluation_section.TABLES`), those there are, and tables of
        segmentation and radiomics by their place in the results, such as
        ``segmentation/unet/summary.tsv``; each with its path from the report.
    claims
        As `radproof.dossier.claims.check_claims` returns them.
    models
        The models' JSON.
    jobs, sources
        The lineage: its jobs (``rule label inputs outputs settings code_sha256 lock_sha256``) and
        raw files by hash.
    versions
        As `radproof.dossier.versions.versions` returns them.

    Returns
    -------
    dict
        The context of the template.
    """
    simulated, about = "simulation" in plan, caption_of("claims")
    return {
        "title": plan["title"],
        "study": plan["study"],
        "outcome": plan["outcome"]["description"],
        "simulated": simulated,
        "summary": summary_table(plan, tables),
        "methods": methods_of(plan),
        "letters": LETTERS,
        "stages": [_stage(name, plan, figures, tables, models, jobs) for name in _stages(plan)],
        "nomograms": nomogram_forms(plan, models),
        "figure_index": [_figure(path, embed=False) for path in figures],
        "claims": shown(claims, CLAIM_COLUMNS.split(), about.title, "claims.tsv"),
        "about_claims": about.text,
        "verdicts": list(claims["verdict"].value_counts(sort=False).items()),
        "checklists": checklist_tables(tables),
        "jobs": _jobs(jobs),
        "n_sources": len(sources),
        "sources": Table(
            "Raw files by SHA-256",
            ["file", "sha256"],
            [[path, sha256] for path, sha256 in sorted(sources.items())],
            "lineage.json",
        ),
        "versions": Table("Versions", ["what", "version"], [[*row] for row in versions.items()]),
    }


def _stages(plan: Mapping[str, Any]) -> list[str]:
    """Return the stages of a study: without scans there is nothing to prepare or to outline."""
    needed = {"images": plan["sequences"], "segmentation": plan["segmenters"]}
    return [name for name in STAGES if needed.get(name, True)]


def _stage(
    name: str,
    plan: Mapping[str, Any],
    figures: Sequence[Path],
    tables: Mapping[str, tuple[pd.DataFrame, str]],
    models: Sequence[Mapping[str, Any]],
    jobs: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    own = [path for path in figures if caption_of(path.stem).stage == name]
    return {
        "name": name,
        "lead": STAGES[name],
        "settings": _settings(plan, SETTINGS_OF[name]),
        "tables": _stage_tables(name, plan, tables, models),
        "figures": [
            _figure(path) | {"chain": chain_of(f"figures/{path.name}", jobs)} for path in own
        ],
    }


def _settings(plan: Mapping[str, Any], sections: Iterable[str]) -> Table:
    origin = marks(dict(plan))
    chosen = {name: plan[name] for name in sections if name in plan and name in MARKED_SECTIONS}
    rows = [
        [place, value if isinstance(value, str) else canonical(value), origin[place] or "no mark"]
        for place, value in leaves(chosen)
    ]
    return Table("Every setting, with its origin", ["setting", "value", "origin"], rows)


def _stage_tables(
    stage: str,
    plan: Mapping[str, Any],
    tables: Mapping[str, tuple[pd.DataFrame, str]],
    models: Sequence[Mapping[str, Any]],
) -> list[Table]:
    result = []
    if stage == "segmentation":
        result += segmentation_tables(tables)
    if stage == "radiomics":
        result += radiomics_tables(tables, plan, models)
    if stage == "models":
        result += [_model_overview(models, tables), *map(_terms, models)]
    if stage == "evaluation":
        result += evaluation_tables(tables)
    for name, (where, caption, columns) in TABLES.items():
        if where == stage and name in tables:
            table, file = tables[name]
            result.append(shown(table, columns, caption or table_caption(name), file))
    return result


def _model_overview(
    models: Sequence[Mapping[str, Any]], tables: Mapping[str, tuple[pd.DataFrame, str]]
) -> Table:
    columns = ["name", "kind", "n", "n_events", "n_parameters", "n_candidate_parameters"]
    columns += ["events_per_parameter"]
    table = pd.DataFrame([{name: model[name] for name in columns} for model in models])
    sizes = [model["sample_size"] or {"n": None, "n_events": None} for model in models]
    table["n_needed"] = [size["n"] for size in sizes]
    table["n_events_needed"] = [size["n_events"] for size in sizes]
    for title, areas in _areas(tables):
        table[title] = [areas.get(model["name"]) for model in models]
    table["selection"] = [
        " → ".join(f"{step['step']} {step['n']}" for step in model["selection"]) for model in models
    ]
    table["warnings"] = ["; ".join(model["warnings"]) or None for model in models]
    caption = (
        "Models: patients and events fitted on; candidate parameters before selection (a score"
        " counts as one, whatever it was made from), events per candidate, and the least sample by"
        " them (Riley et al. 2020, Nagelkerke's R² of 0.15);"
        " areas under the ROC curve with 95 % intervals;"
        " steps of selection with the features that each left"
    )
    note = "models/*/selection.tsv says which features each step kept and dropped, and why."
    return shown(table, None, caption, note=note)


def _areas(tables: Mapping[str, tuple[pd.DataFrame, str]]) -> list[tuple[str, dict[str, str]]]:
    """Return, for each set and kind but apparent ones, its title and the area of each model."""
    if "discrimination" not in tables:
        return []
    rows = tables["discrimination"][0].query("kind != 'apparent'")
    return [
        (
            f"AUC {name}, {str(kind).replace('_', ' ')}",
            {
                row["model"]: f"{row['auc']:.3f} ({row['ci_low']:.3f}–{row['ci_high']:.3f})"
                for row in own.to_dict("records")
                if pd.notna(row["auc"])
            },
        )
        for (name, kind), own in rows.groupby(["set", "kind"], sort=False)
    ]


def _terms(model: Mapping[str, Any]) -> Table:
    rows = [*model["terms"]]
    if "intercept" in model:
        rows.insert(0, {"term": "(Intercept)", "coefficient": model["intercept"]})
    caption = f"Terms of {model['name'].replace('_', ' ')}"
    return shown(pd.DataFrame(rows), None, caption, f"../models/{model['name']}/fit.tsv")


def _figure(path: Path, embed: bool = True) -> dict[str, str]:
    caption = caption_of(path.stem)
    data = base64.b64encode(path.read_bytes()).decode("ascii") if embed else ""
    return {
        "name": path.stem,
        "stage": caption.stage,
        "title": caption.title,
        "text": caption.text,
        "data": data,
        "folder": "../figures",
    }


def _jobs(jobs: Sequence[Mapping[str, Any]]) -> Table:
    """Return one row a rule and version of its code: how many jobs, under which lock."""
    columns = ["rule", "code_sha256", "lock_sha256"]
    frame = pd.DataFrame([{name: job[name] for name in columns} for job in jobs], columns=columns)
    counted = frame.groupby(columns, sort=True).size().rename("jobs").reset_index()
    return shown(counted, None, "Jobs behind this page, and the code they ran", "lineage.json")


def write_report(context: Mapping[str, Any], path: Path) -> None:
    """Write the page; everything that comes from data is escaped."""
    script = Path(__file__).with_name(SCRIPT).read_text(encoding="utf-8")
    digest = hashlib.sha256(script.encode()).digest()
    page = (
        templates_in(Path(__file__).parent)
        .get_template(TEMPLATE)
        .render(
            context,
            # Our own file; the page lets no script run but the one of this hash.
            script=Markup(script),
            script_sha256=base64.b64encode(digest).decode("ascii"),
        )
    )
    with put_in_place(path) as unfinished:
        unfinished.write_text(page, encoding="utf-8")
