"""What the environment says of agents is checked before anything starts, and no secret is shown."""

import pytest

from jax.app.console import CommandFailed
from jax.app.research.settings import ResearchSettings
from jax.app.service_settings import settings_of_environment

_OURS = ("HINDSIGHT_URL", "HINDSIGHT_TOKEN", "HINDSIGHT_BANK", "AGENT0_URL", "AGENT0_TOKEN", "DEXTER_URL")


@pytest.fixture(autouse=True)
def _without_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (*_OURS, "DEXTER_TOKEN"):
        monkeypatch.delenv(variable, raising=False)


def test_without_variables_nobody_is_asked() -> None:
    settings = settings_of_environment(ResearchSettings)
    assert (settings.HINDSIGHT_URL, settings.AGENT0_URL, settings.DEXTER_URL) == (None, None, None)
    assert settings.HINDSIGHT_BANK == "trade_decisions"


@pytest.mark.parametrize("variable", ["HINDSIGHT_URL", "AGENT0_URL", "DEXTER_URL"])
@pytest.mark.parametrize(
    "address", ["localhost:8093", "ftp://localhost", "http://", "http://me:secret@localhost", "http://[::1"]
)
def test_an_address_that_is_none_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, variable: str, address: str
) -> None:
    monkeypatch.setenv(variable, address)
    with pytest.raises(CommandFailed) as refused:
        settings_of_environment(ResearchSettings)
    assert str(refused.value).startswith(f"{variable} ")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("variable", ["HINDSIGHT_TOKEN", "AGENT0_TOKEN", "DEXTER_TOKEN"])
def test_a_token_is_a_secret(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "sesame-sesame")
    assert "sesame" not in repr(settings_of_environment(ResearchSettings))
    monkeypatch.setenv(variable, "sesame open\n")
    with pytest.raises(CommandFailed) as refused:
        settings_of_environment(ResearchSettings)
    assert str(refused.value).startswith(f"{variable} must be")
    assert "sesame" not in str(refused.value)


@pytest.mark.parametrize("bank", ["../admin", "a/b", "x" * 65, "ä"])
def test_a_bank_is_one_word_of_a_path(monkeypatch: pytest.MonkeyPatch, bank: str) -> None:
    monkeypatch.setenv("HINDSIGHT_BANK", bank)
    with pytest.raises(CommandFailed, match="HINDSIGHT_BANK"):
        settings_of_environment(ResearchSettings)
