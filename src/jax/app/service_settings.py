"""What the environment may say to a service, checked before anything starts."""

import re
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, TypeVar
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from jax.app.console import CommandFailed
from jax.domain.errors import InvalidValue

_TOKEN = re.compile(r"[\x21-\x7e]{16,512}")


def split_url(written: str) -> SplitResult | None:
    """The parts of an address; None when it is none."""
    try:
        parts = urlsplit(written)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _database_url(secret: SecretStr) -> SecretStr:
    parts = split_url(secret.get_secret_value())
    if parts is None or parts.scheme not in {"postgresql", "postgres"}:
        raise InvalidValue("", "is not of the form postgresql://user:password@host:5432/database")
    return secret


def _token(secret: SecretStr) -> SecretStr:
    if _TOKEN.fullmatch(secret.get_secret_value()) is None:
        raise InvalidValue("", "must be 16 to 512 printable ASCII characters without spaces")
    return secret


def address_like(example: str) -> Callable[[str], str]:
    """Checks an address without user or password: the scheme of `example`, or that with an s for TLS."""
    scheme = example.partition(":")[0]

    def checked(written: str) -> str:
        parts = split_url(written)
        if parts is None or parts.scheme not in {scheme, scheme + "s"} or not parts.hostname:
            raise InvalidValue("", f"is not an address such as {example}")
        if parts.username is not None or parts.password is not None:
            raise InvalidValue("", "must not hold a user name or password")
        return written

    return checked


HttpUrl = Annotated[str, AfterValidator(address_like("http://localhost:8092"))]
Token = Annotated[SecretStr, AfterValidator(_token)]


class ServiceSettings(BaseSettings):
    """What every service may be told; each variable is read from the environment under exactly its name.

    What may hold a password is in `never_shown`.
    """

    model_config = SettingsConfigDict(case_sensitive=True, env_ignore_empty=True, frozen=True)
    never_shown: ClassVar[frozenset[str]] = frozenset({"DATABASE_URL", "JAX_API_TOKEN"})

    DATABASE_URL: Annotated[SecretStr, AfterValidator(_database_url)] | None = None
    JAX_API_TOKEN: Token | None = None

    @property
    def database_url(self) -> str | None:
        """With its password: for the database adapter alone."""
        return None if self.DATABASE_URL is None else self.DATABASE_URL.get_secret_value()

    @property
    def api_token(self) -> str | None:
        """The bearer token: for the HTTP guard alone."""
        return None if self.JAX_API_TOKEN is None else self.JAX_API_TOKEN.get_secret_value()


Settings = TypeVar("Settings", bound=ServiceSettings)


def settings_of_environment(kind: type[Settings]) -> Settings:
    """The settings that the environment gives.

    CommandFailed names every variable that cannot be used and what would be right, and shows no secret.
    """
    try:
        return kind()
    except ValidationError as error:
        problems = [_sentence(kind, found["loc"], found) for found in error.errors()]
        raise CommandFailed("; ".join(problems)) from None


def _sentence(kind: type[ServiceSettings], location: tuple[int | str, ...], found: Any) -> str:
    variable = str(location[0])
    field = kind.model_fields[variable]
    # One line, whatever was written; what may hold a password is not shown at all.
    written = str(found["input"]).encode("unicode_escape").decode()[:40]
    shown = "" if variable in kind.never_shown else f"={written}"
    cause = found.get("ctx", {}).get("error")
    problem = cause.problem if isinstance(cause, InvalidValue) else _known_problem(found)
    default = "leave it unset" if field.default is None else f"unset it for the default {field.default}"
    return f"{variable}{shown} {problem}; change it or {default}"


def _known_problem(found: Any) -> str:
    match found["type"]:
        case "bool_parsing":
            return "is neither true nor false"
        case "int_parsing" | "int_parsing_size":
            return "is not a whole number"
        case "literal_error":
            return f"is not known; allowed: {found['ctx']['expected']}"
        case _:
            return f"is not possible: {found['msg']}"
