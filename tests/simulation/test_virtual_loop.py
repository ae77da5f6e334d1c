"""Time in a world is a number, and what dies or freezes does so as a whole."""

import asyncio

from tests.simulation.virtual_loop import Process, VirtualLoop, current_process


def a_loop() -> VirtualLoop:
    return VirtualLoop()  # type: ignore[abstract] # what asyncio's tasks and locks ask for


async def ticking(heard: list[float], loop: VirtualLoop) -> None:
    while True:
        heard.append(loop.time())
        await asyncio.sleep(1.0)


def test_time_passes_without_waiting() -> None:
    loop, heard = a_loop(), list[float]()
    loop.spawn(Process("p"), ticking(heard, loop))
    loop.run(until=3.5)
    assert heard == [0.0, 1.0, 2.0, 3.0]
    assert loop.time() == 3.5


def test_what_is_due_at_one_moment_runs_in_the_order_in_which_it_was_asked_for() -> None:
    loop, heard = a_loop(), list[int]()
    for number in range(5):
        loop.at(1.0, lambda number=number: heard.append(number))  # type: ignore[misc]
    loop.run(until=2.0)
    assert heard == [0, 1, 2, 3, 4]


def test_a_dead_process_does_nothing_any_more_but_for_its_cleaning_up() -> None:
    loop, heard, closed = a_loop(), list[float](), list[str]()
    process = Process("p")

    async def work() -> None:
        try:
            await ticking(heard, loop)
        finally:
            closed.append("rolled back")

    loop.spawn(process, work())
    loop.at(1.5, lambda: loop.kill(process))
    loop.run(until=5.0)
    assert heard == [0.0, 1.0]
    assert closed == ["rolled back"]
    assert not process.is_alive


def test_what_a_task_starts_dies_with_its_process() -> None:
    loop, heard = a_loop(), list[float]()
    process = Process("p")

    async def parent() -> None:
        child = asyncio.create_task(ticking(heard, loop))
        await asyncio.shield(child)

    loop.spawn(process, parent())
    loop.at(0.5, lambda: loop.kill(process))
    loop.run(until=5.0)
    assert heard == [0.0]


def test_a_frozen_process_goes_on_later_and_others_meanwhile() -> None:
    loop, frozen, other = a_loop(), list[float](), list[float]()
    process = Process("p")
    loop.spawn(process, ticking(frozen, loop))
    loop.spawn(Process("q"), ticking(other, loop))
    loop.at(0.5, lambda: loop.freeze(process, 2.2))
    loop.run(until=4.5)
    assert frozen == [0.0, 2.7, 3.7]
    assert other == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_a_timeout_is_virtual_too() -> None:
    loop, heard = a_loop(), list[str]()

    async def waiting() -> None:
        try:
            async with asyncio.timeout(5.0):
                await loop.create_future()
        except TimeoutError:
            heard.append(f"{loop.time():.1f}")

    loop.spawn(Process("p"), waiting())
    loop.run(until=10.0)
    assert heard == ["5.0"]


def test_code_knows_its_process_and_the_world_has_none() -> None:
    loop, heard = a_loop(), list[Process | None]()
    process = Process("p")

    async def work() -> None:
        heard.append(current_process())
        await asyncio.sleep(1.0)
        heard.append(current_process())

    loop.spawn(process, work())
    loop.at(0.5, lambda: heard.append(current_process()))
    loop.run(until=2.0)
    assert heard == [process, None, process]


def test_stopping_ends_the_run_before_the_next_callback() -> None:
    loop, heard = a_loop(), list[float]()
    loop.at(1.0, loop.stop)
    loop.at(1.0, lambda: heard.append(loop.time()))
    loop.run(until=2.0)
    assert heard == []
    assert loop.time() == 1.0
