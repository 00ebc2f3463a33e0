"""Settings: read once from the environment and `.env`, checked, secrets never printed."""

import os
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import phonenumbers
from dotenv.parser import Original, parse_stream
from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, DotEnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableError

PREFIX = "LOATRE_"
ENV_FILE = Path(".env")
TELEGRAM = "https://api.telegram.org"
_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]+")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_WEBHOOK_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_SHORTEST_KEY = 32
_SHORTEST_HOTLINE, _LONGEST_SHORT_NUMBER = 3, 6


class SettingsError(Exception):
    """A setting that cannot be used. The text is one line: which variable, and how to mend it; never its value."""


class Mode(StrEnum):
    """How a channel's updates come."""

    POLLING = "polling"
    WEBHOOK = "webhook"


def _check_origin(value: str) -> str:
    """An address of scheme, host and perhaps a port, without the slash at the end."""
    parts = urlsplit(value)
    bare = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not bare:
        raise ValueError
    return value.rstrip("/")


def _check_public(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError
    return value.rstrip("/")


def _check_proxy(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError
    return value


def _check_hotline(value: str) -> str:
    """Figures with signs between them: a number of the country, one of a few figures like 1022, or none."""
    if not re.fullmatch(r"[\d\s().+-]*", value, re.ASCII):
        raise ValueError
    digits = re.sub(r"\D", "", value)
    if not value or _SHORTEST_HOTLINE <= len(digits) <= _LONGEST_SHORT_NUMBER:
        return value
    try:
        possible = phonenumbers.is_possible_number(phonenumbers.parse(value, "VN"))
    except phonenumbers.NumberParseException:
        raise ValueError from None
    if not possible:
        raise ValueError
    return value


def _check_database(value: str) -> str:
    if not value.startswith(("sqlite+aiosqlite:///", "postgresql+asyncpg://")):
        raise ValueError
    return value


def _check_secret(shape: re.Pattern[str]) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        if not shape.fullmatch(value.get_secret_value()):
            raise ValueError
        return value

    return AfterValidator(check)


Origin = Annotated[str, AfterValidator(_check_origin)]
PublicUrl = Annotated[str, AfterValidator(_check_public)]
Proxy = Annotated[str, AfterValidator(_check_proxy)]
Hotline = Annotated[str, AfterValidator(_check_hotline)]
DatabaseUrl = Annotated[str, AfterValidator(_check_database)]


class ZaloSettings(BaseSettings):
    """Both Zalo channels. What no document settles is a setting here; docs/zalo.md says which and why."""

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    zalo_app_id: str = Field("", pattern=r"^\d*$", description="write the App ID, figures only")
    zalo_app_secret: SecretStr | None = Field(
        None, min_length=8, description="write the App Secret of the Zalo app, at least 8 characters"
    )
    zalo_oa_secret: SecretStr | None = Field(
        None, min_length=8, description="write the OA Secret Key, which stands on the app's Webhook page"
    )
    zalo_api_url: PublicUrl = Field("https://openapi.zalo.me", description="write the address of the OA API")
    zalo_oauth_url: PublicUrl = Field("https://oauth.zaloapp.com", description="write the address of Zalo's OAuth")
    zalo_code_verifier: Annotated[SecretStr, _check_secret(_VERIFIER)] | None = Field(
        None, description="write the 43 characters whose challenge the console shows, or leave it out"
    )
    zalo_signature_secret: Literal["oa", "app"] = Field(
        "oa", description="write oa or app: which secret signs webhooks"
    )
    zalo_signature_id: Literal["app", "oa"] = Field(
        "app", description="write app or oa: whose id the signature begins with"
    )
    zalo_secret_proof: bool = Field(default=False, description="write true or false")
    zalo_buttons: Literal["buttons", "template", "none"] = Field(
        "buttons", description="write buttons, template or none: the shape in which buttons are sent"
    )
    zalo_rate: int = Field(
        100, ge=1, le=4000, description="write the calls a minute the OA's package allows, 100 or 2000"
    )
    zalo_app_rate: int = Field(4000, ge=1, le=4000, description="write the calls a minute the app may make")
    zalo_free_hours: int = Field(48, ge=0, le=168, description="write hours, 0 to 168")
    zalo_window_hours: int = Field(168, ge=1, le=8760, description="write hours, 1 to 8760")
    zalo_follow_opens: bool = Field(default=True, description="write true or false: whether following opens the window")
    zalo_paid_ceiling: int = Field(0, ge=0, description="write VND a month; 0 sends nothing that costs")
    zalo_paid_price: int = Field(55, ge=0, description="write VND for one message")
    zalo_receipt_hours: int = Field(
        24, ge=0, le=168, description="write hours, 0 to 168; 0 never tries another channel"
    )
    zalo_staff_hours: int = Field(12, ge=1, le=168, description="write hours, 1 to 168")
    zalo_cover_url: str = Field(
        "",
        pattern=r"^(https://\S+)?$",
        description="write the https address of the picture that stands above articles",
    )
    zalo_article_title: int = Field(
        150, ge=20, le=10_000, description="write the most characters of a title, 20 to 10000"
    )
    zalo_article_author: int = Field(50, ge=20, le=10_000, description="write the most characters, 20 to 10000")
    zalo_article_description: int = Field(300, ge=20, le=10_000, description="write the most characters, 20 to 10000")
    zalo_picture_kb: int = Field(1000, ge=50, le=100_000, description="write thousands of bytes, 50 to 100000")
    zalo_file_kb: int = Field(5000, ge=50, le=100_000, description="write thousands of bytes, 50 to 100000")
    zalo_file_types: str = Field(
        "pdf,doc,docx",
        pattern=r"^([a-z0-9]+(,[a-z0-9]+)*)?$",
        description="write endings of file names in small letters without the dot, parted by commas",
    )
    zalo_media_hosts: str = Field("zdn.vn,zadn.vn", description="write host names, parted by commas")
    zalo_bot_token: Annotated[SecretStr, _check_secret(_TOKEN)] | None = Field(
        None, description="write the token as Zalo Bot Manager gave it, like 123456:ABC"
    )
    zalo_bot_url: PublicUrl = Field("https://bot-api.zaloplatforms.com", description="write the address of the Bot API")
    zalo_bot_mode: Mode = Field(Mode.POLLING, description="write polling or webhook")
    zalo_bot_rate: float = Field(5.0, gt=0, le=100, description="write the messages a second, above 0 and at most 100")
    zalo_bot_users: int = Field(50, ge=1, description="write how many users the plan allows")
    zalo_bot_messages: int = Field(3000, ge=1, description="write how many messages a month the plan allows")


class Settings(ZaloSettings):
    """Every field's description says how to mend it; `docs/operations.md` has the table."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    database_url: DatabaseUrl = Field(
        "sqlite+aiosqlite:///var/loatre.db",
        repr=False,  # it may hold a password
        description="write sqlite+aiosqlite:///PATH or postgresql+asyncpg://USER:PASSWORD@HOST/NAME",
    )
    pack: str = Field(
        "langson", pattern=r"^[a-z][a-z0-9_]*$", description="write the name of a folder in content/packs, like langson"
    )
    secret_key: SecretStr | None = Field(
        None,
        min_length=_SHORTEST_KEY,
        description=f"write at least {_SHORTEST_KEY} characters; `loatre setup` makes one, and it must never change",
    )
    telegram_token: Annotated[SecretStr, _check_secret(_TOKEN)] | None = Field(
        None, description="write the token as @BotFather gave it, like 123456:ABC; `loatre setup` checks it"
    )
    telegram_base_url: Origin = Field(
        TELEGRAM, description=f"write scheme, host and port only, like {TELEGRAM}; the token is appended"
    )
    telegram_mode: Mode = Field(Mode.POLLING, description="write polling or webhook")
    telegram_rate: float = Field(
        28.0, gt=0, le=1000, description="write the most campaign messages a second, above 0 and at most 1000"
    )
    telegram_start_rate: float = Field(
        25.0, gt=0, le=1000, description="write the campaign messages a second to begin with, above 0 and at most 1000"
    )
    telegram_paid_rate: float = Field(
        0.0, ge=0, le=1000, description="write the paid campaign messages a second, at most 1000; 0 pays for none"
    )
    telegram_proxy: Proxy = Field(
        "", validate_default=False, repr=False, description="write http://HOST:PORT, or leave it out"
    )
    public_url: PublicUrl = Field(
        "",
        validate_default=False,
        description="write the address under which this machine is reached, like https://HOST",
    )
    webhook_secret: Annotated[SecretStr, _check_secret(_WEBHOOK_SECRET)] | None = Field(
        None, description="write 1 to 256 of A-Z, a-z, 0-9, _ and -"
    )
    host: str = Field("127.0.0.1", description="write the address to listen on, like 127.0.0.1")
    port: int = Field(8080, ge=0, le=65535, description="write a port number, 0 to 65535 (0 takes a free one)")
    evidence_dir: Path = Field(Path("var/evidence"), description="write the folder for files people send as evidence")
    hotline: Hotline = Field(
        "",
        validate_default=False,
        description="write the telephone number people may call, like 0205 381 2000 or 1022; figures only",
    )
    address: str = Field("", description="write the postal address of the province's office")
    official_page: str = Field(
        "", pattern=r"^(https?://\S+)?$", description="write the address of the official page, like https://HOST"
    )
    weekly_cap: int | None = Field(
        None, ge=1, le=21, description="write how many campaign messages one person may get in a week, 1 to 21"
    )
    approval_above: int | None = Field(
        None, ge=0, description="write the number of people above which a second officer approves, 0 for never"
    )
    send_hours_apply: bool = Field(default=True, description="write true or false")
    lease_seconds: float = Field(3.0, ge=1, le=600, description="write seconds, 1 to 600")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="write DEBUG, INFO, WARNING or ERROR"
    )

    def need_secret_key(self) -> str:
        """The key that seals what is personal; SettingsError where none is set."""
        return self._need("secret_key")

    def need_telegram_token(self) -> str:
        return self._need("telegram_token")

    def need_zalo_bot_token(self) -> str:
        return self._need("zalo_bot_token")

    def need_webhook(self) -> tuple[str, str]:
        """Public address and secret, for the mode webhook."""
        if not self.public_url:
            raise _missing("public_url")
        if self.telegram_base_url == TELEGRAM and not self.public_url.startswith("https://"):
            raise SettingsError(f"{PREFIX}PUBLIC_URL: Telegram delivers to https only; write https://HOST.")
        return self.public_url, self._need("webhook_secret")

    def secrets(self) -> tuple[str, ...]:
        """What must never be printed, for the filter of the log."""
        values = [value for name in type(self).model_fields if isinstance(value := getattr(self, name), SecretStr)]
        passwords = [urlsplit(url).password for url in (self.database_url, self.telegram_proxy)]
        return tuple(filter(None, [*(value.get_secret_value() for value in values), *passwords]))

    def _need(self, name: str) -> str:
        value: SecretStr | None = getattr(self, name)
        if value is None:
            raise _missing(name)
        return value.get_secret_value()


class FixedSettings(Settings):
    """What is given and the defaults, nothing else: neither the environment nor `.env`. For the demo, which stays at home."""

    @classmethod
    def settings_customise_sources(cls, *_: Any, **sources: Any) -> tuple[PydanticBaseSettingsSource, ...]:
        return (sources["init_settings"],)


def _missing(name: str) -> SettingsError:
    return SettingsError(f"{PREFIX}{name.upper()} is not set: {Settings.model_fields[name].description}.")


def _check_file(path: Path) -> None:
    """A line that the file's reader would leave out would be a setting that silently does not hold."""
    if path.is_dir():
        raise SettingsError(f"{path} is a folder: move it away, or run this elsewhere.")
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as file:
        for row in parse_stream(file):
            if row.error or (row.key and row.key.startswith(PREFIX) and row.value is None):
                raise SettingsError(f"{path}, line {_first_line(row.original)}: cannot be read; write NAME='value'.")


def _first_line(original: Original) -> int:
    """A statement begins with the empty lines before it."""
    blank = original.string[: len(original.string) - len(original.string.lstrip())]
    return original.line + blank.count("\n")


def _check_names() -> None:
    """Other programs' variables may stand in `.env` too, but a misspelt one of ours would pass in silence."""
    written = {name.lower() for name in (*os.environ, *DotEnvSettingsSource(Settings).env_vars)}
    ours = {name.removeprefix(PREFIX.lower()) for name in written if name.startswith(PREFIX.lower())}
    if unknown := sorted(ours - set(Settings.model_fields)):
        raise SettingsError(f"{PREFIX}{unknown[0].upper()} is no setting: mend its spelling or take it out.")


def _told(problem: ErrorDetails) -> SettingsError:
    """One line about the first thing that is wrong; the value stays unsaid, it may be a secret."""
    name = str(problem["loc"][0]).lower().removeprefix(PREFIX.lower())
    return SettingsError(f"{PREFIX}{name.upper()} cannot be used: {Settings.model_fields[name].description}.")


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; `overrides` are fields by name and go before the environment. Raises SettingsError."""
    try:
        _check_file(overrides.get("_env_file", ENV_FILE))
        _check_names()
        settings = Settings(**overrides)
    except ValidationError as error:
        raise _told(error.errors(include_input=False)[0]) from None
    except UnreadableError as error:
        raise SettingsError(f"{PREFIX}… cannot be read: {error}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{ENV_FILE} cannot be read: save it as UTF-8.") from None
    except OSError as error:
        raise SettingsError(f"{ENV_FILE} cannot be read: {error.strerror}.") from None
    if settings.telegram_mode == Mode.WEBHOOK or (settings.zalo_bot_token and settings.zalo_bot_mode == Mode.WEBHOOK):
        settings.need_webhook()
    return settings
