"""setWebhook, getWebhookInfo, deleteWebhook, testWebhook."""

import ipaddress
import time
from typing import Any
from urllib.parse import urlsplit

from simulator.params import Args
from simulator.zalo.bot.errors import BotError, bad_request
from simulator.zalo.bot.state import USER_AGENT, ZaloBot

SHORTEST_SECRET, LONGEST_SECRET = 8, 256
OUTCOMES = {403: "403", 404: "404"}
OK_STATUSES, SERVER_ERRORS = range(200, 300), range(500, 600)


def _check_url(bot: ZaloBot, url: str) -> None:
    """Public and https, unless the simulator is told that this machine will do."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as problem:
        raise bad_request("url is invalid") from problem
    if not host or parts.scheme not in {"http", "https"}:
        raise bad_request("url is invalid")
    try:
        private = not ipaddress.ip_address(host).is_global
    except ValueError:
        private = host == "localhost" or host.endswith(".local")
    if private and bot.settings.allow_loopback:
        return
    if private or parts.scheme != "https":
        raise bad_request("url must be public and https")


async def _knock(bot: ZaloBot) -> dict[str, Any]:
    """The ping without body, content type and secret, and what became of it."""
    began = time.monotonic()
    status, problem = await bot.courier.knock(b"", headers=dict(USER_AGENT))
    found: dict[str, Any] = {"ok": status in OK_STATUSES, "url": bot.webhook, "outcome": _outcome(status, problem)}
    found["hint"] = "" if found["ok"] else "the endpoint did not answer 2xx"
    if status:
        found["status_code"] = status
    return {**found, "latency_ms": int((time.monotonic() - began) * 1000)}


def _outcome(status: int, problem: str) -> str:
    if status in OK_STATUSES:
        return "webhook.ok"
    if status:
        return f"webhook.http.{OUTCOMES.get(status) or ('5xx' if status in SERVER_ERRORS else 'other')}"
    if problem.startswith("no answer"):
        return "webhook.err.timeout"
    return "webhook.err.conn" if "Connect" in problem else "webhook.err.other"


async def set_webhook(bot: ZaloBot, args: Args) -> dict[str, Any]:
    """The address is kept even when nobody answers there."""
    url, secret = args.text("url").strip(), args.text("secret_token")
    _check_url(bot, url)
    if not SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET:
        raise bad_request(f"secret_token must be {SHORTEST_SECRET} to {LONGEST_SECRET} characters")
    if not secret.isascii() or not secret.isprintable():
        raise bad_request("secret_token is invalid")
    bot.set_webhook(url, secret=secret)
    verification = await _knock(bot)
    verification.pop("latency_ms")
    return {"url": url, "updated_at": bot.webhook_at, "verification": verification}


def get_webhook_info(bot: ZaloBot, args: Args) -> dict[str, Any]:  # noqa: ARG001  every method has this signature
    if not bot.webhook and bot.settings.webhook_info_404:
        raise BotError(404, "Not Found")
    return {"url": bot.webhook, "updated_at": bot.webhook_at}


def delete_webhook(bot: ZaloBot, args: Args) -> dict[str, Any]:  # noqa: ARG001  every method has this signature
    bot.set_webhook("", secret="")
    return {"url": "", "updated_at": bot.webhook_at}


async def test_webhook(bot: ZaloBot, args: Args) -> dict[str, Any]:  # noqa: ARG001  every method has this signature
    bot.today()
    if bot.usage.webhook_tests >= bot.settings.test_webhook_daily:
        raise BotError(426, "Daily limit reached", field="errorCode")
    if not bot.webhook:
        raise BotError(404, "Not Found", field="errorCode")
    bot.usage.webhook_tests += 1
    return await _knock(bot)
