"""Settings: defaults, where they come from, and the one line for each that cannot be used."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.settings import Mode, Settings, SettingsError, load_settings

TOKEN = "123456:AbC_d-e"
KEY = "k" * 32


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder and an environment without settings."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"LOATRE_{name.upper()}", raising=False)
    return tmp_path


Put = Callable[..., None]


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch) -> Put:
    def into_the_environment(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"LOATRE_{name}", value)

    return into_the_environment


def test_defaults() -> None:
    settings = load_settings()
    assert settings.database_url == "sqlite+aiosqlite:///var/loatre.db"
    assert (settings.pack, settings.host, settings.port) == ("langson", "127.0.0.1", 8080)
    assert settings.telegram_base_url == "https://api.telegram.org"
    assert (settings.telegram_mode, settings.telegram_rate) == (Mode.POLLING, 28.0)
    assert (settings.evidence_dir, settings.lease_seconds) == (Path("var/evidence"), 3.0)
    assert (settings.weekly_cap, settings.send_hours_apply, settings.log_level) == (None, True, "INFO")
    assert settings.secrets() == ()


def test_the_page_tells_the_same_defaults() -> None:
    page = (Path(__file__).parents[2] / "docs/operations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `LOATRE_(\w+)` \| (?:`([^`]*)`|none) \|", page, re.MULTILINE)
    shown = {name.lower(): value for name, value in rows}
    assert set(shown) == set(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        default = field.default
        told = str(default).lower() if isinstance(default, bool) else "" if default is None else str(default)
        assert shown[name].removesuffix(".0") == told.removesuffix(".0"), name


def test_the_environment_goes_before_the_file(elsewhere: Path, put: Put) -> None:
    (elsewhere / ".env").write_text("LOATRE_PACK=quangninh\nLOATRE_HOTLINE='0205 3 812 345'\nOTHER=1\n", "utf-8")
    put(PORT="9000", HOTLINE="", SECRET_KEY=KEY, TELEGRAM_TOKEN=TOKEN)
    settings = load_settings()
    assert (settings.pack, settings.port) == ("quangninh", 9000)
    assert settings.hotline == "0205 3 812 345", "an empty variable counts as not set"
    assert (settings.need_secret_key(), settings.need_telegram_token()) == (KEY, TOKEN)
    put(PACK="langson")
    assert load_settings().pack == "langson"
    assert load_settings(pack="demo").pack == "demo"


def test_secrets_are_not_printed(put: Put) -> None:
    put(
        SECRET_KEY=KEY,
        TELEGRAM_TOKEN=TOKEN,
        WEBHOOK_SECRET="hook-secret",
        DATABASE_URL="postgresql+asyncpg://u:data-secret@127.0.0.1/x",
        TELEGRAM_PROXY="http://u:proxy-secret@127.0.0.1:3128",
    )
    settings = load_settings()
    shown = f"{settings!r} {settings} {settings.model_dump()!r}".replace(settings.database_url, "").replace(
        settings.telegram_proxy, ""
    )
    assert settings.secrets() == (KEY, TOKEN, "hook-secret", "data-secret", "proxy-secret")
    assert not [secret for secret in settings.secrets() if secret in shown]
    assert not [secret for secret in settings.secrets() if secret in repr(settings)]


UNUSABLE = [
    ("DATABASE_URL", "mysql://x"),
    ("DATABASE_URL", "sqlite:///x.db"),
    ("DATABASE_URL", "postgresql://u:bad-value@h/x"),
    ("PACK", "../etc"),
    ("SECRET_KEY", "bad-value"),
    ("TELEGRAM_TOKEN", "bad-value"),
    ("TELEGRAM_TOKEN", "123456:bad value"),
    ("TELEGRAM_BASE_URL", "api.telegram.org"),
    ("TELEGRAM_BASE_URL", "https://api.telegram.org/bot"),
    ("TELEGRAM_BASE_URL", "https://u:p@host"),
    ("TELEGRAM_MODE", "pull"),
    ("TELEGRAM_RATE", "0"),
    ("TELEGRAM_RATE", "fast"),
    ("TELEGRAM_START_RATE", "1001"),
    ("TELEGRAM_PAID_RATE", "-1"),
    ("TELEGRAM_PROXY", "socks5://bad-value"),
    ("PUBLIC_URL", "bad-value"),
    ("WEBHOOK_SECRET", "bad value"),
    ("PORT", "65536"),
    ("OFFICIAL_PAGE", "bad-value"),
    ("WEEKLY_CAP", "0"),
    ("APPROVAL_ABOVE", "-1"),
    ("SEND_HOURS_APPLY", "maybe"),
    ("LEASE_SECONDS", "0"),
    ("LOG_LEVEL", "LOUD"),
    ("ZALO_APP_ID", "bad-value"),
    ("ZALO_APP_SECRET", "bad"),
    ("ZALO_OA_SECRET", "bad"),
    ("ZALO_API_URL", "bad-value"),
    ("ZALO_OAUTH_URL", "bad-value"),
    ("ZALO_CODE_VERIFIER", "bad-value"),
    ("ZALO_SIGNATURE_SECRET", "bad-value"),
    ("ZALO_SIGNATURE_ID", "bad-value"),
    ("ZALO_SECRET_PROOF", "maybe"),
    ("ZALO_BUTTONS", "bad-value"),
    ("ZALO_RATE", "0"),
    ("ZALO_APP_RATE", "4001"),
    ("ZALO_FREE_HOURS", "-1"),
    ("ZALO_WINDOW_HOURS", "0"),
    ("ZALO_PAID_CEILING", "-1"),
    ("ZALO_PAID_PRICE", "-1"),
    ("ZALO_RECEIPT_HOURS", "-1"),
    ("ZALO_STAFF_HOURS", "0"),
    ("ZALO_COVER_URL", "bad-value"),
    ("ZALO_FOLLOW_OPENS", "maybe"),
    ("ZALO_ARTICLE_TITLE", "0"),
    ("ZALO_ARTICLE_AUTHOR", "0"),
    ("ZALO_ARTICLE_DESCRIPTION", "0"),
    ("ZALO_PICTURE_KB", "0"),
    ("ZALO_FILE_KB", "0"),
    ("ZALO_FILE_TYPES", ".bad"),
    ("ZALO_BOT_TOKEN", "bad-value"),
    ("ZALO_BOT_URL", "bad-value"),
    ("ZALO_BOT_MODE", "pull"),
    ("ZALO_BOT_RATE", "0"),
    ("ZALO_BOT_USERS", "0"),
    ("ZALO_BOT_MESSAGES", "0"),
]


@pytest.mark.parametrize(("name", "value"), UNUSABLE)
def test_one_line_names_it_and_says_how_to_mend_it(put: Put, name: str, value: str) -> None:
    put(**{name: value})
    with pytest.raises(SettingsError) as caught:
        load_settings()
    told = str(caught.value)
    assert told.startswith(f"LOATRE_{name} cannot be used: write ")
    assert told.endswith(".")
    assert "\n" not in told
    assert "bad" not in told, "the value is not repeated"
    assert caught.value.__suppress_context__


def test_every_setting_says_how_to_mend_it() -> None:
    assert all((field.description or "").startswith("write ") for field in Settings.model_fields.values())
    harmless = {"host", "hotline", "address", "evidence_dir", "zalo_media_hosts"}  # any text will do
    assert {name.lower() for name, _ in UNUSABLE} == set(Settings.model_fields) - harmless


@pytest.mark.parametrize("where", ["environment", "file"])
def test_a_misspelt_name_is_told(elsewhere: Path, put: Put, where: str) -> None:
    if where == "file":
        (elsewhere / ".env").write_text("LOATRE_TELEGRAM_TOKN=1\n", "utf-8")
    else:
        put(TELEGRAM_TOKN="1")
    with pytest.raises(SettingsError, match=r"^LOATRE_TELEGRAM_TOKN is no setting: mend its spelling or take it out.$"):
        load_settings()


def test_an_unreadable_file_is_told(elsewhere: Path) -> None:
    (elsewhere / ".env").write_bytes(b"LOATRE_HOTLINE=\xff\xfe\n")
    with pytest.raises(SettingsError, match=r"^.env cannot be read: save it as UTF-8.$"):
        load_settings()


def test_what_is_needed_and_missing_is_told(put: Put) -> None:
    settings = load_settings()
    with pytest.raises(
        SettingsError, match=r"^LOATRE_SECRET_KEY is not set: write at least 32 characters; `loatre setup"
    ):
        settings.need_secret_key()
    with pytest.raises(SettingsError, match=r"^LOATRE_TELEGRAM_TOKEN is not set: write the token"):
        settings.need_telegram_token()


def test_a_webhook_needs_its_address_and_secret(put: Put) -> None:
    put(TELEGRAM_MODE="webhook")
    with pytest.raises(SettingsError, match=r"^LOATRE_PUBLIC_URL is not set: "):
        load_settings()
    put(PUBLIC_URL="http://loatre.example.vn/")
    with pytest.raises(SettingsError, match=r"^LOATRE_PUBLIC_URL: Telegram delivers to https only"):
        load_settings()
    put(TELEGRAM_BASE_URL="http://127.0.0.1:8081/")
    with pytest.raises(SettingsError, match=r"^LOATRE_WEBHOOK_SECRET is not set: "):
        load_settings()
    put(WEBHOOK_SECRET="bi-mat_1")
    settings = load_settings()
    assert settings.need_webhook() == ("http://loatre.example.vn", "bi-mat_1")
    assert settings.telegram_base_url == "http://127.0.0.1:8081"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("LOATRE_HOTLINE=123\n\nthis is no line\n", 3),
        ("# a comment\n\nLOATRE_ADDRESS='never closed\n", 3),
        ("OTHER=1\nLOATRE_PACK\n", 2),
    ],
)
def test_a_line_that_cannot_be_read_is_named(elsewhere: Path, text: str, line: int) -> None:
    (elsewhere / ".env").write_text(text)
    with pytest.raises(SettingsError, match=rf"^\.env, line {line}: cannot be read"):
        load_settings()


def test_lines_of_every_good_shape(elsewhere: Path) -> None:
    (elsewhere / ".env").write_text("# a comment\n\nexport LOATRE_ADDRESS='1 2' # why\nOTHER\nLOATRE_HOTLINE=\n")
    assert load_settings().address == "1 2"


@pytest.mark.parametrize(
    "number", ["", "1022", "111", "0205 381 2000", "(0205) 3812.000", "+84 205 381 2000", "1900 1234"]
)
def test_a_number_that_people_can_call(number: str) -> None:
    assert load_settings(hotline=number).hotline == number


@pytest.mark.parametrize("number", ["12", "0205 3 812 xxx", "call me", "1" * 20, "٣٣٣٣", "+-"])
def test_a_number_that_nobody_can_call(number: str) -> None:
    with pytest.raises(SettingsError, match=r"LOATRE_HOTLINE cannot be used.* figures only\.$"):
        load_settings(hotline=number)
