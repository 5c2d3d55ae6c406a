"""Train the networks of one fold or more, each without the patients of its fold."""

from pathlib import Path

from radproof.job import open_job
from radproof.segmentation.checkpoints import Checkpoints
from radproof.segmentation.model_files import save_model
from radproof.segmentation.network_table import network_table
from radproof.segmentation.training import Trainer
from radproof.tables import write_table

with open_job(snakemake) as job:
    settings, files = job.settings, list(job.input.images)
    origin, n = settings["origin"], len(settings["origin"]["sequences"])
    images = {name: files[i * n : (i + 1) * n] for i, name in enumerate(settings["patients"])}
    masks = dict(zip(settings["patients"], job.input.masks, strict=True))
    trainer = Trainer(origin["segmenter"], n, job.log)
    kept, gpu = [], snakemake.resources.get("gpu", 0)
    for index, (fold, patients) in enumerate(settings["folds"].items()):
        job.log(f"fold {fold}")
        model, seed = Path(job.output.models[index]), job.seed(f"{settings['name']}.fold-{fold}")
        used = [file for name in patients for file in (*images[name], masks[name])]
        used += job.input.weights
        key = job.key(used, origin=origin, patients=patients, seed=seed, gpu=gpu)
        kept.append(Checkpoints(model.parent / "checkpoints", key, job.log))
        trained = trainer.train(patients, images, masks, seed, kept[-1])
        save_model(trained.model, model, origin | {"patients": patients})
        write_table(trained.history, job.output.histories[index])
        table = network_table(trained.model, origin["segmenter"]["training"]["size"])
        write_table(table, job.output.networks[index])

# With the record written, nothing is left to go on with.
for checkpoints in kept:
    checkpoints.remove()
