# Rules that are named like ours and take seconds, for a cluster on which things go wrong.

from radproof.failures import explain
from radproof.profiles import spread_over_batches

GOOD = ["montage", "c", "greedy"]
BAD = ["broken", "hopeless", "compare"]


rule all:
    default_target: True
    input:
        expand("out/{name}.txt", name=GOOD + (BAD if config.get("bad") else [])),


rule prepare_images_train001:
    output:
        "out/strip.txt",
    shell:
        "sleep {config[seconds]}; echo strip > {output}"


rule plot_montage:
    input:
        "out/strip.txt",
    output:
        "out/montage.txt",
    shell:
        "cp {input} {output}"


rule c:
    output:
        "out/c.txt",
    shell:
        "echo half > {output}; sleep {config[seconds]}; echo c > {output}"


# Fits in what it is given the second time.
rule greedy:
    output:
        "out/greedy.txt",
    resources:
        mem_mb=lambda wildcards, attempt: 600 * attempt,
    shell:
        "python3 -c 'import time; x = bytearray(700_000_000); time.sleep(4)'; echo g > {output}"


rule hopeless:
    output:
        "out/hopeless.txt",
    resources:
        mem_mb=600,
    shell:
        "python3 -c 'import time; x = bytearray({config[bad]}00_000_000); time.sleep(4)'"
        " && echo h > {output}"


rule broken:
    output:
        "out/broken.txt",
    log:
        "logs/broken.log",
    shell:
        "echo 'error: image is empty; give another' > {log}; [ {config[bad]} = 1 ] && echo b > {output}"


rule fit_model:
    output:
        "out/fit.txt",
    shell:
        "echo fit > {output}"


rule predict:
    input:
        "out/fit.txt",
    output:
        "out/predict.txt",
    log:
        "logs/predict.log",
    shell:
        "echo 'error: no patient is left' > {log}; [ {config[bad]} = 1 ] && cp {input} {output}"


rule compare_models:
    input:
        "out/predict.txt",
    output:
        "out/compare.txt",
    shell:
        "cp {input} {output}"


rule train_segmenter_unet_fold:
    output:
        "out/gpu.txt",
    resources:
        gpu=1,
    shell:
        "scontrol show job $SLURM_JOB_ID > {output}"


rule slow:
    output:
        "out/slow.txt",
    resources:
        runtime=1,
    shell:
        "sleep 300; echo slow > {output}"


onerror:
    print(explain(log[0]), file=sys.stderr)


spread_over_batches(workflow)
