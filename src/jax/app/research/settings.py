"""What the environment may say to research, checked before anything starts."""

import re
from typing import Annotated, ClassVar

from pydantic import AfterValidator, SecretStr

from jax.app.service_settings import HttpUrl, ServiceSettings
from jax.domain.errors import InvalidValue

_AGENT_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")
_BANK = re.compile(r"[A-Za-z0-9_-]{1,64}")


def _agent_token(secret: SecretStr) -> SecretStr:
    if _AGENT_TOKEN.fullmatch(secret.get_secret_value()) is None:
        raise InvalidValue("", "must be 1 to 4096 printable ASCII characters without spaces")
    return secret


def _bank(written: str) -> str:
    if _BANK.fullmatch(written) is None:
        raise InvalidValue("", "must be 1 to 64 of A-Z, a-z, 0-9, _ and -")
    return written


_AgentToken = Annotated[SecretStr, AfterValidator(_agent_token)]


class ResearchSettings(ServiceSettings):
    """Research's variables; an agent without an address is not asked."""

    never_shown: ClassVar[frozenset[str]] = ServiceSettings.never_shown | {
        *("HINDSIGHT_URL", "HINDSIGHT_TOKEN", "AGENT0_URL", "AGENT0_TOKEN", "DEXTER_URL", "DEXTER_TOKEN"),
    }

    HINDSIGHT_URL: HttpUrl | None = None
    HINDSIGHT_TOKEN: _AgentToken | None = None
    HINDSIGHT_BANK: Annotated[str, AfterValidator(_bank)] = "trade_decisions"
    AGENT0_URL: HttpUrl | None = None
    AGENT0_TOKEN: _AgentToken | None = None
    DEXTER_URL: HttpUrl | None = None
    DEXTER_TOKEN: _AgentToken | None = None
