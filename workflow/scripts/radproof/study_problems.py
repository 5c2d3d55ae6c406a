"""What keeps a study from being run though its plan and sheet are sound: files that they name."""

from pathlib import Path
from typing import TYPE_CHECKING

from radproof.errors import BadInput, Problem
from radproof.images.standard_scale import read_landmarks
from radproof.provenance import project_path

if TYPE_CHECKING:
    from radproof.study import Study


def landmark_problems(study: "Study") -> list[Problem]:
    """Return what forbids the landmarks: unusable, of another sequence, of held-out patients."""
    sets = dict(zip(study.sheet["patient"].str.lower(), study.sheet["set"], strict=True))
    problems = []
    for sequence, file in study.landmarks.items():
        path = str(project_path(file))
        try:
            found = read_landmarks(file)
        except BadInput as error:
            problems += error.problems
            continue
        if found["sequence"] != sequence:
            what = "landmarks are of another sequence"
            problems.append(Problem(what, file=path, found=found["sequence"], expected=sequence))
        problems += [
            Problem(
                "landmarks were learned on a patient outside the training set",
                patient=patient,
                file=path,
                found=f"set {sets[patient.lower()]}",
                expected="training patients, or none of the sheet",
                remedy="learn them again with radproof landmarks",
            )
            for patient in found["patients"]
            if sets.get(patient.lower(), "train") != "train"
        ]
    return problems


def weight_problems(study: "Study") -> list[Problem]:
    """Return the files of encoder weights that are not there."""
    return [
        Problem(
            "file of encoder weights is not there",
            file=file,
            remedy="correct encoder_weights in the plan, or say none",
        )
        for segmenter in study.plan["segmenters"]
        for file in study.encoder_weights(segmenter)
        if not Path(file).is_file()
    ]
