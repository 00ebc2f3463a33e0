"""A wrong token, a server out of reach, somebody else in between, and a clock that is off, told apart."""

import datetime as dt
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.channels.telegram.probe import WebhookState
from bot.commands.checks import telegram
from bot.commands.checks.finding import Code, Level
from bot.settings import Mode, Settings
from outreach.clock import system_clock
from simulator.client import Client
from tests.bot.commands.conftest import Install, at, found

# Telegram: the token, the way there, and the clock


async def test_a_wrong_token_is_told_from_an_unreachable_server(install: Install) -> None:
    wrong = await found(install(telegram_token="7000001:another"))
    assert at(Level.BROKEN, wrong) == {Code.TOKEN_WRONG}
    away = await found(install(telegram_base_url="http://127.0.0.1:9"))
    assert at(Level.BROKEN, away) == {Code.UNREACHABLE}


Pretender = Callable[..., AbstractAsyncContextManager[str]]


@pytest.fixture
def pretender() -> Pretender:
    """Somebody who answers every call with `body` and a clock that is `ahead` seconds ahead of ours."""

    @asynccontextmanager
    async def serve(
        *, ahead: int = 0, body: Any = None, status: int = 200, secure: ssl.SSLContext | None = None
    ) -> AsyncIterator[str]:
        async def answer(request: web.Request) -> web.Response:
            name = request.path.rpartition("/")[2].lower()
            results = {
                "getme": {"id": 7000001, "is_bot": True, "first_name": "Loa Trẻ", "username": "LoaTreBot"},
                "getwebhookinfo": {"url": "", "has_custom_certificate": False, "pending_update_count": 0},
            }
            shown = body if body is not None else {"ok": True, "result": results.get(name)}
            told = format_datetime(system_clock() + dt.timedelta(seconds=ahead), usegmt=True)
            return web.json_response(shown, status=status, headers={"Date": told})

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=secure)
        await site.start()
        port = runner.addresses[0][1]
        try:
            yield f"{'https' if secure else 'http'}://127.0.0.1:{port}"
        finally:
            await runner.cleanup()

    return serve


@pytest.mark.parametrize(
    ("ahead", "code", "behind"),
    [
        (0, Code.CLOCK_OK, None),
        (120, Code.CLOCK_OFF, 1),
        (-120, Code.CLOCK_OFF, 0),
        (7200, Code.CLOCK_WRONG, 1),
        (-7200, Code.CLOCK_WRONG, 0),
    ],
)
async def test_the_clock_against_the_server(
    install: Install, pretender: Pretender, ahead: int, code: Code, behind: int | None
) -> None:
    async with pretender(ahead=ahead) as server:
        findings = await found(install(telegram_base_url=server))
    assert {one for one in findings if one.startswith("clock")} == {code}
    assert findings[code].data.get("behind") == behind
    assert Code.TELEGRAM_OK in findings
    assert (code in at(Level.BROKEN, findings)) is (code == Code.CLOCK_WRONG)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"page": "log in first"}, 200, Code.NOT_TELEGRAM),
        ({"page": "bad gateway"}, 502, Code.NOT_TELEGRAM),
        ({"ok": False, "error_code": 500, "description": "Internal Server Error"}, 500, Code.BUSY),
        ({"ok": False, "error_code": 404, "description": "Not Found"}, 404, Code.TOKEN_WRONG),
    ],
)
async def test_somebody_else_answers(
    install: Install, pretender: Pretender, body: dict[str, Any], status: int, code: Code
) -> None:
    async with pretender(body=body, status=status) as server:
        findings = await found(install(telegram_base_url=server))
    assert at(Level.BROKEN, findings) == {code}


@pytest.fixture
def untrusted(tmp_path: Path) -> ssl.SSLContext:
    """A certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = system_clock()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    plain = serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@pytest.mark.parametrize(("ahead", "code"), [(0, Code.CERTIFICATE), (40 * 86_400, Code.CLOCK_WRONG)])
async def test_a_certificate_that_does_not_hold(
    install: Install, pretender: Pretender, untrusted: ssl.SSLContext, ahead: int, code: Code
) -> None:
    async with pretender(ahead=ahead, secure=untrusted) as server:
        findings = await found(install(telegram_base_url=server))
    assert at(Level.BROKEN, findings) == {code}


async def test_a_webhook_that_was_left(install: Install, simulator: Client) -> None:
    await simulator.call("setWebhook", url="http://127.0.0.1:9/telegram")
    findings = await found(install())
    assert Code.WEBHOOK_LEFT in at(Level.WARN, findings)


def webhook(settings: Settings, state: WebhookState) -> list[Code]:
    return [finding.code for finding in telegram._webhook(state, settings=settings, now=system_clock())]


def test_the_state_of_a_webhook(install: Install) -> None:
    settings = install(telegram_mode=Mode.WEBHOOK, public_url="https://bot.example", webhook_secret="abc")
    here = WebhookState(url="https://bot.example/telegram", pending=0, error="", error_at=None)
    now = system_clock()
    assert webhook(settings, here) == [Code.WEBHOOK_OK]
    there = WebhookState(url="https://old.example/telegram", pending=0, error="", error_at=None)
    assert webhook(settings, there) == [Code.WEBHOOK_OTHER]
    for hours, code in ((0, Code.WEBHOOK_FAILING), (2, Code.WEBHOOK_OK)):
        then = now - dt.timedelta(hours=hours)
        failing = WebhookState(url=here.url, pending=3, error="Connection refused", error_at=then)
        assert webhook(settings, failing) == [code]
