"""The webhook: an update is answered with 200 only after its turn is committed."""

import asyncio
import hmac
import logging
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.kit import Handle, capped_body, json_object
from bot.channels.telegram.adapter import TelegramChannel
from bot.channels.telegram.errors import calling
from bot.channels.telegram.incoming import ALLOWED_UPDATES, read_update
from outreach.errors import NotKeptError
from outreach.messaging import Incoming

log = logging.getLogger(__name__)

PATH = "/telegram"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  the name of the header
MOST_BYTES = 1_000_000
PATIENCE_SECONDS = 1.5
COME_BACK_SECONDS = 2


class Webhook:
    """`handle` returns once the turn is committed; a second delivery of an update that is under way joins the first."""

    def __init__(self, channel: TelegramChannel, handle: Handle, *, secret: str) -> None:
        self._channel = channel
        self._handle = handle
        self._secret = secret.encode()
        self._running: dict[str, asyncio.Task[None]] = {}

    @property
    def route(self) -> Route:
        return Route(PATH, self._receive, methods=["POST"])

    async def register(self, public_url: str) -> None:
        """Tell Telegram to deliver to `public_url` + /telegram. Raises SendError."""
        with calling():
            await self._channel.bot.set_webhook(
                f"{public_url.rstrip('/')}{PATH}",
                secret_token=self._secret.decode(),
                allowed_updates=ALLOWED_UPDATES,
                drop_pending_updates=False,
            )

    async def stop(self) -> None:
        """Wait for the turns under way; the web server has to be down by then."""
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _receive(self, request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "").encode()
        if not hmac.compare_digest(given, self._secret):
            return Response(status_code=403)
        body = await capped_body(request, most=MOST_BYTES)
        if body is None:
            return Response(status_code=413)
        update = _update(body)
        if update is None:
            return Response(status_code=400)
        incoming = read_update(update, account_id=self._channel.account_id, received_at=self._channel.clock())
        return Response(status_code=200) if incoming is None else await self._committed(incoming)

    async def _committed(self, incoming: Incoming) -> Response:
        task = self._running.get(incoming.update_id)
        if task is None:
            task = asyncio.ensure_future(self._handle(incoming))
            self._running[incoming.update_id] = task
            task.add_done_callback(lambda done: self._finished(incoming.update_id, done))
        await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
        error = task.exception() if task.done() and not task.cancelled() else None
        if not task.done() or isinstance(error, NotKeptError):
            return Response(status_code=503, headers={"Retry-After": str(COME_BACK_SECONDS)})
        # Without Retry-After Telegram's own waits grow.
        return Response(status_code=500 if task.cancelled() or error else 200)

    def _finished(self, update_id: str, task: asyncio.Future[None]) -> None:
        del self._running[update_id]
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("an update could not be handled: %s", type(error).__name__, exc_info=error)


def _update(body: bytes) -> dict[str, Any] | None:
    found = json_object(body)
    return found if found and isinstance(found.get("update_id"), int) else None
