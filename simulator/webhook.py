"""Delivering updates to the bot's own address: in order per lane, again and again until accepted or expired."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from simulator.clock import Clock
from simulator.params import load_json
from simulator.updates import Update, Updates

READ_TIMEOUT = 60.0
FIRST_WAIT = 2.0
LONGEST_WAIT = (60.0, 120.0)
LONGEST_RETRY_AFTER = 3600.0
GONE = 410
GONE_FOR = 23 * 3600.0
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  the header's name
NEVER_IN_ANSWER = frozenset({"setwebhook", "deletewebhook", "close", "logout"})

Execute = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(slots=True, eq=False)
class Webhook:
    """Where updates go. ``execute`` carries out a method call that came in the body of a 2xx answer."""

    updates: Updates
    clock: Clock
    rng: random.Random
    execute: Execute | None = None
    url: str = ""
    secret: str = ""
    max_connections: int = 40
    last_error: str = ""
    last_error_at: int = 0
    gone_since: float | None = None
    _task: asyncio.Task[None] | None = None
    _lanes: dict[tuple[str, int], asyncio.Task[None]] = field(default_factory=dict)

    def info(self, allowed: list[str]) -> dict[str, Any]:
        found: dict[str, Any] = {
            "url": self.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self.updates),
        }
        if self.url:
            found |= {"max_connections": self.max_connections, "ip_address": "127.0.0.1"}
        if self.last_error_at:
            found |= {"last_error_date": self.last_error_at, "last_error_message": self.last_error}
        if allowed:
            found["allowed_updates"] = allowed
        return found

    async def set(self, url: str, *, secret: str, max_connections: int) -> None:
        await self.stop()
        self.url, self.secret, self.max_connections = url, secret, max_connections
        self.last_error, self.last_error_at, self.gone_since = "", 0, None
        if url:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=READ_TIMEOUT, sock_read=READ_TIMEOUT)
        connector = aiohttp.TCPConnector(limit=self.max_connections, ssl=False)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
            try:
                while True:
                    self.updates.arrived.clear()
                    for update in self.updates.pending():
                        if update.lane not in self._lanes:
                            self._lanes[update.lane] = asyncio.create_task(self._deliver(session, update))
                    await self.updates.arrived.wait()
            finally:
                tasks = list(self._lanes.values())
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                self._lanes.clear()

    async def _deliver(self, session: aiohttp.ClientSession, update: Update) -> None:
        """Deliver one update; the lane is free again when it was accepted or has expired."""
        failures = 0
        try:
            while update.expires_at > self.clock.now():
                wait = await self._attempt(session, update)
                if wait is None:
                    break
                if wait == 0.0 and failures:
                    wait = min(FIRST_WAIT ** min(failures, 10), self.rng.uniform(*LONGEST_WAIT))
                failures += 1
                await self.clock.sleep(wait)
            self.updates.remove([update.update_id])
        finally:
            self._lanes.pop(update.lane, None)
            self.updates.arrived.set()

    async def _attempt(self, session: aiohttp.ClientSession, update: Update) -> float | None:
        """Try once: None when it was accepted, else the wait the receiver asked for, 0.0 without such a wish."""
        headers = {SECRET_HEADER: self.secret} if self.secret else {}
        try:
            async with session.post(self.url, json=update.as_json(), headers=headers) as answer:
                body = await answer.read()
                status, reason = answer.status, answer.reason
                asked = answer.headers.get("Retry-After", "")
        except TimeoutError:
            self._failed("Read timeout expired")
            return 0.0
        except aiohttp.ClientConnectorError:
            self._failed("Connection refused")
            return 0.0
        except aiohttp.ClientError:
            self._failed("Connection closed")
            return 0.0
        if status // 100 == 2:  # noqa: PLR2004  any 2xx is a yes
            self.gone_since = None
            await self._read_answer(body)
            return None
        self._failed(f"Wrong response from the webhook: {status} {reason}")
        self._notice_gone(status)
        return min(float(asked), LONGEST_RETRY_AFTER) if asked.isdigit() else 0.0

    def _failed(self, error: str) -> None:
        self.last_error, self.last_error_at = error, self.clock.second()

    def _notice_gone(self, status: int) -> None:
        """A receiver that says 410 for 23 hours loses its webhook."""
        if status != GONE:
            self.gone_since = None
        elif self.gone_since is None:
            self.gone_since = self.clock.now()
        elif self.clock.now() - self.gone_since > GONE_FOR:
            self.url = ""
            if self._task is not None:
                self._task.cancel()

    async def _read_answer(self, body: bytes) -> None:
        if not body.startswith(b"{") or self.execute is None:
            return
        try:
            call = load_json(body)
        except ValueError:
            return  # whatever a receiver says beside its 2xx is its own business
        method = str(call.get("method", "")).lower()
        if method and not method.startswith("get") and method not in NEVER_IN_ANSWER:
            await self.execute(call)
