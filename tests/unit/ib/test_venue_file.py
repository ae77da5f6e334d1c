"""What the venue's file remembers."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jax.adapters.brokers.ib.venue_file import FiledOrder, VenueFile
from jax.domain.fill import Fill
from jax.domain.order_status import OrderStatus
from jax.domain.side import Side
from jax.ports.errors import Unavailable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ib-venue.sqlite3"


def order(name: str, **more: object) -> FiledOrder:
    return replace(FiledOrder(name, 0, "sha256:", "sg1", False, Decimal(10)), **more)  # type: ignore[arg-type]


def fill(execution_id: str, revision: int = 0, **more: object) -> Fill:
    made = Fill(
        execution_id,
        "jx1",
        "AAPL",
        Side.BUY,
        Decimal("0.1"),
        Decimal("150.25"),
        Decimal("1.05"),
        datetime(2024, 3, 4, 14, 30, 1, tzinfo=UTC),
        revision,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def test_an_id_is_never_given_again_also_when_its_order_was_forgotten(path: Path) -> None:
    file = VenueFile(path)
    first = file.claim(order("jx1"), at_least=5)
    file.forget("jx1")
    file.close()
    file = VenueFile(path)
    again = file.claim(order("jx1"), at_least=1)
    file.close()
    assert first is not None
    assert again is not None
    assert (first.order_id, again.order_id) == (5, 6)


def test_an_order_has_one_id_for_good(path: Path) -> None:
    file = VenueFile(path)
    claimed = file.claim(order("jx1", reduces_only=True), at_least=1)
    assert file.claim(order("jx1"), at_least=9) is None
    file.ask_cancel("jx1")
    file.put_closed("jx1", OrderStatus.CANCELED, "IB_201")
    file.close()
    file = VenueFile(path)
    assert claimed is not None
    assert file.order("jx1") == replace(
        claimed, cancel_asked=True, closed=OrderStatus.CANCELED, reason_code="IB_201"
    )
    assert file.names() == {}
    file.close()


@given(st.lists(st.integers(1, 30), min_size=1, max_size=10))
@settings(max_examples=20, deadline=None)
def test_ids_only_ever_rise_whatever_the_gateway_says(valid_ids: list[int]) -> None:
    given_ids = []
    with TemporaryDirectory() as folder:
        file = VenueFile(Path(folder) / "ib-venue.sqlite3")
        for number, valid in enumerate(valid_ids):
            claimed = file.claim(order(f"jx{number}"), at_least=valid)
            assert claimed is not None
            assert claimed.order_id >= valid
            given_ids.append(claimed.order_id)
        file.close()
    assert given_ids == sorted(set(given_ids))


def test_each_revision_is_kept_once_and_the_highest_counts(path: Path) -> None:
    file = VenueFile(path)
    corrected = fill("x1", 1, price=Decimal("150.2"))
    file.add_fills([fill("x1"), fill("x2")])
    file.add_fills([corrected, fill("x1", price=Decimal(1)), fill("x2")])
    file.close()
    file = VenueFile(path)
    assert file.fills_after(0, 10) == [(1, fill("x1")), (2, fill("x2")), (3, corrected)]
    assert file.fills_after(1, 1) == [(2, fill("x2"))]
    assert set(file.fills_of("jx1")) == {corrected, fill("x2")}
    file.close()


def test_a_file_that_is_none_is_named(path: Path) -> None:
    path.write_text("this is no database, " * 100)
    with pytest.raises(Unavailable, match=r"ib-venue\.sqlite3"):
        VenueFile(path)


def test_a_file_of_another_version_is_left_alone(path: Path) -> None:
    file = VenueFile(path)
    file._connection.execute("PRAGMA user_version = 99")
    file.close()
    with pytest.raises(Unavailable, match="format 99"):
        VenueFile(path)
