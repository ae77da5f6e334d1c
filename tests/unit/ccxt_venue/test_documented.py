"""What people are told of the errors of exchanges is what holds."""

import pytest

from jax.adapters.brokers.ccxt.error_tables import ERROR_TABLES
from jax.app.bridge.ccxt_settings import CcxtSettings
from jax.app.service_settings import ServiceSettings
from tests.architecture.checkout import SRC

PAGE = (SRC.parent / "docs" / "bridge.md").read_text()


@pytest.mark.parametrize("name", ERROR_TABLES)
def test_the_page_holds_every_row_of_the_table(name: str) -> None:
    for row in ERROR_TABLES[name].never_accepted:
        code = f"`{row.code}`" if row.code else "any"
        line = f"| {row.status} | {code} | {row.message or 'anything'} | `{row.meaning}` |"
        assert line in PAGE.splitlines()


def test_the_page_holds_no_row_that_is_in_no_table() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith(("| 400 |", "| 401 |"))]
    assert len(rows) == sum(len(table.never_accepted) for table in ERROR_TABLES.values())


def test_the_page_names_every_setting() -> None:
    for name in CcxtSettings.model_fields.keys() - ServiceSettings.model_fields.keys():
        assert f"`{name}`" in PAGE
