"""Train the networks of one fold or more, each without the patients of its fold."""

from pathlib import Path

from radproof.job import of_patients, open_job
from radproof.segmentation.checkpoints import Checkpoints
from radproof.segmentation.model_files import save_model
from radproof.segmentation.network_table import network_table
from radproof.segmentation.training import Trainer
from radproof.tables import write_table

with open_job(snakemake) as job:
    settings, origin = job.settings, job.settings["origin"]
    images = of_patients(settings["patients"], job.input.images)
    masks = dict(zip(settings["patients"], job.input.masks, strict=True))
    trainer = Trainer(origin["segmenter"], len(origin["sequences"]), job.log)
    kept, gpu = [], snakemake.resources.get("gpu", 0)
    for index, (fold, patients) in enumerate(settings["folds"].items()):
        model, seed = Path(job.output.models[index]), job.seed(f"{settings['name']}.fold-{fold}")
        used = [*job.input.weights, *(f for p in patients for f in (*images[p], masks[p]))]
        key = job.key(used, origin=origin, patients=patients, seed=seed, gpu=gpu)
        kept.append(Checkpoints(model.parent / "checkpoints", key, job.log))
        trained = trainer.train(patients, images, masks, seed, kept[-1])
        save_model(trained.model, model, origin | {"patients": patients})
        write_table(trained.history, job.output.histories[index])
        table = network_table(trained.model, origin["segmenter"]["training"]["size"])
        write_table(table, job.output.networks[index])

for checkpoints in kept:
    checkpoints.remove()  # with the record written, nothing is left to go on with
