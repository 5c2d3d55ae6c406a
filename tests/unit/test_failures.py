"""Why jobs failed, from texts as Snakemake 9.27 and Slurm 22.05 write them."""

from pathlib import Path

import pytest
from radproof.failures import explain

UNKNOWN = (
    "Detailed failure reason unavailable (status command is not 'sacct')."
    "For further error details see the cluster/cloud log and the log files of the involved rule(s)."
)
OVER_MEMORY = """\
[Sun Nov 22 02:30:29 2026]
localrule greedy:
    output: out/greedy.txt
slurmstepd-node1: error: StepId=22.0 exceeded memory limit (887103488 > 629145600), being killed
slurmstepd-node1: error: Exceeded job memory limit
srun: Job step aborted: Waiting up to 4 seconds for job step to finish.
slurmstepd-node1: error: *** STEP 22.0 ON node1 CANCELLED AT 2026-11-22T02:30:31 ***
srun: error: node1: task 0: Killed
[Sun Nov 22 02:30:31 2026]
Error in rule greedy:
    message: None
    jobid: 0
"""
CANCELLED = "slurmstepd-node2: error: *** JOB 34 ON node2 CANCELLED AT 2026-11-22T02:36:40 ***\n"
OVER_TIME = (
    "slurmstepd-node1: error: *** JOB 34 ON node1 CANCELLED AT 2026-11-22T02:36:40 "
    "DUE TO TIME LIMIT ***\n"
)
NODE_FAILED = (
    "slurmstepd-node1: error: *** JOB 34 ON node1 CANCELLED AT 2026-11-22T02:36:40 "
    "DUE TO NODE FAILURE, SEE SLURMCTLD LOG FOR DETAILS ***\n"
)
# The same job fails twice in Slurm's log: where it ran, and where it was started.
BROKEN = """\
[Sun Nov 22 02:31:00 2026]
RuleException:
CalledProcessError in file "/study/workflow/rules/models.smk", line 36:
Command 'set -euo pipefail;  python predict.py' returned non-zero exit status 2.
[Sun Nov 22 02:31:00 2026]
Error in rule predict:
    message: None
    jobid: 0
    output: out/predict.txt
    log: {log} (check log file(s) for error details)
Shutting down, this might take some time.
WorkflowError:
At least one job did not complete successfully.
srun: error: node2: task 0: Exited with exit code 1
[Sun Nov 22 02:31:01 2026]
Error in rule predict:
    message: None
    jobid: 0
    output: out/predict.txt
    log: {log} (check log file(s) for error details)
"""


def submitted(job: str, slurm_job: int, log: Path) -> str:
    return f"Job {job} has been submitted with SLURM jobid {slurm_job} (log: {log}).\n"


def of_rule(rule: str, job: str, slurm_job: int, log: Path, status: str = "FAILED") -> str:
    return (
        "[Sun Nov 22 02:30:36 2026]\n"
        f"Error in rule {rule}:\n"
        f"    message: SLURM-job '{slurm_job}' failed, SLURM status is: '{status}'. {UNKNOWN}\n"
        f"    jobid: {job}\n"
        f"    output: out/{rule}.txt\n"
        f"    log: {log} (check log file(s) for error details)\n"
        f"    external_jobid: {slurm_job}\n"
        f"Logfile {log}:\n{'=' * 80}\n{log.read_text()}{'=' * 80}\n"
    )


def slurm_log(folder: Path, text: str, number: int = 34) -> Path:
    log = folder / ".snakemake" / "slurm_logs" / "rule" / f"{number}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(text)
    return log


def explained(folder: Path, text: str) -> str:
    (folder / "snakemake.log").write_text(f"Building DAG of jobs...\n{text}Complete log(s): x\n")
    return explain(folder / "snakemake.log")


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        (OVER_MEMORY, "FAILED", "out of memory: 846 MB used, 600 MB asked for"),
        (
            "slurmstepd: error: Detected 1 oom_kill event in StepId=34.0.\n",
            "FAILED",
            "out of memory",
        ),
        ("", "OUT_OF_MEMORY", "out of memory"),
        (OVER_TIME, "TIMEOUT", "over its time limit"),
        (NODE_FAILED, "NODE_FAIL", "its node failed"),
        (CANCELLED, "CANCELLED", "cancelled"),
    ],
)
def test_what_slurm_did_is_the_cause(tmp_path: Path, text: str, status: str, said: str) -> None:
    log = slurm_log(tmp_path, text)
    line = explained(tmp_path, submitted("5", 34, log) + of_rule("greedy", "5", 34, log, status))
    assert line == f"failed: greedy (Slurm job 34): {said}; log: {log}"


def test_a_job_that_was_tried_again_is_told_of_once_or_not_at_all(tmp_path: Path) -> None:
    first, second = slurm_log(tmp_path, CANCELLED, 34), slurm_log(tmp_path, OVER_MEMORY, 38)
    tried = submitted("4", 34, first) + of_rule("c", "4", 34, first, "CANCELLED")
    tried += "Trying to restart job 4.\n" + submitted("4", 38, second)
    assert explained(tmp_path, tried + "Finished jobid: 4 (Rule: c)\n") == ""
    lines = explained(tmp_path, tried + of_rule("c", "4", 38, second)).splitlines()
    assert len(lines) == 1 and "Slurm job 38" in lines[0] and "out of memory" in lines[0]


def test_the_member_of_a_group_that_failed_is_named_with_its_own_last_message(
    tmp_path: Path,
) -> None:
    own = tmp_path / "predict.log"
    own.write_text("reading\n[predict clinical] error: patient P01: no image; give one\n")
    log = slurm_log(tmp_path, BROKEN.format(log=own), 41)
    group = (
        f"    message: Error in group models\n"
        f"    log: {log} (check log file(s) for error details)\n"
        "    jobs:\n        rule predict:\n            jobid: 8\n"
        f"            log: {own} (check log file(s) for error details)\n"
        "        rule fit_model:\n            jobid: 9\n"
        "[Sun Nov 22 02:39:36 2026]\n    Error in rule fit_model:\n        message: None\n"
    )
    assert explained(tmp_path, submitted("1c29724f", 41, log) + group) == (
        "failed: models (Slurm job 41): in predict, exit status 2: [predict clinical] error: "
        f"patient P01: no image; give one; log: {log}"
    )


def test_a_local_failure_has_its_exit_status_and_its_last_message(tmp_path: Path) -> None:
    own = tmp_path / "predict.log"
    own.write_text("[predict clinical] error: patient P01: no image; give one\n")
    local = BROKEN.format(log=own).partition("Shutting down")[0]
    assert explained(tmp_path, local) == (
        "failed: predict: exit status 2: [predict clinical] error: patient P01: no image; "
        f"give one; log: {own}"
    )
    for death in ("died with <Signals.SIGKILL: 9>", "returned non-zero exit status 137"):
        killed = local.replace("returned non-zero exit status 2", death)
        said = "failed: predict: killed by SIGKILL, often for want of memory: "
        assert explained(tmp_path, killed).startswith(said)
    full = local.replace("exit status 2", "exit status 4")
    said = "failed: predict: exit status 4, a full disk, or no right to read or write: "
    assert explained(tmp_path, full).startswith(said)
    crashed = local.replace("returned non-zero exit status 2", "died with <Signals.SIGSEGV: 11>")
    assert "killed by SIGSEGV: [" in explained(tmp_path, crashed)


def test_nothing_is_said_where_nothing_failed(tmp_path: Path) -> None:
    assert explained(tmp_path, "Finished jobid: 4 (Rule: c)\n") == ""
    assert explain(tmp_path / "absent.log") == ""


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (
            "SLURM sbatch failed. The error message was 'sbatch: error: invalid partition "
            "specified: gpu\nsbatch: error: Batch job submission failed: Invalid partition name'.",
            "invalid partition specified: gpu",
        ),
        (
            "SLURM sbatch failed. The error message was 'sbatch: error: Batch job submission "
            "failed: Requested node configuration is not available'.",
            "Batch job submission failed: Requested node configuration is not available",
        ),
        (
            "Job submission failed with exception: The given account chemistry appears to be "
            "invalid. Available accounts:\nphysics",
            "The given account chemistry appears to be invalid. Available accounts:",
        ),
    ],
)
def test_a_job_that_slurm_does_not_take_has_its_reason(
    tmp_path: Path, message: str, why: str
) -> None:
    text = f"Error in rule c:\n    message: {message}\n    jobid: 7\n    output: out/c.txt\n"
    assert explained(tmp_path, text) == f"failed: c: not taken by Slurm: {why}"
    # Taken the next time, it is no failure; and it says nothing of the one after it.
    log = slurm_log(tmp_path, OVER_TIME)
    text += "Trying to restart job 7.\n" + submitted("8", 12, log) + of_rule("b", "8", 12, log)
    assert explained(tmp_path, text) == (
        f"failed: b (Slurm job 12): over its time limit; log: {log}"
    )


@pytest.mark.parametrize(
    ("last", "said"),
    [
        ("error: scan.nii.gz: is empty; give another", "{}"),
        ("3/5 SML03 prepared", "it ended without a word: {}"),
    ],
)
def test_of_a_staged_job_whose_exit_status_is_not_told_the_last_words_are(
    tmp_path: Path, last: str, said: str
) -> None:
    own = tmp_path / "train001.log"
    own.write_text(f"[prepare_images train001] {last}\n")
    text = (
        "Error in rule prepare_images_train001:\n    message: None\n    jobid: 3\n"
        f"    log: {own} (check log file(s) for error details)\n"
    )
    words = said.format(own.read_text().strip())
    assert explained(tmp_path, text) == f"failed: prepare_images_train001: {words}; log: {own}"


def test_a_staged_job_that_left_no_log_points_to_what_stands_above(tmp_path: Path) -> None:
    text = "Error in rule prepare_images_train001:\n    message: None\n    jobid: 3\n"
    said = "failed: prepare_images_train001: it left no log: see what stands above its error"
    assert explained(tmp_path, text) == said
