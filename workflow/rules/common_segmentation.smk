# What training, segmenting and what comes after ask of a segmenter: its patients, files and settings.


def automated_masks_of(patients, segmenter):
    return [
        f"{SEGMENTATION}/{segmenter}/masks/{patient}.nii.gz" for patient in patients
    ]


def learnt(segmenter):
    """What a network depends on: the plan's entry, less what changes no value of it."""
    entry = PLAN["segmenters"][segmenter]
    return {key: entry[key] for key in ("kind", "rater", "network", "training")}


def origin_of(segmenter):
    """What a network is trained with, as its file says: settings, and how its images are made."""
    made = ("bias_field", "registration", "intensity")
    return {
        "segmenter": learnt(segmenter),
        "sequences": SEQUENCES,
        "preparation": {
            entry["name"]: {key: entry[key] for key in made}
            for entry in PLAN["sequences"]
        },
        "images": PLAN["images"],
    }


def inference_of(segmenter, *names):
    inference = PLAN["segmenters"][segmenter]["inference"]
    return {name: inference[name] for name in names}


def probabilities_of(patients, segmenter):
    return [
        f"{SEGMENTATION}/{segmenter}/probabilities/{patient}.nii.gz"
        for patient in patients
    ]


def kept(segmenter):
    return PLAN["segmenters"][segmenter]["inference"]["keep_probabilities"]


def fold_files(segmenter, folds, name):
    return [f"{SEGMENTATION}/{segmenter}/fold-{fold}/{name}" for fold in folds]


def mask_table_of(segmenter, group):
    return f"{SEGMENTATION}/{segmenter}/masks-{group}.tsv"


def fold_patients(*folds):
    """Training patients outside a fold: those of any of the networks trained together."""
    held_out = set.intersection(*(set(study.patients(fold=fold)) for fold in folds))
    return [patient for patient in study.patients("train") if patient not in held_out]
