"""What every kind of worker does: threads, processes, and a cluster of two on this machine."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jax.adapters.compute.dask_workers import DaskWorkers
from jax.adapters.compute.process_workers import ProcessWorkers
from jax.adapters.compute.thread_workers import ThreadWorkers
from jax.ports.compute_workers import ComputeWorkers, TaskFailed, WorkerLost
from tests.compute_cluster import cluster_of_two
from tests.contract import compute_tasks

KINDS = ("threads", "processes", "dask")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with cluster_of_two() as client:
        yield client


@pytest.fixture(params=KINDS)
def workers(request: pytest.FixtureRequest) -> ComputeWorkers:
    if request.param == "threads":
        return ThreadWorkers(2)
    if request.param == "processes":
        return ProcessWorkers(2)
    return DaskWorkers(request.getfixturevalue("cluster"))


def test_every_task_is_answered_with_its_number(workers: ComputeWorkers) -> None:
    found = dict(workers.run(compute_tasks.scaled, [1.0, 0.1], range(7)))
    assert found == {task: [1.0 * task, 0.1 * task] for task in range(7)}
    assert workers.count == 2


def test_without_tasks_there_is_no_answer(workers: ComputeWorkers) -> None:
    assert list(workers.run(compute_tasks.scaled, [1.0], [])) == []


def test_one_task_needs_one_worker(workers: ComputeWorkers) -> None:
    assert list(workers.run(compute_tasks.scaled, [2.0], [3])) == [(0, [6.0])]


def test_answers_come_as_they_are_finished(workers: ComputeWorkers, tmp_path: Path) -> None:
    found = list(workers.run(compute_tasks.slow_first, tmp_path, range(4)))
    assert found[0] != (0, 0)
    assert sorted(found) == [(task, task) for task in range(4)]


def test_more_than_one_works_at_a_time(workers: ComputeWorkers) -> None:
    assert len({who for _, who in workers.run(compute_tasks.pid_and_thread, None, range(8))}) == 2


def test_a_task_that_raises_is_named_with_what_it_raised(workers: ComputeWorkers) -> None:
    with pytest.raises(TaskFailed, match="task 3 failed: InvalidValue: bars: row 7 is wrong") as failed:
        list(workers.run(compute_tasks.failing_third, None, range(6)))
    assert failed.value.task == 3
    assert failed.value.reason == "InvalidValue: bars: row 7 is wrong"


def test_what_was_finished_before_a_failure_is_answered(workers: ComputeWorkers) -> None:
    answers = workers.run(compute_tasks.failing_third, None, range(4))
    assert next(answers) in {(0, 0), (1, 1), (2, 2)}
    answers.close()


def test_nothing_begins_after_the_run_was_closed(workers: ComputeWorkers, tmp_path: Path) -> None:
    answers = workers.run(compute_tasks.marking, tmp_path, range(60))
    assert next(answers) == (0, 0)
    answers.close()
    begun = len(list(tmp_path.iterdir()))
    assert begun <= 10
    assert list(workers.run(compute_tasks.scaled, [1.0], [5])) == [(0, [5.0])]
    assert len(list(tmp_path.iterdir())) <= begun + 2  # what a worker elsewhere had in its hands


def test_one_run_after_another_and_two_at_once(workers: ComputeWorkers) -> None:
    first = workers.run(compute_tasks.scaled, [1.0], range(3))
    second = workers.run(compute_tasks.scaled, [2.0], range(3))
    taken = [next(first), next(second)]
    found = [*taken, *first, *second]
    assert sorted(found) == sorted((task, [times * task]) for task in range(3) for times in (1.0, 2.0))


def test_says_whether_all_have_the_very_same_shared_value(workers: ComputeWorkers) -> None:
    shared = [1.0]
    seen = {where for _, where in workers.run(compute_tasks.identity_of, shared, range(4))}
    assert (seen == {id(shared)}) == workers.share_memory


@pytest.mark.parametrize("workers", ["processes", "dask"], indirect=True)
def test_a_worker_that_dies_is_told_with_its_task(workers: ComputeWorkers) -> None:
    with pytest.raises(WorkerLost, match="task 3 was lost") as lost:
        list(workers.run(compute_tasks.dying_third, None, range(6)))
    assert lost.value.task == 3
    assert list(workers.run(compute_tasks.scaled, [1.0], [5])) == [(0, [5.0])]


@pytest.mark.parametrize("workers", ["processes"], indirect=True)
def test_what_cannot_be_sent_is_told_with_its_task(workers: ComputeWorkers) -> None:
    with pytest.raises(TaskFailed, match="task 0 failed: TypeError: this stays here"):
        list(workers.run(compute_tasks.unsendable_result, None, [0]))
    with pytest.raises(TaskFailed, match=r"task 1 failed: it cannot be sent \(TypeError: this stays here\)"):
        list(workers.run(compute_tasks.identity_of, None, [0, compute_tasks.Unsendable()]))
