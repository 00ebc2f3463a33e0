"""The webhook: an update is answered with 200 only once it is in safe hands."""

import hmac
import logging
import re

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.kit import Take, capped_body, json_object
from bot.channels.zalo_bot.adapter import ZaloBotChannel
from bot.channels.zalo_bot.incoming import read_update
from bot.settings import PREFIX, SettingsError

log = logging.getLogger(__name__)

PATH = "/zalo/bot"
SECRET_HEADER = "X-Bot-Api-Secret-Token"  # noqa: S105  the name of the header
MOST_BYTES = 1024 * 1024
COME_BACK_SECONDS = 2
_SHORTEST_SECRET = 8
_OUTCOME = re.compile(r"webhook\.[a-z0-9.]{1,40}")


class Webhook:
    """`take` returns True once the turn is committed or the update is written down. SettingsError for a secret Zalo refuses."""

    def __init__(self, channel: ZaloBotChannel, take: Take, *, secret: str) -> None:
        if len(secret) < _SHORTEST_SECRET:
            raise SettingsError(f"{PREFIX}WEBHOOK_SECRET: Zalo wants at least {_SHORTEST_SECRET} signs; write more.")
        self._channel = channel
        self._take = take
        self._secret = secret.encode()

    @property
    def route(self) -> Route:
        return Route(PATH, self._receive, methods=["POST"])

    async def register(self, public_url: str) -> None:
        """Tell Zalo to deliver to `public_url` + /zalo/bot. Raises SendError; that Zalo does not get through is only logged."""
        outcome = await self._channel.client.set_webhook(
            f"{public_url.rstrip('/')}{PATH}", secret=self._secret.decode()
        )
        if outcome not in {"", "webhook.ok"}:
            # The words come from outside; the address stays registered, so what stands in the way can be mended meanwhile.
            log.error("Zalo does not reach the webhook: %s", outcome if _OUTCOME.fullmatch(outcome) else "unknown")

    async def stop(self) -> None:
        """Nothing is under way here: a slow turn is with whoever took it."""

    async def _receive(self, request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "").encode()
        if not hmac.compare_digest(given, self._secret):
            # Zalo tries an address with an empty body and without the secret.
            return Response(status_code=200 if await _is_empty(request) else 403)
        body = await capped_body(request, most=MOST_BYTES)
        if body is None:
            return Response(status_code=413)
        if not body:
            return Response(status_code=200)
        update = json_object(body)
        if update is None:
            return Response(status_code=400)
        incoming = read_update(update, account_id=self._channel.account_id, received_at=self._channel.clock())
        if incoming is None or await self._take(incoming):
            return Response(status_code=200)
        return Response(status_code=503, headers={"Retry-After": str(COME_BACK_SECONDS)})


async def _is_empty(request: Request) -> bool:
    """Reads no further than the first byte."""
    try:
        async for chunk in request.stream():
            if chunk:
                return False
    except ClientDisconnect:
        return False
    return True
