"""What can go wrong in one world, drawn from its seed: most worlds have a few kinds of trouble, some none."""

from dataclasses import dataclass, replace
from random import Random

# Bounds that the protocol may rely on: how long a venue hides what it has, and how long an order that the
# bridge has sent is on its way. The trader's waiting for not-found answers must cover both.
MOST_VISIBILITY_SECONDS = 1.2
MOST_TRANSIT_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Possibilities:
    """Probabilities are a step's; seconds are upper bounds of uniform delays, unless said otherwise."""

    # Traders and the bridge.
    crash_at_step: float  # of a process, at any of its calls to the outside
    crashes: int  # of a process, at some moment
    freezes: int
    freeze_seconds: float
    second_trader: bool
    lock_losses: int
    takeovers: int  # the lock is lost in the moment of an execution
    clock_jumps: int
    disk_failure: float  # of a write of the bridge
    # The database.
    statement_pause: float
    statement_loss: float
    commit_loss: float  # the connection goes during the commit, which may be done or not
    outages: int
    # The network between trader and bridge.
    message_loss: float
    message_delay: float  # of a message being late by up to `longest_delay`
    longest_delay: float
    message_twice: float
    partitions: int
    # The venue.
    reject: float
    venue_error: float
    lost_answer: float  # of a place that the venue has done and does not answer
    blink: float  # of an order that is there not being found, once
    visibility_seconds: float
    transit_seconds: float
    fill: float  # of an order being filled at all
    exit_fill: float  # of a stop or a target being filled
    late_fill: float  # of an execution being shown only after all else
    cancel_seconds: float
    correction: float
    bust: float
    # People.
    revocations: int
    kills: int
    mode_changes: int
    manual_orders: int
    closings: int
    repeats: int  # how often one signal is asked for at most
    rush: bool  # all signals within two seconds
    day_roll: bool
    disabled: bool  # a trader whose execution is off
    brackets: bool  # a venue that takes stop and target together with the entry


def draw(rng: Random) -> Possibilities:
    """Each kind of trouble is in about every second world, so that also rare pairs of them meet."""

    def some(*values: float) -> float:
        return rng.choice((0.0, *values))

    def times(most: int) -> int:
        return rng.choice((0, rng.randint(0, most)))

    return Possibilities(
        crash_at_step=some(0.003, 0.02),
        crashes=times(3),
        freezes=times(3),
        freeze_seconds=rng.choice((0.5, 4.0, 15.0)),
        second_trader=rng.random() < 0.5,
        lock_losses=times(1),
        takeovers=times(2),
        clock_jumps=times(2),
        disk_failure=some(0.01, 0.1),
        statement_pause=rng.choice((0.0, 0.1, 0.3)),
        statement_loss=some(0.005, 0.03),
        commit_loss=some(0.01, 0.08),
        outages=times(2),
        message_loss=some(0.03, 0.2),
        message_delay=some(0.05, 0.3),
        longest_delay=rng.choice((1.0, 6.0, 20.0)),
        message_twice=some(0.05, 0.3),
        partitions=times(2),
        reject=some(0.1),
        venue_error=some(0.05, 0.3),
        lost_answer=some(0.2, 0.8),
        blink=rng.choice((0.0, 1.0)),
        visibility_seconds=rng.choice((0.0, 0.3, MOST_VISIBILITY_SECONDS)),
        transit_seconds=rng.choice((0.02, MOST_TRANSIT_SECONDS)),
        fill=rng.choice((0.3, 0.9, 1.0)),
        exit_fill=rng.choice((0.0, 0.2, 0.6)),
        late_fill=some(0.3),
        cancel_seconds=rng.choice((0.1, 3.0)),
        correction=some(0.2),
        bust=some(0.2),
        revocations=times(1),
        kills=rng.choice((0, 0, 1)),
        mode_changes=times(2),
        manual_orders=rng.choice((0, 0, 0, 1)),
        closings=times(2),
        repeats=rng.choice((1, 3, 6)),
        rush=rng.random() < 0.5,
        day_roll=rng.random() < 0.2,
        disabled=rng.random() < 0.03,
        brackets=rng.random() < 0.5,
    )


def calm(before: Possibilities) -> Possibilities:
    """The same world once nothing goes wrong any more; what is on its way arrives."""
    return replace(
        before,
        crash_at_step=0.0,
        disk_failure=0.0,
        statement_loss=0.0,
        commit_loss=0.0,
        message_loss=0.0,
        message_delay=0.0,
        message_twice=0.0,
        venue_error=0.0,
        lost_answer=0.0,
        blink=0.0,
        late_fill=0.0,
        correction=0.0,
        bust=0.0,
    )
