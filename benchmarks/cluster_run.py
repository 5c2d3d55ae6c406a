"""A run on a cluster, event by event: Slurm's jobs, its queue, nodes, and what Snakemake sees."""

import heapq
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class SlurmJob:
    """What is submitted at once: one job of the workflow, or a group that runs one after another.

    ``work`` has the seconds by rule; ``start_s`` come on top. ``after`` are indices of jobs. What
    is not ``queued`` runs where Snakemake does: at once, and on no node's cores.
    """

    name: str
    work: dict[str, float]
    start_s: float
    threads: int = 1
    memory_mb: int = 0
    after: tuple[int, ...] = ()
    queued: bool = True

    @property
    def seconds(self) -> float:
        """Seconds on a node, with its start."""
        return self.start_s + sum(self.work.values())


@dataclass(frozen=True)
class Cluster:
    """Nodes, and what stands between a job and a node.

    The wait in the queue, before the first look for a free node, is log-normal. Snakemake looks for
    ended jobs after ``poll_s[0]`` seconds, each time it finds none 10 s later than before, at most
    after ``poll_s[1]``; (0, 0) stands for one machine, where it knows at once. A job on a node that
    fails is submitted again.
    """

    nodes: int
    cores: int
    memory_mb: int = 10**9
    jobs: int = 10**9
    latency_median_s: float = 0.0
    latency_log_sd: float = 0.0
    poll_s: tuple[float, float] = (0.0, 0.0)
    failures_a_node_hour: float = 0.0
    seed: int = 1


@dataclass
class Run:
    """What happened; all times in seconds since the first submission, ``cores`` in core seconds."""

    cluster: Cluster
    begun: list[float]
    ended: list[float]
    used_core_s: float = 0.0
    lost_core_s: float = 0.0
    failures: int = 0

    @property
    def wall_s(self) -> float:
        """Seconds until the last job ended."""
        return max(self.ended)

    @property
    def utilisation(self) -> float:
        """The share of all cores' time in which a job held them."""
        return self.used_core_s / (self.wall_s * self.cluster.nodes * self.cluster.cores)


@dataclass
class _State:
    jobs: list[SlurmJob]
    cluster: Cluster
    run: Run
    free: list[list[int]]
    waits: list[int]
    then: list[list[int]]
    ready: deque[int] = field(default_factory=deque)
    pending: dict[tuple[int, int], deque[tuple[int, int]]] = field(default_factory=dict)
    events: list[tuple[float, int, str, int]] = field(default_factory=list)
    on: dict[int, int] = field(default_factory=dict)
    seen: list[int] = field(default_factory=list)
    attempts: Counter[int] = field(default_factory=Counter)
    submitted: int = 0
    count: int = 0

    def push(self, time: float, what: str, job: int) -> None:
        self.count += 1
        heapq.heappush(self.events, (time, self.count, what, job))


def simulate(jobs: list[SlurmJob], cluster: Cluster) -> Run:
    """Run jobs on a cluster.

    Jobs that could be submitted are, in order of readiness, while fewer than ``cluster.jobs`` are
    queued or running. Slurm starts them in order of eligibility on the first node with room; a job
    that finds none is passed over by those that ask for less.

    Raises
    ------
    ValueError
        If a job fits on no node, or jobs wait for each other.
    """
    for job in jobs:
        if job.threads > cluster.cores or job.memory_mb > cluster.memory_mb:
            raise ValueError(f"{job.name} fits on no node")
    then: list[list[int]] = [[] for _ in jobs]
    for number, job in enumerate(jobs):
        for before in job.after:
            then[before].append(number)
    never = [float("nan")] * len(jobs)
    state = _State(
        jobs,
        cluster,
        Run(cluster, list(never), list(never)),
        [[cluster.cores, cluster.memory_mb] for _ in range(cluster.nodes)],
        [len(job.after) for job in jobs],
        then,
    )
    state.ready.extend(number for number, wait in enumerate(state.waits) if not wait)
    _submit(state, 0.0)
    _go(state)
    if np.isnan(state.run.ended).any():
        raise ValueError("jobs wait for each other")
    return state.run


def _go(state: _State) -> None:
    """Take one event after the other; all of one moment before nodes are looked for."""
    interval, shortest, longest = state.cluster.poll_s[0], *state.cluster.poll_s
    if longest:
        state.push(interval, "poll", -1)
    while state.events:
        now, _, what, number = heapq.heappop(state.events)
        if what == "poll":
            interval = shortest if state.seen else min(interval + 10.0, longest)
            _learn(state, now, state.seen)
            if state.submitted or state.events:
                state.push(now + interval, "poll", -1)
        elif what == "eligible":
            job = state.jobs[number]
            shape = (job.threads, job.memory_mb)
            state.count += 1
            state.pending.setdefault(shape, deque()).append((state.count, number))
        else:
            _leave(state, now, number, failed=what == "failed")
            # Where Snakemake started it itself, it knows at once.
            if not longest or not state.jobs[number].queued:
                _learn(state, now, [number])
            else:
                state.seen.append(number)
        if not state.events or state.events[0][0] > now:
            _start(state, now)


def _submit(state: _State, now: float) -> None:
    while state.ready and state.submitted < state.cluster.jobs:
        number = state.ready.popleft()
        state.submitted += state.jobs[number].queued
        chance = _chance(state, number, 0)
        cluster = state.cluster
        wait = cluster.latency_median_s * np.exp(cluster.latency_log_sd * chance.standard_normal())
        if not state.jobs[number].queued:
            wait = 0.0
        state.push(now + float(wait), "eligible", number)


def _chance(state: _State, number: int, of: int) -> np.random.Generator:
    """Return what decides a job's luck, the same however many nodes there are."""
    return np.random.default_rng([state.cluster.seed, number, state.attempts[number], of])


def _start(state: _State, now: float) -> None:
    """Start what finds room, the longest waiting first."""
    waiting = [(queue[0], shape) for shape, queue in state.pending.items() if queue]
    heapq.heapify(waiting)
    while waiting:
        (_, number), shape = heapq.heappop(waiting)
        node = next((n for n, room in enumerate(state.free) if _fits(shape, room)), None)
        if node is None:
            continue
        queue = state.pending[shape]
        queue.popleft()
        if queue:
            heapq.heappush(waiting, (queue[0], shape))
        for part in (0, 1):
            state.free[node][part] -= shape[part]
        state.on[number] = node
        state.run.begun[number] = now
        seconds, fails_after = state.jobs[number].seconds, np.inf
        if state.cluster.failures_a_node_hour and state.jobs[number].queued:
            mean_s = 3600 / state.cluster.failures_a_node_hour
            fails_after = _chance(state, number, 1).exponential(mean_s)
        failed = fails_after < seconds
        state.push(now + min(seconds, fails_after), "failed" if failed else "ended", number)


def _fits(shape: tuple[int, int], room: list[int]) -> bool:
    return shape[0] <= room[0] and shape[1] <= room[1]


def _leave(state: _State, now: float, number: int, failed: bool) -> None:
    """Free the cores of a job that ended, or whose node failed."""
    job, node, run = state.jobs[number], state.on.pop(number), state.run
    state.free[node][0] += job.threads
    state.free[node][1] += job.memory_mb
    spent = job.threads * (now - run.begun[number])
    run.used_core_s += spent
    if failed:
        run.lost_core_s += spent
        run.failures += 1
        state.attempts[number] += 1
    else:
        run.ended[number] = now


def _learn(state: _State, now: float, ended: list[int]) -> None:
    """Let Snakemake see what ended, and submit what can go on."""
    for number in ended:
        state.submitted -= state.jobs[number].queued
        if np.isnan(state.run.ended[number]):
            state.ready.append(number)
            continue
        for then in state.then[number]:
            state.waits[then] -= 1
            if not state.waits[then]:
                state.ready.append(then)
    ended.clear()
    _submit(state, now)


def critical_path(jobs: list[SlurmJob], run: Run) -> dict[str, float]:
    """Return the seconds of each rule on the chain of jobs that ends last; ``waiting`` in between.

    Each job's predecessor on the chain is the one among those it waits for that ended last.
    """
    chain: dict[str, float] = defaultdict(float)
    number: int | None = int(np.argmax(run.ended))
    while number is not None:
        job = jobs[number]
        for rule, seconds in job.work.items():
            chain[rule] += seconds
        chain["start of jobs"] += job.start_s
        before = max(job.after, key=lambda other: run.ended[other], default=None)
        chain["waiting"] += run.begun[number] - (run.ended[before] if before is not None else 0.0)
        number = before
    return dict(sorted(chain.items(), key=lambda item: -item[1]))
