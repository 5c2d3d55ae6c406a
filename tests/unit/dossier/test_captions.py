import re
from html import unescape
from pathlib import Path

import pytest
from docutils.core import publish_parts
from radproof.dossier.captions import caption_of, captions, table_caption
from radproof.dossier.report import STAGES

RULES = Path(__file__).resolve().parents[3] / "workflow" / "rules"
TABLES = {"table1", "odds_ratios", "discrimination", "comparisons", "claims"}


@pytest.mark.parametrize("name", sorted(captions()))
def test_a_caption_reads_the_same_on_the_page_and_in_snakemakes_report(name):
    caption = captions()[name]
    source = caption.file.read_text(encoding="utf-8")
    title, line, empty, *_ = source.splitlines()
    assert line == "=" * len(title) and empty == "" and caption.stage in (*STAGES, "dossier")
    strict = {"halt_level": 2, "report_level": 1}
    parts = publish_parts(source, writer="html", settings_overrides=strict)
    assert unescape(re.sub(r"<[^>]+>", "", parts["body"])).split() == caption.text.split()
    assert "{{" not in caption.text and "{%" not in caption.text


def test_a_tables_caption_goes_on_with_its_link():
    assert table_caption("discrimination").startswith("Area under the ROC curve")
    assert not any(table_caption(name).endswith(".") for name in TABLES)


def test_a_subject_stands_in_the_title():
    assert caption_of("stability-pyradiomics-whole").title.endswith(": pyradiomics, whole")
    with pytest.raises(KeyError):
        caption_of("montage")


def test_every_figure_and_main_table_is_flagged_in_its_rule():
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(RULES.glob("*.smk")))
    drawn = set(re.findall(r'\*\*drawn\("([a-z]+)', source))
    tables = set(re.findall(r'captioned\(f"[^"]*/([a-z_0-9]+)\.tsv"\)', source))
    assert tables == TABLES and drawn | tables == set(captions())
