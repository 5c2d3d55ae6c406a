"""Why jobs failed, a line each, read from Snakemake's log, a cluster's logs and our own."""

import re
from dataclasses import dataclass
from pathlib import Path

from radproof.errors import EXIT_DISK

# Logs that Snakemake repeats between two rulers.
REPEATED = re.compile(r"^Logfile [^\n]+:\n(=+)\n.*?\n\1\n", re.M | re.S)
ERROR = re.compile(
    r"^(?:Error in rule (?P<rule>\S+):|    message: Error in group (?P<group>\S+))\n"
    # What Slurm says may go on in further lines, which stand before the number of the job.
    r"(?P<body>(?: {4}message: .*\n(?:(?:(?! {4}|\[).*\n)+(?= {4}jobid: ))?| {4}.*\n)*)",
    re.M,
)
FIELD = re.compile(r"^    (\w+): (.+?)(?: \(check log file\(s\) for error details\))?$", re.M)
SUBMITTED = re.compile(r"^Job (\S+) has been submitted with SLURM jobid (\S+) \(log: (.+)\)", re.M)
# What a process ended with stands above the error of its rule.
EXIT = re.compile(r"returned non-zero exit status (\d+)|died with <Signals\.(\w+)")
OVER = re.compile(r"exceeded memory limit \((\d+) > (\d+)\)")
MIB = 2**20
REFUSAL = "not taken by Slurm"
WITHOUT_A_WORD = "it ended without a word"
# Why a job was not taken: in the words of sbatch, or of the plugin, which looks the account up.
REFUSED = re.compile(
    r"sbatch: error: (.+?)'?\.?$|submission failed with exception: (.+?)\.?$", re.M
)

# What Slurm says, most telling first: a job over its memory or time is cancelled as well.
SLURM_SAYS = [
    (r"exceeded memory limit|oom.?kill|OUT_OF_MEMORY|Out Of Memory", "out of memory"),
    (r"DUE TO TIME LIMIT|'TIMEOUT'|'DEADLINE'", "over its time limit"),
    (r"DUE TO NODE FAILURE|'NODE_FAIL'|'BOOT_FAIL'", "its node failed"),
    (r"DUE TO PREEMPTION|'PREEMPTED'", "preempted by another job"),
    (r"sbatch failed|Job submission failed", REFUSAL),
    (r"'CANCELLED'|CANCELLED AT", "cancelled"),
]


@dataclass(frozen=True)
class Failure:
    """A rule or a group that failed: what Snakemake says of it, and the logs it names."""

    name: str
    said: str
    logs: tuple[str, ...]
    job: str
    slurm_job: str = ""

    @property
    def slurm_log(self) -> str:
        """Return the text of Slurm's log; empty where there is none."""
        return "".join(_read(path) for path in self.logs if "slurm_logs" in path)

    @property
    def last_message(self) -> str:
        """Return the last line of the rule's own log; empty where there is none."""
        texts = [_read(path) for path in self.logs if "slurm_logs" not in path]
        lines = [line.strip() for text in texts for line in text.splitlines() if line.strip()]
        return lines[-1] if lines else ""


def explain(log: str | Path) -> str:
    """Return a line for each job that failed for good, from Snakemake's log; empty if none did."""
    return "\n".join(_line(failure) for failure in failures(_read(log)))


def failures(text: str) -> list[Failure]:
    """Return the failures that a log of Snakemake ends with: of those tried again, the last."""
    text = REPEATED.sub("", text)
    submitted = {log: (job, slurm) for job, slurm, log in SUBMITTED.findall(text)}
    found: dict[str, Failure] = {}
    before = 0
    for error in ERROR.finditer(text):
        fields = dict(FIELD.findall(error["body"]))
        logs = tuple(fields.get("log", "").split(", ")) if "log" in fields else ()
        job, slurm = submitted.get(logs[-1] if logs else "", (fields.get("jobid", ""), ""))
        slurm = slurm or fields.get("external_jobid", "")
        above = text[before : error.start()].rpartition("RuleException:")[2]
        before = error.end()
        if f"Trying to restart job {job}.\n" not in text[before:]:
            name = error["rule"] or error["group"]
            failure = Failure(name, above + error["body"], logs, job, slurm)
            found.setdefault(f"{name} {job}", failure)
    return list(found.values())


def cause(failure: Failure) -> str:
    """Return why a job failed: memory, time, node, cancelled, or how its code ended."""
    slurm_log = failure.slurm_log
    for pattern, meaning in SLURM_SAYS:
        if re.search(pattern, failure.said + slurm_log):
            refused = _refused(failure.said) if meaning == REFUSAL else ""
            return meaning + _memory(slurm_log) + refused
    # In Slurm's log the same job, or the first of a group's members, fails once more.
    inner = failures(slurm_log)[:1]
    deepest = inner[0] if inner else failure
    member = f"in {deepest.name}, " if deepest.name != failure.name else ""
    message = deepest.last_message or failure.last_message
    ended = _ended(deepest.said)
    # A staged job's exit status stays with the Snakemake of its own that started it.
    if ended == WITHOUT_A_WORD and "] error: " in message:
        return member + message
    if ended == WITHOUT_A_WORD and not message:
        return f"{member}it left no log: see what stands above its error"
    return member + ended + (f": {message}" if message else "")


def _line(failure: Failure) -> str:
    where = f" (Slurm job {failure.slurm_job})" if failure.slurm_job else ""
    logs = f"; log: {failure.logs[-1]}" if failure.logs else ""
    return f"failed: {failure.name}{where}: {cause(failure)}{logs}"


def _read(path: str | Path) -> str:
    place = Path(path)
    return place.read_text(encoding="utf-8", errors="replace") if place.is_file() else ""


def _memory(text: str) -> str:
    over = OVER.search(text)
    if not over:
        return ""
    used, asked = (round(int(number) / MIB) for number in over.groups())
    return f": {used} MB used, {asked} MB asked for"


def _refused(text: str) -> str:
    why = REFUSED.search(text)
    return f": {why[1] or why[2]}" if why else ""


def _ended(text: str) -> str:
    found = EXIT.search(text)
    if not found:
        return WITHOUT_A_WORD
    status, signal = found.groups()
    # A shell between gives 128 and the number of the signal.
    if status == "137":
        signal = "SIGKILL"
    if signal == "SIGKILL":
        return "killed by SIGKILL, often for want of memory"
    if signal:
        return f"killed by {signal}"
    # Said here too, as the job's log may have had no room for it.
    disk = ", a full disk, or no right to read or write" if int(status) == EXIT_DISK else ""
    return f"exit status {status}{disk}"
