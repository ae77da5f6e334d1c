"""A server that crashes is started again, and not for ever."""

from jax.adapters.embedded_postgres.restart_budget import MAX_CRASHES, STEADY_SECONDS, RestartBudget


def delays(*ready_seconds: float) -> list[float | None]:
    budget = RestartBudget()
    return [budget.delay_after_crash(ready_seconds=seconds) for seconds in ready_seconds]


def test_the_first_crash_costs_no_delay_and_the_following_ones_ever_more() -> None:
    assert delays(0, 0, 0, 0, 0) == [0.0, 0.25, 0.5, 1.0, 2.0]


def test_one_crash_too_many_in_a_row_ends_it() -> None:
    assert delays(*[0.0] * (MAX_CRASHES + 1))[-1] is None


def test_short_runs_do_not_end_the_row() -> None:
    assert delays(*[STEADY_SECONDS - 1] * (MAX_CRASHES + 1))[-1] is None


def test_a_steady_run_begins_a_new_row() -> None:
    assert delays(*[0.0] * MAX_CRASHES, STEADY_SECONDS, 0.0)[-2:] == [0.0, 0.25]


def test_a_crash_after_every_steady_run_never_ends_it() -> None:
    assert set(delays(*[STEADY_SECONDS] * 100)) == {0.0}
