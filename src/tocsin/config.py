"""The settings of one exchange: HOME/tocsin.toml, overridden by TOCSIN_* in the environment, checked once at start."""

import tomllib
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from tocsin.errors import InvalidInputError
from tocsin.model.extension.provider import PRINCIPLES

FILE = "tocsin.toml"
_HOURS = {"low": 168.0, "normal": 72.0, "high": 24.0, "critical": 4.0}


class Config(BaseSettings):
    """One frozen record; every field can be set in tocsin.toml, and as TOCSIN_<NAME> in the environment, which wins."""

    model_config = SettingsConfigDict(env_prefix="TOCSIN_", extra="forbid", frozen=True)

    home: Path = Field(description="The folder that holds everything of this exchange. Only in the environment or as --home.")
    title: str = Field(default="Tocsin", min_length=1, max_length=200, description="The title of the server in TAXII discovery.")
    description: str = Field(default="", max_length=2000, description="Its description there.")
    contact: str = Field(default="", max_length=500, description="Whom to ask, in TAXII discovery.")
    base_url: str = Field(default="", description="The public address, such as https://exchange.example.org; empty: where it listens.")
    database: str = Field(default="", description="sqlite:///path or postgresql://...; empty: HOME/tocsin.db.")
    max_content_length: Annotated[int, Field(ge=1_000, le=1_000_000_000)] = Field(
        default=10_000_000, description="Bytes of one POST; the TAXII API root says so."
    )
    max_page_size: Annotated[int, Field(ge=1, le=10_000)] = Field(default=1_000, description="Objects on one page.")
    body_seconds: Annotated[float, Field(gt=0, le=3600)] = Field(default=60.0, description="Seconds in which a body must have arrived.")
    body_min_rate: Annotated[int, Field(ge=1)] = Field(default=1_000, description="Bytes a second below which a slow body is refused.")
    requests_per_second: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        default=50, description="Requests of one member, on all server processes together; twice as many at once; 0: no limit."
    )
    anonymous_requests_per_second: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        default=20, description="Requests of one address without a login, on each server process; 0: no limit."
    )
    request_wait_seconds: Annotated[float, Field(ge=0, le=30)] = Field(
        default=2.0, description="Seconds that a request above the limit waits for its turn, one of a caller at a time; 0: refused at once."
    )
    peer_request_seconds: Annotated[float, Field(gt=0)] = Field(default=60.0, description="Seconds that a peer has for one whole answer.")
    peer_call_seconds: Annotated[float, Field(gt=0)] = Field(default=21_600.0, description="Seconds for one pull or push of one route.")
    peer_response_bytes: Annotated[int, Field(ge=1_000)] = Field(
        default=67_108_864, description="Bytes of one answer of a peer, after decompression."
    )
    peer_pages: Annotated[int, Field(ge=1)] = Field(default=100_000, description="Pages of one pull of one route.")
    webhook_url: str = Field(default="", repr=False, description="Where alerts are posted: https, or on this machine.")
    webhook_secret: str = Field(default="", repr=False, description="What signs them, as Standard Webhooks writes it: whsec_...")
    mail_url: str = Field(default="", repr=False, description="The mail relay: smtp://user:password@host:587 or smtps://...")
    mail_from: str = Field(default="", description="The address that alerts come from.")
    mail_to: str = Field(default="", description="The address of our own people; empty: only contacts of peers get mail.")
    principles: tuple[str, ...] = Field(default=PRINCIPLES, description="Those that we have subscribed to; published on our identity.")
    acknowledge_hours: dict[str, Annotated[float, Field(gt=0, le=8760)]] = Field(
        default_factory=lambda: dict(_HOURS),
        validate_default=False,
        description="Hours in which an acknowledgement is hoped for, by urgency; what is not named keeps its default.",
    )
    purge_hours: Annotated[float, Field(gt=0, le=8760)] = Field(
        default=24.0, description="Hours in which, after a recall, copies should be deleted."
    )
    secret_file: str = Field(default="", description="The file of the root secret; empty: HOME/secret.")

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        return base_url_of(value)

    @field_validator("acknowledge_hours")
    @classmethod
    def _are_urgencies(cls, value: dict[str, float]) -> dict[str, float]:
        if not value.keys() <= _HOURS.keys():
            raise ValueError(f"may name these urgencies: {', '.join(_HOURS)}")
        return {**_HOURS, **value}

    @field_validator("principles")
    @classmethod
    def _are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not set(value) <= set(PRINCIPLES):
            raise ValueError(f"may hold these words: {', '.join(PRINCIPLES)}")
        return tuple(dict.fromkeys(value))

    @property
    def database_url(self) -> str:
        """Where the store is."""
        return self.database or f"sqlite:///{self.home / 'tocsin.db'}"

    @property
    def secret_path(self) -> Path:
        """Where the root secret is."""
        return Path(self.secret_file) if self.secret_file else self.home / "secret"

    @classmethod
    def settings_customise_sources(  # the framework's signature
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file."""
        home = Path(init_settings()["home"])
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=home / FILE)


def base_url_of(text: str) -> str:
    """A public address without a slash at its end; empty stays empty. Raises ValueError when it is none."""
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.query or parts.fragment or parts.username)
    except ValueError:
        is_address = False
    if text and not is_address:
        raise ValueError("is not an address like https://exchange.example.org")
    return text.rstrip("/")


def load_config(home: Path) -> Config:
    """The settings of the exchange in `home`.

    Raises:
        InvalidInputError: there is none, or a setting is unknown or malformed; one line that names it.
    """
    home = home.absolute()
    if not (home / FILE).is_file():
        raise InvalidInputError(f"{home} holds no exchange: {FILE} is missing", hint=f"make one with: tocsin init {home}")
    try:
        return Config(home=home)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = ", ".join(sorted(set(Config.model_fields) - {"home"}))
            raise InvalidInputError(f"{home / FILE}: unknown setting {name!r}", hint=f"known settings: {known}") from error
        raise InvalidInputError(
            f"{home / FILE}: {name}: {first['msg'].removeprefix('Value error, ')}", hint="correct it, or the TOCSIN_ variable of that name"
        ) from error
    except SettingsError as error:
        raise InvalidInputError(f"{error}", hint="a variable holds a list or a table as JSON") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInputError(f"{home / FILE}: {error}", hint="write it as TOML") from error
