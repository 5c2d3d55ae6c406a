"""Titles and captions of figures, and which stage of the line each belongs to."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Caption:
    """Stage, title and caption of a family of figures; ``{subject}`` is what one of them shows."""

    stage: str
    title: str
    text: str


CAPTIONS = {
    "flow": Caption(
        "cohort",
        "Patient flow",
        "Patients left by each step of the check, by set, with the number who have the event; in"
        " grey, how many masks are empty or could not be measured whole.",
    ),
    "study": Caption(
        "cohort",
        "The study as it ran",
        "Stages in their order, with the numbers of their results. n: patients. Dice: mean, against"
        " the rater that the networks were trained on. Events per candidate: patients with the"
        " event by parameters before any selection.",
    ),
    "training": Caption(
        "segmentation",
        "Training of {subject}",
        "Loss on the patients trained on and on those kept aside to choose the epoch, and Dice of"
        " the latter, by epoch; one line for each fold that was left out, a dot where the weights"
        " were kept.",
    ),
    "overlays": Caption(
        "segmentation",
        "Outlines of {subject} and of the raters",
        "The patients with the worst, the median and the best Dice among those judged, in the"
        " slice where the first rater's outline is largest. Patient's right on the left.",
    ),
    "segmentation": Caption(
        "segmentation",
        "Agreement of {subject} with the raters, and of the raters with each other",
        "A: Dice coefficient; B: intersection over union; C: average surface distance in mm; each"
        " with its mean and 95 % interval, between network and raters and between raters. Training"
        " patients were segmented by the network that had not seen them. D: difference"
        " of tumour volumes against their mean; bias and limits of agreement"
        " (bias ± 1.96 standard deviations) are of the set named, shaded their 95 % intervals."
        " E: mean Dice coefficient of that set by volume of the reference mask, with 95 %"
        " interval.",
    ),
    "stability": Caption(
        "radiomics",
        "Stability of features: {subject}",
        "Intraclass correlation of each feature between masks of the same training patients, by"
        " filter, class and comparison of masks; of each class the median, the quartiles (thick)"
        " and, where the estimate is judged, the median limits of the 95 % intervals (thin)."
        " A feature is kept where it passes every comparison that decides.",
    ),
    "scores": Caption(
        "models",
        "Scores by outcome",
        "Score (linear predictor) of each patient by the model that had not seen the patient, with"
        " quartiles; whiskers reach the last patient within 1.5 interquartile ranges."
        " Where the plan compares two scores, one is held against the other; on the dashed line"
        " they are the same.",
    ),
    "nomogram": Caption(
        "models",
        "Nomogram of {subject}",
        "Each value gives the points above it on the first axis; their sum on the axis of total"
        " points stands above the probability.",
    ),
    "lasso": Caption(
        "models",
        "Path of the LASSO {subject}",
        "A: coefficient of each feature that enters, on the logarithm of the penalty; numbers and"
        " colours are those of panel C. B: deviance of inner cross-validation with one standard"
        " error; λ min has the least deviance, λ 1-SE is the largest within one error of that."
        " C: coefficients at the penalty taken, of z-scores (log odds by standard deviation). All"
        " on training patients.",
    ),
    "roc": Caption(
        "evaluation",
        "Receiver operating characteristic",
        "Of patients the models had not seen; area under the curve with DeLong's 95 % interval.",
    ),
    "calibration": Caption(
        "evaluation",
        "Calibration",
        "Observed against predicted risk in groups of patients with 95 % intervals, and smoothed;"
        " slope and intercept of logistic recalibration (ideal: 1 and 0) with 95 % intervals.",
    ),
    "decision": Caption(
        "evaluation",
        "Decision curves",
        "Net benefit of treating the patients whose predicted risk reaches the threshold, against"
        " treating all and none. Bars: 95 % intervals at thresholds of 0.2, 0.4 and 0.6, side by"
        " side; the table has them at every threshold. Curves continue below the panel.",
    ),
    "forest": Caption(
        "evaluation",
        "Subgroups and comparisons",
        "Area under the curve in each subgroup, with 95 % interval, of patients the models had not"
        " seen; a group with too few patients with or without the event is not judged. Interaction:"
        " whether the slope of the score differs between the groups (likelihood ratio), and that p"
        " adjusted by Holm over the subgroups. Below, differences of areas: two models are"
        " equivalent where the 90 % interval lies within the margins.",
    ),
    "null": Caption(
        "evaluation",
        "Negative control",
        "Areas under the curve of models fitted and judged on outcomes dealt anew among patients,"
        " which can tell nothing: they belong around 0.5. Bars: how many permutations gave which"
        " area; below them their central 95 %; diamonds: the true outcome; p: the share of"
        " permutations that reach it, itself counted. Leaky: ten features were first chosen on the"
        " outcomes of all patients, also of those who judge the model; by how much its bars lie"
        " above 0.5 is what that mistake would have bought.",
    ),
}


def caption_of(figure: str) -> Caption:
    """Return the caption of a figure by the name of its file, such as ``overlays-unet``.

    Raises
    ------
    KeyError
        If no caption is written for its family.
    """
    family, _, subject = figure.partition("-")
    caption = CAPTIONS[family]
    words = subject.replace("_", " ").replace("-", ", ")
    return Caption(caption.stage, caption.title.format(subject=words), caption.text)
