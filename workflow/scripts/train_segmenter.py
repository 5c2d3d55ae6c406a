"""Train the network of a fold."""

from radproof.job import open_job
from radproof.segmentation.model_files import save_model
from radproof.segmentation.training import train_segmenter
from radproof.tables import write_table

with open_job(snakemake) as job:
    settings = job.settings
    patients, n_sequences = settings["patients"], len(settings["sequences"])
    images = list(job.input.images)
    trained = train_segmenter(
        patients,
        {
            patient: images[index * n_sequences : (index + 1) * n_sequences]
            for index, patient in enumerate(patients)
        },
        dict(zip(patients, job.input.masks, strict=True)),
        settings["segmenter"],
        job.seed(),
        job.log,
    )
    save_model(trained.model, job.output.model)
    write_table(trained.history, job.output.history)
