"""The study as it ran: every stage's numbers, and none of stages it did not have."""

import matplotlib.text
from radproof.figures import study
from radproof.figures.style import MM_PER_INCH, ONE_COLUMN_MM

from tests.unit.figures import tables


def shown_in(figure) -> list[str]:
    texts = figure.findobj(matplotlib.text.Text)
    return [text.get_text() for text in texts if text.get_text().strip()]


def test_numbers_of_each_stage_are_shown() -> None:
    figure, plotted = study.draw(tables.study(), simulated=True)
    texts = shown_in(figure)
    value = plotted.set_index(["stage", "box", "item"])["value"]
    assert value["Patients", "train set", "excluded"] == 3
    assert value["Patients", "test set", "analysed"] == 41
    assert value["Images", "2 sequences", "ceT1w"] == 136
    assert value["Images", "2 sequences", "T2w"] == 135
    assert value["Segmentation", "unet", "networks"] == 5
    summary = tables.statistics(tables.scores())["summary"].query("metric == 'dice'")
    for set_name, kind in (("train", "out of fold"), ("test", "held out")):
        own = summary.query(f"set == '{set_name}' and reference == 'rater1'").iloc[0]
        dice = value["Segmentation", "unet", f"Dice: {set_name}, {kind}"]
        assert dice == own["mean"]
        assert any(text.startswith(f"Dice {dice:.2f} ({set_name}, {kind}") for text in texts)
    stable = tables.stability().query("between == 'raters' and left_out == 'none'")
    features = plotted[plotted["stage"] == "Features"].set_index("item")["value"]
    assert features.to_dict() == {"measured": len(stable), "stable": stable["passed"].sum()}


def test_models_say_patients_features_step_by_step_and_parameters() -> None:
    figure, plotted = study.draw(tables.study(), simulated=True)
    models = plotted[plotted["stage"] == "Models"]
    assert models["shown"].tolist() == [
        "n = 95, 43 with event",
        "40 candidate features",
        "31 after stability",
        "4 after lasso",
        "4 parameters",
        "1.1 events per candidate",
    ]
    later = plotted[plotted["stage"] == "Models that take scores"]
    assert "40 candidate features" in shown_in(figure)
    # The score was fitted on the same patients, from candidates that are not the model's own.
    behind = "score of radiomics auto, from 40 candidates"
    assert [behind, "5 parameters", "8.6 events per own candidate"] == later["shown"].tolist()[1:]
    assert behind in " ".join(shown_in(figure))


def test_a_study_from_tables_has_no_boxes_of_images() -> None:
    figure, plotted = study.draw(tables.study(tables_only=True), simulated=False)
    patients = ["Patients", "Features", "Models"]
    assert plotted["stage"].drop_duplicates().tolist() == patients
    assert not {"Images", "Segmentation"} & set(shown_in(figure))
    assert "stable" not in plotted["item"].tolist()


def test_one_box_a_stage_takes_one_column() -> None:
    numbers = tables.study(tables_only=True)
    figure, _ = study.draw(numbers[numbers["box"] != "test set"], simulated=False)
    assert figure.get_size_inches()[0] * MM_PER_INCH == ONE_COLUMN_MM
