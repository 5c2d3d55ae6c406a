"""The model of a cluster: time that is spent is accounted for, and small cases are as by hand."""

from dataclasses import replace

import numpy as np
import pytest
from cluster_run import Cluster, SlurmJob, critical_path, simulate
from hypothesis import given
from hypothesis import strategies as st

SECONDS = st.lists(st.floats(0.1, 1000), min_size=1, max_size=30)


def job(seconds, after=(), name="work", **others):
    return SlurmJob(name, {name: seconds}, others.pop("start_s", 0.0), after=after, **others)


def independent(seconds):
    return [job(value) for value in seconds]


@given(SECONDS)
def test_one_core_without_latency_takes_the_sum_of_the_work(seconds):
    run = simulate(independent(seconds), Cluster(1, 1))
    assert run.wall_s == pytest.approx(sum(seconds))
    assert run.utilisation == pytest.approx(1)


@given(SECONDS, st.integers(1, 5), st.integers(1, 4), st.floats(0, 5), st.integers(1, 9))
def test_core_hours_are_the_work_and_the_starts(seconds, nodes, cores, start_s, limit):
    jobs = [job(value, start_s=start_s) for value in seconds]
    cluster = Cluster(nodes, cores, jobs=limit, latency_median_s=20, latency_log_sd=1)
    run = simulate(jobs, cluster)
    assert run.used_core_s == pytest.approx(sum(seconds) + start_s * len(seconds))
    assert run.utilisation <= 1 + 1e-9


@given(SECONDS, st.integers(1, 6))
def test_more_nodes_never_lengthen_a_run_of_independent_jobs(seconds, nodes):
    few = Cluster(nodes, 2, latency_median_s=30, latency_log_sd=1)
    more = replace(few, nodes=nodes + 1)
    jobs = independent(seconds)
    assert simulate(jobs, more).wall_s <= simulate(jobs, few).wall_s + 1e-9


def test_a_small_case_by_hand():
    # Two cores: 3 and 2 start; 4 starts at 2 on the core that is free; what waits for both of the
    # first two starts at 3 and ends at 8; the last waits for it.
    jobs = [job(3), job(2), job(4), job(5, (0, 1)), job(1, (2, 3))]
    run = simulate(jobs, Cluster(1, 2))
    assert run.begun == [0, 0, 2, 3, 8]
    assert run.ended == [3, 2, 6, 8, 9]
    assert run.utilisation == pytest.approx(15 / 18)


def test_the_critical_path_adds_up_to_the_wall_time():
    jobs = [job(3, name="a"), job(2, name="b"), job(5, (0, 1), name="c", start_s=1.5)]
    run = simulate(jobs, Cluster(1, 1))
    chain = critical_path(jobs, run)
    assert sum(chain.values()) == pytest.approx(run.wall_s)
    assert chain["c"] == 5
    assert chain["start of jobs"] == 1.5


def test_the_limit_of_jobs_holds():
    jobs = independent([10] * 12)
    run = simulate(jobs, Cluster(10, 10, jobs=3))
    assert run.wall_s == 40


def test_memory_keeps_jobs_apart():
    jobs = [job(10, memory_mb=600) for _ in range(4)]
    assert simulate(jobs, Cluster(1, 8, memory_mb=1000)).wall_s == 40
    assert simulate(jobs, Cluster(1, 8, memory_mb=1200)).wall_s == 20


def test_a_small_job_passes_one_that_finds_no_room():
    jobs = [job(10), job(5, threads=2), job(4)]
    run = simulate(jobs, Cluster(1, 2))
    assert run.begun == [0, 10, 0]


def test_ended_jobs_are_seen_when_they_are_looked_for():
    # Looked for at 10, then, as nothing had ended, 20 s later, and so on: 30, 60.
    jobs = [job(35), job(1, (0,))]
    run = simulate(jobs, Cluster(1, 1, poll_s=(10.0, 180.0)))
    assert run.begun[1] == 60


def test_what_runs_where_snakemake_does_waits_for_nothing_and_is_seen_at_once():
    # The first ends at 7, and is not looked for; the second is submitted then, and seen at 30.
    here = job(7, threads=0, queued=False)
    jobs = [here, job(5, (0,)), job(1, (1,), threads=0, queued=False)]
    cluster = Cluster(1, 1, jobs=1, latency_median_s=2, poll_s=(10.0, 180.0))
    run = simulate(jobs, cluster)
    assert run.begun == [0, 9, 30]
    assert run.used_core_s == 5


def test_what_is_lost_with_a_node_runs_again():
    jobs = independent([3600.0] * 50)
    run = simulate(jobs, Cluster(5, 2, failures_a_node_hour=0.3, seed=4))
    assert run.failures > 0
    assert not np.isnan(run.ended).any()
    assert run.used_core_s == pytest.approx(50 * 3600 + run.lost_core_s)


def test_the_same_seed_gives_the_same_run():
    cluster = Cluster(
        3, 2, latency_median_s=30, latency_log_sd=1, failures_a_node_hour=0.2, poll_s=(10.0, 180.0)
    )
    jobs = independent(list(range(100, 400, 7)))
    assert simulate(jobs, cluster).ended == simulate(jobs, cluster).ended
    other = simulate(jobs, replace(cluster, seed=2))
    assert other.ended != simulate(jobs, cluster).ended


def test_what_cannot_run_is_refused():
    with pytest.raises(ValueError, match="fits on no node"):
        simulate([job(1, threads=4)], Cluster(1, 2))
    with pytest.raises(ValueError, match="wait for each other"):
        simulate([job(1, (1,)), job(1, (0,))], Cluster(1, 2))
